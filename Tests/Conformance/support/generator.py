"""Random commands for comparing two servers: the same seed makes the same commands."""

EDGES = [
    "0",
    "1",
    "-1",
    "2",
    "5",
    "10",
    "-5",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "abc",
    "",
    "1.5",
    "+3",
    "007",
    " 1",
]
FAR = 33_177_117_420  # seconds; absolute, so that both servers give the same answer


class Generator:
    def __init__(self, rng, keys=12):
        self.rng = rng
        self.names = [f"k{n}" for n in range(keys)] + ["{tag}a", "{tag}b", "", "k\x00\xff"]

    def key(self):
        return self.rng.choice(self.names).encode("latin-1")

    def keys(self):
        return [self.key() for _ in range(self.rng.randrange(1, 5))]

    def number(self):
        if self.rng.random() < 0.3:
            return self.rng.choice(EDGES)
        return str(self.rng.randrange(-20, 200))

    def value(self):
        kind = self.rng.randrange(6)
        if kind == 0:
            return str(self.rng.randrange(-1000, 1000))
        if kind == 1:
            return self.rng.choice(EDGES)
        if kind == 2:
            return self.rng.randbytes(self.rng.choice([0, 1, 44, 45, 100]))
        if kind == 3:
            return self.rng.randbytes(self.rng.choice([4000, 4096, 4100, 16_384, 20_000]))
        if kind == 4:
            return f"{self.rng.uniform(-100, 100):.3f}"
        return "value"

    def far(self, milliseconds):
        seconds = FAR + self.rng.randrange(1000)
        return str(seconds * 1000 if milliseconds else seconds)

    def set(self):
        command = ["SET", self.key(), self.value()]
        for option in self.rng.sample(["NX", "XX", "GET", "KEEPTTL", "EXAT", "PXAT", "FOO"], 2):
            if self.rng.random() < 0.35:
                command.append(option)
                if option in ("EXAT", "PXAT"):
                    command.append(self.far(option == "PXAT"))
        return command

    def getex(self):
        return ["GETEX", self.key()] + self.rng.choice(
            [
                [],
                ["PERSIST"],
                ["EXAT", self.far(False)],
                ["PXAT", self.far(True)],
                ["EX", "0"],
                ["PERSIST", "EX"],
            ]
        )

    def expire(self):
        flags = self.rng.sample(["NX", "XX", "GT", "LT"], self.rng.choice([0, 0, 1, 1, 2]))
        if self.rng.random() < 0.1:
            return [
                self.rng.choice(["EXPIRE", "PEXPIRE"]),
                self.key(),
                self.rng.choice(
                    ["-1", "-100", "abc", "9223372036854775807", "-9223372036854775808"]
                ),
                *flags,
            ]
        if self.rng.random() < 0.5:
            return ["EXPIREAT", self.key(), self.far(False), *flags]
        return ["PEXPIREAT", self.key(), self.far(True), *flags]

    def mset(self):
        pairs = [x for name in self.keys() for x in (name, self.value())]
        return [self.rng.choice(["MSET", "MSETNX"]), *pairs]

    def copy(self):
        return ["COPY", self.key(), self.key(), *self.rng.choice([[], ["REPLACE"], ["DB", "0"]])]

    def one_key(self):
        name = self.rng.choice(
            [
                "GET",
                "GETDEL",
                "STRLEN",
                "INCR",
                "DECR",
                "TYPE",
                "EXPIRETIME",
                "PEXPIRETIME",
                "PERSIST",
            ]
        )
        return [name, self.key()]

    def with_number(self):
        return [self.rng.choice(["INCRBY", "DECRBY"]), self.key(), self.number()]

    def with_float(self):
        return [
            "INCRBYFLOAT",
            self.key(),
            self.rng.choice(["0.5", "-1.25", "3", "1e3", "abc", "10", "-0.001", "5.0e-1"]),
        ]

    def with_value(self):
        return [self.rng.choice(["SETNX", "GETSET", "APPEND"]), self.key(), self.value()]

    def range(self):
        return [self.rng.choice(["GETRANGE", "SUBSTR"]), self.key(), self.number(), self.number()]

    def setrange(self):
        return [
            "SETRANGE",
            self.key(),
            self.rng.choice(["0", "1", "5", "100", "4090", "4096", "16380", "-1", "abc"]),
            self.value(),
        ]

    def many_keys(self):
        return [self.rng.choice(["MGET", "DEL", "UNLINK", "EXISTS", "TOUCH"]), *self.keys()]

    def rename(self):
        return [self.rng.choice(["RENAME", "RENAMENX"]), self.key(), self.key()]

    def setex(self):
        return [
            self.rng.choice(["SETEX", "PSETEX"]),
            self.key(),
            self.rng.choice(["1000000", "5000000", "0", "-1", "abc"]),
            self.value(),
        ]

    def server(self):
        return self.rng.choice(
            [
                ["PING"],
                ["ECHO", self.value()],
                ["DBSIZE"],
                ["FOO", self.value()],
                ["GET"],
                ["SELECT", "0"],
                ["UNWATCH"],
                ["PUBLISH", "c", "m"],
            ]
        )

    def command(self):
        return self.rng.choices(
            [
                self.set,
                self.one_key,
                self.with_number,
                self.with_float,
                self.with_value,
                self.range,
                self.setrange,
                self.many_keys,
                self.mset,
                self.expire,
                self.getex,
                self.rename,
                self.copy,
                self.setex,
                self.server,
            ],
            [6, 6, 3, 2, 5, 4, 4, 4, 3, 5, 2, 2, 2, 1, 2],
        )[0]()

    def commands(self, count):
        """About `count` commands, some of them in transactions; now and then the keys go."""
        made = []
        while len(made) < count:
            chance = self.rng.random()
            if chance < 0.03:
                made.append(["MULTI"])
                made += [self.command() for _ in range(self.rng.randrange(0, 6))]
                made.append([self.rng.choice(["EXEC", "EXEC", "EXEC", "DISCARD"])])
            elif chance < 0.032:
                made.append(["FLUSHALL"])
            else:
                made.append(self.command())
        return made
