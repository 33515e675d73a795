"""The same random commands to the server and to a real Redis: the same bytes come back."""

import pytest

from support.generator import Generator
from support.wire import Error

STEPS = 6000


def agree(ours, theirs):
    """Equal, but for the seconds between two servers' clocks in an expiry relative to now."""
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        return all(agree(a, b) for a, b in zip(ours, theirs))
    if type(ours) is int and type(theirs) is int and min(ours, theirs) > 1_700_000_000:
        return abs(ours - theirs) < 20_000
    return type(ours) is type(theirs) and ours == theirs


def differs(command, ours, theirs):
    """Whether two replies differ by more than PROTOCOLS.md says they may."""
    if agree(ours, theirs):
        return False
    if command[0] == "OBJECT":
        # The encoding of a number that came from APPEND or SETRANGE is Redis's own business.
        return {ours, theirs} - {b"raw", b"embstr", b"int"} != set()
    return True


def compare(ours, theirs, commands, label):
    for start in range(0, len(commands), 200):
        batch = commands[start : start + 200]
        for step, (command, a, b) in enumerate(
            zip(batch, ours.pipeline(batch), theirs.pipeline(batch))
        ):
            if differs(command, a, b):
                history = "\n".join(repr(c)[:200] for c in commands[: start + step + 1][-15:])
                pytest.fail(
                    f"{label}, step {start + step}: {command!r:.300}\n"
                    f"server: {a!r:.300}\nredis:  {b!r:.300}\nlast commands:\n{history}"
                )


@pytest.mark.parametrize("round", range(3))
def test_random_commands_are_answered_as_by_redis(
    round, server, redis_reference, protocol, rng, soak
):
    generator = Generator(rng)
    # Keys have at least one byte; PROTOCOLS.md says so.
    generator.names.remove("")
    with server.connect(protocol) as ours, redis_reference.connect(protocol) as theirs:
        theirs("FLUSHALL")
        compare(ours, theirs, generator.commands(STEPS * soak), "random commands")
        for name in generator.names:
            key = name.encode("latin-1")
            assert ours("GET", key) == theirs("GET", key)
            assert agree(ours("PEXPIRETIME", key), theirs("PEXPIRETIME", key))
        assert sorted(ours("KEYS", "*")) == sorted(theirs("KEYS", "*"))


def test_random_patterns_match_as_in_redis(server, redis_reference, rng, soak):
    letters = ["a", "b", "c", "A", "-", "^", "\\", "[", "]", "*", "?", "\x00", "\xff"]
    with server.connect() as ours, redis_reference.connect() as theirs:
        theirs("FLUSHALL")
        names = {"".join(rng.choices(letters, k=rng.randrange(1, 5))) for _ in range(400)}
        fill = [("SET", name.encode("latin-1"), "x") for name in names]
        ours.pipeline(fill)
        theirs.pipeline(fill)
        for _ in range(1500 * soak):
            pattern = "".join(rng.choices(letters, k=rng.randrange(1, 7))).encode("latin-1")
            assert sorted(ours("KEYS", pattern)) == sorted(theirs("KEYS", pattern)), pattern


def test_random_floats_are_written_as_by_redis(server, redis_reference, rng, soak):
    """Within what PROTOCOLS.md says: no hexadecimal, nothing beyond 10^55."""
    with server.connect() as ours, redis_reference.connect() as theirs:
        theirs("FLUSHALL")
        for step in range(3000 * soak):
            if step % 20 == 0:
                ours("DEL", "f")
                theirs("DEL", "f")
            text = rng.choice(
                [
                    f"{rng.uniform(-10, 10)!r}",
                    f"{rng.uniform(-1, 1):.17f}",
                    f"{rng.uniform(0, 1e17)!r}",
                    f"{rng.randrange(10**20)}",
                    f"{rng.uniform(0, 1):.3e}",
                    "1e-10",
                    "0.1",
                    "3.0",
                    "1e5",
                    "-0",
                    ".5",
                    "5.",
                    "infinity",
                    "1 ",
                    " 1",
                    "--1",
                    "1e",
                    "",
                ]
            )
            a, b = ours("INCRBYFLOAT", "f", text), theirs("INCRBYFLOAT", "f", text)
            assert a == b, (step, text)


@pytest.mark.cairn_only
def test_hexadecimal_floats_are_refused(wire):
    assert wire("INCRBYFLOAT", "f", "0x10") == "ERR value is not a valid float"
    assert wire("EXISTS", "f") == 0


ODD = [
    "SET",
    "SET a",
    "SET a b c d e f",
    "GET a b",
    "MSET",
    "MSETNX a",
    "EXPIRE a",
    "EXPIRE a 1 FOO",
    "EXPIRE a 1 NX NX",
    "COPY a",
    "COPY a b DB",
    "COPY a b DB x",
    "COPY a b REPLACE REPLACE",
    "RENAME a",
    "SCAN",
    "SCAN 0 MATCH",
    "SCAN 0 COUNT",
    "SCAN -1",
    "SCAN 99999999999999999999",
    "OBJECT",
    "OBJECT FREQ",
    "OBJECT ENCODING a b",
    "GETEX",
    "GETEX a EX",
    "GETEX a EX x",
    "GETEX a KEEPTTL",
    "CLIENT",
    "CLIENT KILL",
    "CLIENT KILL ID x",
    "CLIENT KILL TYPE foo",
    "CLIENT LIST TYPE foo",
    "CLIENT LIST ID x",
    "CLIENT LIST ID 0",
    "CLIENT LIST ID -1",
    "CLIENT REPLY foo",
    "CLIENT PAUSE",
    "CLIENT PAUSE -1",
    "CLIENT PAUSE 1 foo",
    "CLIENT TRACKING",
    "CLIENT TRACKING ON FOO",
    "CLIENT CACHING foo",
    "CLIENT SETNAME",
    "CLIENT UNBLOCK x",
    "CLIENT NO-EVICT foo",
    "CONFIG",
    "CONFIG GET",
    "CONFIG SET",
    "CONFIG SET a",
    "CONFIG FOO",
    "CONFIG SET nonsense 1",
    "COMMAND FOO",
    "COMMAND COUNT a",
    "COMMAND GETKEYS",
    "COMMAND GETKEYS PING",
    "COMMAND GETKEYS FOO a",
    "COMMAND GETKEYS MGET a b c",
    "COMMAND GETKEYS MSET a b c d",
    "COMMAND GETKEYS SET",
    "MEMORY",
    "MEMORY FOO",
    "MEMORY USAGE",
    "MEMORY USAGE a SAMPLES",
    "SLOWLOG",
    "SLOWLOG FOO",
    "SLOWLOG GET x",
    "SLOWLOG GET -2",
    "LATENCY",
    "LATENCY FOO",
    "LATENCY HISTORY",
    "PUBSUB",
    "PUBSUB FOO",
    "PUBSUB NUMSUB",
    "HELLO 3 AUTH",
    "HELLO 3 SETNAME",
    "HELLO 1",
    "HELLO 2 FOO BAR",
    "AUTH",
    "AUTH a b c",
    "SELECT",
    "SELECT -1",
    "SELECT 1.5",
    "PING a b c",
    "ECHO",
    "TIME a",
    "DBSIZE a",
    "FLUSHALL a b",
    "FLUSHDB foo",
    "RANDOMKEY a",
    "WAIT",
    "WAIT a b",
    "WAIT 0 -1",
    "MULTI a",
    "EXEC a",
    "WATCH",
    "UNWATCH a",
    "DISCARD a",
    "RESET a",
    "INFO a b c",
    "SETRANGE a -1 b",
    "SETRANGE a b c",
    "GETRANGE a b c",
    "INCRBY a b",
    "TYPE",
    "TTL",
    "PERSIST",
    "KEYS",
    "KEYS a b",
    "TOUCH",
    "SUBSTR a",
    "APPEND a",
    "LOLWUT VERSION x",
    "DEBUG",
    "CLIENT GETNAME a",
    "CLIENT ID a",
    "CLIENT INFO a",
    "EXPIRE a 9999999999999999",
    "PEXPIREAT a 9223372036854775807",
    "SET a b PX 9223372036854775807",
    "SET a b EXAT 0",
    "SET a b EXAT -1",
    "SETEX a 9223372036854775807 b",
    "GETEX a PXAT -1",
    "foo-bar",
    "FOO 'a\\nb'",
    "FOO " + "x" * 200,
    "FOO " + " ".join(["y" * 40] * 8),
    "x" * 200,
]


@pytest.mark.parametrize("command", ODD)
def test_odd_commands_are_refused_with_the_same_words(command, server, redis_reference):
    if server.is_cairn and command.startswith(("INFO", "CONFIG SET nonsense", "LOLWUT")):
        pytest.skip("answers of the server about itself")
    with server.connect() as ours, redis_reference.connect() as theirs:
        a, b = ours.run(command), theirs.run(command)
        if command == "PUBSUB NUMSUB" or command.startswith("COMMAND GETKEYS M"):
            assert a == b
        else:
            assert isinstance(a, Error) == isinstance(b, Error), (a, b)
            if isinstance(b, Error):
                assert a == b


def test_command_info_says_what_redis_says(server, redis_reference):
    """Arity, flags and key positions of every command that both have."""
    with server.connect() as ours, redis_reference.connect() as theirs:
        names = sorted(entry[0] for entry in ours("COMMAND"))
        mine = {e[0]: e for e in ours("COMMAND", "INFO", *names)}
        redis = {e[0]: e for e in theirs("COMMAND", "INFO", *names) if e}
        wrong = []
        for name in sorted(mine.keys() & redis.keys()):
            a, b = mine[name], redis[name]
            if (a[1], a[3:6]) != (b[1], b[3:6]):
                wrong.append((name, a[1], a[3:6], b[1], b[3:6]))
            important = {"write", "readonly", "denyoom", "pubsub", "noscript", "fast"}
            ours_flags = {str(f) for f in a[2]} & important
            their_flags = {str(f) for f in b[2]} & important
            if ours_flags != their_flags:
                wrong.append((name, ours_flags ^ their_flags))
        assert wrong == []
        assert len(mine.keys() & redis.keys()) >= 60


def key_specs(entry):
    """What a client library reads of the keys: flags are a set, the notes are for people."""
    return sorted(
        (sorted(spec[b"flags"]), repr(spec[b"begin_search"]), repr(spec[b"find_keys"]))
        for spec in entry
    )


SHAPES = ["get", "set", "mset", "msetnx", "copy", "rename", "renamenx", "del", "watch", "ping"]
SHAPES += ["config|get", "memory|usage", "object|freq", "client|list", "setrange", "getex"]


@pytest.mark.parametrize("name", SHAPES)
def test_command_info_has_the_shape_of_redis(name, server, redis_reference):
    """RESP3: sets where Redis has sets, one spec of keys for each kind of access."""
    with server.connect(3) as ours, redis_reference.connect(3) as theirs:
        a, b = ours("COMMAND", "INFO", name)[0], theirs("COMMAND", "INFO", name)[0]
        assert [type(x) for x in a] == [type(x) for x in b]
        assert key_specs(a[8]) == key_specs(b[8])
        assert a[7] == b[7]


def test_an_unknown_command_has_no_info(server, redis_reference, protocol):
    with server.connect(protocol) as ours, redis_reference.connect(protocol) as theirs:
        assert ours.raw("COMMAND", "INFO", "nosuch") == theirs.raw("COMMAND", "INFO", "nosuch")


@pytest.mark.parametrize(
    "command",
    [
        "get a",
        "set a b",
        "set a b GET",
        "set a b PX 5 get",
        "set a b EX 5",
        "mset a b c d",
        "copy a b",
        "rename a b",
        "renamenx a b",
        "msetnx a b",
        "memory usage a",
        "object freq a",
    ],
)
def test_keys_and_what_is_done_to_them(command, server, redis_reference):
    with server.connect() as ours, redis_reference.connect() as theirs:
        question = "COMMAND GETKEYSANDFLAGS " + command
        a, b = ours.run(question), theirs.run(question)
        assert [(key, sorted(flags)) for key, flags in a] == [
            (key, sorted(flags)) for key, flags in b
        ]


@pytest.mark.parametrize("digits", [200, 255, 256, 257, 400, 4000, 4900])
def test_numbers_of_many_digits_are_numbers(digits, server, redis_reference):
    with server.connect() as ours, redis_reference.connect() as theirs:
        for wire in (ours, theirs):
            wire("SET", "f", "0." + "0" * digits)
            assert wire("INCRBYFLOAT", "f", "1.5") == b"1.5"
            wire("SET", "f", "x" * digits)
            assert wire("INCRBYFLOAT", "f", "1") == "ERR value is not a valid float"
            wire("DEL", "f")
            assert not isinstance(wire("INCRBYFLOAT", "f", f"1e{digits}"), Error)
            # Beyond 10^55 the last digits may differ: 999... where Redis has 1000...
            assert len(wire("INCRBYFLOAT", "f", "1")) in (digits, digits + 1)
            assert wire("INCRBYFLOAT", "f", "inf") == "ERR increment would produce NaN or Infinity"
