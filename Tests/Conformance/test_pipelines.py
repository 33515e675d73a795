"""Deep pipelines, many connections, slow readers: order, completeness, bounded memory."""

from support.server import MIB
from support.threads import Together
from support.waiting import wait_until
from support.wire import encode

DEEP = 100_000


def send_from_thread(wire, data):
    return Together(1, lambda _: wire.send_raw(data))


def test_a_pipeline_of_100000_commands_is_answered_in_order(wire):
    """The client sends everything before it reads anything."""
    wire.send_raw(b"".join(encode(("SET", f"k{n}", str(n))) for n in range(DEEP)))
    assert all(wire.read() == "OK" for _ in range(DEEP))
    sender = send_from_thread(wire, b"".join(encode(("GET", f"k{n}")) for n in range(DEEP)))
    wrong = [n for n in range(DEEP) if wire.read() != str(n).encode()]
    sender.finish()
    assert wrong == []


def test_a_pipeline_of_mixed_commands_keeps_its_order(wire):
    """Keys of all shards, one-key and many-key commands, errors, keyless commands."""
    commands, expected = [], []
    for n in range(5000):
        commands += [
            ("SET", f"a{n}", str(n)),
            ("GET", f"a{n - 1}"),
            ("PING",),
            ("MGET", f"a{n}", "absent", f"a{n}"),
            ("FOO",),
            ("ECHO", str(n)),
            ("DEL", f"a{n - 1}"),
            ("EXISTS", f"a{n}", f"a{n - 1}"),
        ]
        before = None if n == 0 else str(n - 1).encode()
        value = str(n).encode()
        expected += [
            "OK",
            before,
            "PONG",
            [value, None, value],
            "ERR unknown command 'FOO', with args beginning with: ",
            value,
            0 if n == 0 else 1,
            1,
        ]
    sender = send_from_thread(wire, b"".join(encode(c) for c in commands))
    got = [wire.read() for _ in commands]
    sender.finish()
    assert got == expected


def test_a_pipeline_sees_its_own_writes(wire):
    """One key, one connection: each command sees the one before, whichever shard owns the key."""
    for key in ("a", "b", "c", "d", "e"):
        assert wire.pipeline([("INCR", key)] * 1000) == list(range(1, 1001))


def test_large_and_small_replies_keep_their_order(wire):
    big = bytes(range(256)) * 8192
    wire("SET", "big", big)
    wire("SET", "small", "x")
    commands = [("GET", "big" if n % 3 == 0 else "small") for n in range(60)]
    sender = send_from_thread(wire, b"".join(encode(c) for c in commands))
    for n in range(60):
        assert wire.read() == (big if n % 3 == 0 else b"x"), n
    sender.finish()


def test_commands_split_at_every_byte_are_understood(wire):
    data = encode(("SET", "key", "value")) + encode(("GET", "key")) + b"PING\r\n"
    for cut in range(1, len(data)):
        wire.send_raw(data[:cut])
        wire.send_raw(data[cut:])
        assert [wire.read() for _ in range(3)] == ["OK", b"value", "PONG"]


def test_hundreds_of_connections_work_at_once(server):
    wires = [server.connect() for _ in range(500)]
    try:
        for number, wire in enumerate(wires):
            wire.send_raw(
                encode(("SET", f"c{number}", str(number))) + encode(("GET", f"c{number}"))
            )
        for number, wire in enumerate(wires):
            assert wire.read() == "OK"
            assert wire.read() == str(number).encode()
    finally:
        for wire in wires:
            wire.close()


def test_connections_that_come_and_go_leave_nothing_behind(server, wire):
    def churn(rounds):
        for number in range(rounds):
            with server.connect() as brief:
                brief.send("SET", "k", "v")
                if number % 2:
                    brief.read()
                if number % 3 == 0:
                    brief.abort()

    churn(200)
    wait_until(lambda: len(wire("CLIENT", "LIST").splitlines()) == 1, "others to be gone")
    before = server.descriptors()
    churn(1000)
    wait_until(lambda: len(wire("CLIENT", "LIST").splitlines()) == 1, "others to be gone")
    wait_until(lambda: server.descriptors() <= before + 2, "descriptors to be closed")


def test_a_reader_that_never_reads_does_not_take_the_memory(start):
    """1 MiB answers asked for thousands of times: held back, or the client is closed."""
    server = start()
    if not server.is_cairn:
        with server.connect() as wire:
            wire("CONFIG", "SET", "client-output-buffer-limit", "normal 100mb 0 0")
    with server.connect() as wire:
        wire("SET", "big", bytes(MIB))
        base = server.memory()
        lazy = [server.connect(timeout=1.0) for _ in range(4)]
        for reader in lazy:
            try:
                for _ in range(3000):
                    reader.send("GET", "big")
            except OSError:
                pass  # Pushed back, or closed: both are bounds.
            assert wire("PING") == "PONG"
            assert server.memory() - base < 600 * MIB
            if server.memory_limit:
                assert server.memory() < server.memory_limit
        for reader in lazy:
            reader.close()
        assert wire("GET", "big") == bytes(MIB)


def test_a_slow_reader_gets_every_byte(wire, server):
    """Asks for 40 MB and reads it in small sips; others are served meanwhile."""
    value = bytes(range(256)) * 4096
    wire("SET", "big", value)
    with server.connect() as slow:
        sender = send_from_thread(slow, encode(("GET", "big")) * 40)
        expected = b"$%d\r\n%s\r\n" % (len(value), value) * 40
        got = bytearray()
        sips = 0
        while len(got) < len(expected):
            got += slow.socket.recv(20_011)
            sips += 1
            if sips % 100 == 0:
                assert wire("PING") == "PONG"
        sender.finish()
        assert bytes(got) == expected
