"""Values of every size, byte for byte: over the boundaries between slabs, chunks and extents."""

import hashlib

import pytest

KIB, MIB = 1 << 10, 1 << 20
AROUND = [-2, -1, 0, 1, 2]
SIZES = sorted(
    {0, 1, 2, 15, 16, 17, 31, 63, 64, 65, 100, 127, 255, 256, 1000, 1023, 2048, 3000}
    | {edge + d for edge in (4 * KIB, 8 * KIB, 16 * KIB, 64 * KIB, 256 * KIB) for d in AROUND}
    | {edge + d for edge in (MIB, 2 * MIB, 3 * MIB) for d in AROUND}
    | {4 * MIB + 4097, 10 * MIB - 1, 16 * MIB}
)


def pattern(size, seed=0):
    """Bytes in which every place differs from its neighbours and from other seeds."""
    block = b"".join(
        hashlib.blake2b(f"{seed}:{n}".encode()).digest() for n in range(min(size // 64 + 1, 1021))
    )
    return (block * (size // len(block) + 1))[:size]


def same(got, expected):
    """Equality without pytest's comparison of megabytes."""
    return got is not None and len(got) == len(expected) and got == expected


@pytest.mark.parametrize("size", SIZES)
def test_a_value_comes_back_byte_for_byte(size, wire):
    value = pattern(size)
    assert wire("SET", "k", value) == "OK"
    assert wire("STRLEN", "k") == size
    assert same(wire("GET", "k"), value)
    assert wire("APPEND", "k", b"tail") == size + 4
    assert same(wire("GET", "k"), value + b"tail")


@pytest.mark.parametrize("size", [64 * MIB - 1, 64 * MIB])
def test_the_largest_values_come_back(size, wire):
    value = pattern(size)
    assert wire("SET", "k", value) == "OK"
    assert same(wire("GET", "k"), value)
    assert same(wire("GETRANGE", "k", str(size - 5000), "-1"), value[-5000:])
    assert wire("DEL", "k") == 1


@pytest.mark.cairn_only
def test_a_value_over_the_limit_is_refused_and_the_server_lives(start):
    server = start(config={"max_value_size": "1MiB"})
    with server.connect() as wire:
        assert wire("SET", "k", pattern(MIB)) == "OK"
        wire.send_raw(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n" % (MIB + 1))
        assert wire.read().startswith("ERR Protocol error: invalid bulk length")
        assert wire.closed_by_server()
    with server.connect() as wire:
        assert wire("APPEND", "k", "x") == (
            "ERR string exceeds maximum allowed size (proto-max-bulk-len)"
        )
        assert wire("SETRANGE", "k", str(MIB), "x") == (
            "ERR string exceeds maximum allowed size (proto-max-bulk-len)"
        )
        assert same(wire("GET", "k"), pattern(MIB))


@pytest.mark.parametrize("size", [1, 100, 16_383, 16_384])
def test_keys_up_to_16_kib(size, wire):
    key = pattern(size, seed=7)
    assert wire("SET", key, "v") == "OK"
    assert wire("GET", key) == b"v"
    assert wire("KEYS", "*") == [key]
    assert wire("DEL", key) == 1


@pytest.mark.cairn_only
def test_a_key_over_16_kib_is_refused_and_the_connection_lives(wire):
    reply = wire("SET", b"k" * 16_385, "v")
    assert reply.startswith("ERR") and "key" in reply
    assert wire("GET", b"k" * 16_385) is None or wire("PING") == "PONG"
    assert wire("PING") == "PONG"


def test_a_value_replaced_by_every_other_size(wire):
    """Each size after each: chunks grow, shrink and change their class."""
    sizes = [0, 1, 100, 4095, 4096, 5000, 16_384, 100_000, MIB, MIB + 1, 3 * MIB]
    for first in sizes:
        for second in sizes:
            wire("SET", "k", pattern(first, 1))
            wire("SET", "k", pattern(second, 2))
            assert same(wire("GET", "k"), pattern(second, 2)), (first, second)


def test_many_large_values_at_once(connect):
    one, two = connect(), connect()
    values = {f"k{n}": pattern(300_000 + 7777 * n, n) for n in range(40)}
    assert one.pipeline([("SET", k, v) for k, v in values.items()]) == ["OK"] * 40
    for got, expected in zip(two.pipeline([("GET", k) for k in values]), values.values()):
        assert same(got, expected)
    for got, expected in zip(two("MGET", *values), values.values()):
        assert same(got, expected)


def test_a_value_that_is_being_sent_survives_being_overwritten(connect):
    """The reply that began with the old bytes ends with the old bytes."""
    old, new = pattern(8 * MIB, 1), pattern(8 * MIB, 2)
    slow, other = connect(), connect()
    other("SET", "k", old)
    slow.send("GET", "k")
    head = slow.exactly(10)
    assert other("SET", "k", new) == "OK"
    assert other("DEL", "k") == 1
    assert other("SET", "k", new) == "OK"
    body = head[head.index(b"\r\n") + 2 :]
    body += slow.exactly(len(old) - len(body))
    assert same(body, old)
    assert slow.exactly(2) == b"\r\n"
    assert same(other("GET", "k"), new)


def test_a_value_that_never_arrives_whole_is_not_stored(connect, server):
    wire, lost = connect(), server.connect()
    wire("SET", "k", "old")
    lost.send_raw(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$3000000\r\n" + pattern(2_000_000))
    lost.abort()
    for _ in range(20):
        assert wire("GET", "k") == b"old"


@pytest.mark.parametrize("length", [100, 5000, 70_000, 2 * MIB + 333])
def test_random_ranges_agree_with_a_model(length, wire, rng, soak):
    model = bytearray(pattern(length))
    wire("SET", "k", bytes(model))
    for step in range(150 * soak):
        kind = rng.randrange(4)
        start = rng.randrange(len(model) + 1)
        if kind == 0:
            size = rng.choice([1, 10, 4096, 20_000])
            data = rng.randbytes(size)
            if start > len(model) - size:
                model.extend(bytes(start + size - len(model)))
            model[start : start + size] = data
            assert wire("SETRANGE", "k", str(start), data) == len(model), step
        elif kind == 1 and step % 10 == 1:
            data = rng.randbytes(rng.choice([1, 100, 9000]))
            model += data
            assert wire("APPEND", "k", data) == len(model), step
        else:
            size = rng.choice([1, 10, 4096, 50_000])
            got = wire("GETRANGE", "k", str(start), str(start + size - 1))
            assert same(got, bytes(model[start : start + size])), (step, start, size)
    assert same(wire("GET", "k"), bytes(model))


def test_setrange_far_beyond_the_end_reads_zeros_between(wire):
    wire("SET", "k", "abc")
    assert wire("SETRANGE", "k", str(5 * MIB), "xyz") == 5 * MIB + 3
    got = wire("GET", "k")
    assert same(got, b"abc" + bytes(5 * MIB - 3) + b"xyz")
