"""Garbage, lies and dawdling: a protocol error or a closed connection, and the server lives."""

import random
import socket

import pytest

from support.server import MIB
from support.waiting import wait_until
from support.wire import Closed, Error, encode

ERRORS = [
    ("a length that is no number", b"*abc\r\n", "ERR Protocol error: invalid multibulk length"),
    ("a length too large", b"*2147483648\r\n", "ERR Protocol error: invalid multibulk length"),
    (
        "a length beyond 64 bits",
        b"*99999999999999999999\r\n",
        "ERR Protocol error: invalid multibulk length",
    ),
    (
        "an argument that is no bulk string",
        b"*1\r\n:3\r\n",
        "ERR Protocol error: expected '$', got ':'",
    ),
    (
        "an argument length that is no number",
        b"*1\r\n$x\r\n",
        "ERR Protocol error: invalid bulk length",
    ),
    ("an argument length below zero", b"*1\r\n$-1\r\n", "ERR Protocol error: invalid bulk length"),
    (
        "an argument length too large",
        b"*1\r\n$99999999999\r\n",
        "ERR Protocol error: invalid bulk length",
    ),
    (
        "an argument length beyond 64 bits",
        b"*1\r\n$99999999999999999999999\r\n",
        "ERR Protocol error: invalid bulk length",
    ),
    (
        "an argument length with a sign",
        b"*1\r\n$+4\r\nPING\r\n",
        "ERR Protocol error: invalid bulk length",
    ),
    ("an endless inline command", b"A" * 70_000, "ERR Protocol error: too big inline request"),
    (
        "an endless array head",
        b"*" + b"1" * 70_000,
        "ERR Protocol error: too big mbulk count string",
    ),
    (
        "an endless argument head",
        b"*1\r\n$" + b"1" * 70_000,
        "ERR Protocol error: too big bulk count string",
    ),
]


@pytest.fixture(autouse=True)
def still_alive(server):
    yield
    assert server.is_alive, server.output()
    with server.connect() as wire:
        assert wire("PING") == "PONG"


@pytest.mark.parametrize(("data", "text"), [e[1:] for e in ERRORS], ids=[e[0] for e in ERRORS])
def test_a_protocol_error_is_named_and_closes_the_connection(data, text, wire):
    wire.send_raw(data)
    reply = wire.read()
    assert isinstance(reply, Error) and reply == text
    assert wire.closed_by_server()


def test_answers_before_a_protocol_error_arrive(wire):
    wire.send_raw(encode(("SET", "k", "v")) + encode(("GET", "k")) + b"*x\r\n")
    assert wire.read() == "OK"
    assert wire.read() == b"v"
    assert wire.read() == "ERR Protocol error: invalid multibulk length"
    assert wire.closed_by_server()


def test_commands_after_a_protocol_error_are_not_run(connect):
    wire = connect()
    wire.send_raw(b"*x\r\n" + encode(("SET", "k", "v")))
    assert wire.closed_by_server()
    assert connect()("GET", "k") is None


def drain(wire):
    try:
        while wire.socket.recv(1 << 16):
            pass
    except OSError:
        pass


def attack(server, data):
    """Sends bytes, says that there are no more, reads whatever comes."""
    with server.connect(timeout=5.0) as wire:
        try:
            wire.send_raw(data)
            wire.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # The server has closed already.
        drain(wire)


def test_random_bytes(server, rng, soak):
    for _ in range(300 * soak):
        attack(server, rng.randbytes(rng.choice([1, 10, 100, 5000])))


def test_random_bytes_that_look_like_the_protocol(server, rng, soak):
    alphabet = [
        b"*",
        b"$",
        b":",
        b"\r\n",
        b"\r",
        b"\n",
        b"-1",
        b"0",
        b"1",
        b"3",
        b"999999999",
        b"GET",
        b"SET",
        b"k",
        b" ",
        b"\x00",
        b"MULTI",
        b"EXEC",
        b"%",
        b"~",
        b">",
        b"_",
    ]
    for _ in range(400 * soak):
        attack(server, b"".join(rng.choices(alphabet, k=rng.choice([3, 10, 60]))))


def test_mutations_of_good_commands(server, rng, soak):
    good = b"".join(
        encode(c)
        for c in [
            ("SET", "k", "value"),
            ("GET", "k"),
            ("MSET", "a", "1", "b", "2"),
            ("MULTI",),
            ("INCR", "n"),
            ("EXEC",),
            ("SETRANGE", "k", "3", "xyz"),
            ("SCAN", "0"),
            ("HELLO", "3"),
            ("CLIENT", "TRACKING", "ON"),
            ("SUBSCRIBE", "c"),
            ("EXPIRE", "k", "9"),
        ]
    )
    for _ in range(400 * soak):
        data = bytearray(good)
        for _ in range(rng.choice([1, 2, 8])):
            place = rng.randrange(len(data))
            kind = rng.randrange(3)
            if kind == 0:
                data[place] = rng.randrange(256)
            elif kind == 1:
                del data[place : place + rng.randrange(1, 9)]
            else:
                data[place:place] = rng.randbytes(rng.randrange(1, 9))
        attack(server, bytes(data))


def test_good_commands_cut_anywhere(server):
    data = encode(("SET", "k", "v" * 50)) + encode(("MGET", "a", "b"))
    for cut in range(len(data)):
        attack(server, data[:cut])


def test_the_fuzzers_corpus(server, corpus):
    for path in corpus:
        attack(server, path.read_bytes())


def test_promises_of_huge_arguments_take_no_memory(server):
    """A thousand clients announce values of 60 MB and send nothing of them."""
    before = server.memory()
    wires = [server.connect() for _ in range(1000)]
    try:
        for number, wire in enumerate(wires):
            wire.send_raw(b"*3\r\n$3\r\nSET\r\n$4\r\nk%03d\r\n$60000000\r\nabc" % number)
        with server.connect() as other:
            assert other("PING") == "PONG"
        assert server.memory() - before < 200 * MIB
    finally:
        for wire in wires:
            wire.close()


def test_promises_of_many_arguments_take_no_memory(server):
    before = server.memory()
    wires = [server.connect() for _ in range(500)]
    try:
        for wire in wires:
            wire.send_raw(b"*1000000\r\n$4\r\nMGET\r\n")
        with server.connect() as other:
            assert other("PING") == "PONG"
        assert server.memory() - before < 200 * MIB
    finally:
        for wire in wires:
            wire.close()


def test_a_command_of_very_many_arguments_is_answered_or_refused(wire, server):
    """100,000 keys in one MGET."""
    before = server.memory()
    wire.send_raw(encode(["MGET"] + [f"k{n}" for n in range(100_000)]))
    try:
        reply = wire.read()
        assert isinstance(reply, Error) or reply == [None] * 100_000
    except (Closed, ConnectionError):
        pass
    assert server.memory() - before < 200 * MIB


@pytest.mark.cairn_only
def test_dawdlers_are_closed_after_the_idle_timeout(start):
    server = start(config={"idle_timeout": "1s"})
    with server.connect() as silent, server.connect() as dawdler, server.connect() as busy:
        dawdler.send_raw(b"*2\r\n$3\r\nGE")
        assert silent.closed_by_server(deadline=20)
        assert dawdler.closed_by_server(deadline=20)
        assert server.is_alive
    with server.connect() as busy:
        assert busy("PING") == "PONG"


def test_dawdlers_hinder_nobody(server):
    """500 clients in the middle of a command."""
    dawdlers = [server.connect() for _ in range(500)]
    try:
        for number, wire in enumerate(dawdlers):
            wire.send_raw(encode(("SET", f"d{number}", "value"))[: 5 + number % 25])
        with server.connect() as wire:
            assert wire.pipeline([("INCR", "n")] * 1000) == list(range(1, 1001))
        for number, wire in enumerate(dawdlers):
            wire.send_raw(encode(("SET", f"d{number}", "value"))[5 + number % 25 :])
            assert wire.read() == "OK"
    finally:
        for wire in dawdlers:
            wire.close()


def test_storms_of_resets_in_the_middle_of_everything(server, rng, soak):
    big = bytes(500_000)
    with server.connect() as wire:
        wire("SET", "big", big)
    scripts = [
        encode(("GET", "big")) * 20,
        encode(("SET", "x", big))[:-1000],
        encode(("MULTI",)),
        encode(("SUBSCRIBE", "c")),
        encode(("WATCH", "big")) + encode(("GET", "big")),
        encode(("HELLO", "3")) + encode(("CLIENT", "TRACKING", "ON")) + encode(("GET", "big")),
        encode(("SCAN", "0", "COUNT", "1000")) * 50,
        b"*1\r\n",
        encode(("MGET",) + ("big",) * 10),
    ]
    for _ in range(300 * soak):
        wire = server.connect(timeout=5.0)
        try:
            wire.send_raw(rng.choice(scripts))
            if rng.random() < 0.5:
                wire.socket.settimeout(0.02)
                wire.socket.recv(rng.choice([1, 1000, 100_000]))
        except OSError:
            pass
        wire.abort()
    with server.connect() as wire:
        assert wire("GET", "big") == big


def test_requests_larger_than_the_servers_buffers_in_small_pieces(wire):
    numbers = random.Random(1)
    value = numbers.randbytes(200_000)
    data = encode(("SET", "k", value))
    at = 0
    while at < len(data):
        size = numbers.randrange(1, 3000)
        wire.send_raw(data[at : at + size])
        at += size
    assert wire.read() == "OK"
    assert wire("GET", "k") == value


def test_clients_that_reset_while_they_are_closed_leave_nothing_behind(server, wire, rng, soak):
    """The last receive of a connection the server is closing may end as a reset."""

    def clients():
        lines = wire("INFO", "clients").decode().splitlines()
        return int(next(x for x in lines if x.startswith("connected_clients")).split(":")[1])

    before = clients()
    for _ in range(1500 * soak):
        client = server.connect()
        noise = b"PING\r\n"
        client.send_raw(noise * rng.randrange(50) + b"QUIT\r\n" + noise * rng.randrange(50))
        if rng.random() < 0.5:
            client.send_raw(noise)
        client.abort()
    wait_until(lambda: clients() <= before, "the server to forget the clients")
