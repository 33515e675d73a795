"""RENAME, RENAMENX, COPY and MSETNX between shards: whole values, with what belongs to them."""

import hashlib
import threading

import pytest

from support.waiting import wait_until

# Keys that no shard count up to 16 puts on one shard all together.
SPREAD = [f"key{n}" for n in range(12)]
SIZES = [0, 1, 100, 4095, 4096, 70_000, (1 << 20) - 1, 1 << 20, (3 << 20) + 4097]


def value_of(size):
    seed = hashlib.sha256(str(size).encode()).digest()
    return (seed * (size // len(seed) + 1))[:size]


@pytest.mark.parametrize("size", SIZES)
def test_a_value_of_any_size_moves_whole(size, wire):
    value = value_of(size)
    for source, target in zip(SPREAD, SPREAD[1:]):
        wire("SET", source, value)
        assert wire("RENAME", source, target) == "OK"
        assert wire("EXISTS", source) == 0
        assert wire("GET", target) == value
        assert wire("COPY", target, source) == 1
        assert wire("GET", source) == value
        assert wire("RENAMENX", source, target) == 0
        assert wire("COPY", source, target) == 0
        assert wire("COPY", source, target, "REPLACE") == 1
        assert wire("DEL", source, target) == 2


@pytest.mark.parametrize("size", [10, 2_000_000])
def test_time_to_live_moves_along_and_replaces_the_targets(size, wire):
    for source, target in zip(SPREAD, SPREAD[1:]):
        wire("SET", source, value_of(size), "EX", "1000")
        wire("SET", target, "old", "EX", "5")
        wire("RENAME", source, target)
        assert 990 <= wire("TTL", target) <= 1000
        wire("SET", source, "x")
        wire("COPY", source, target, "REPLACE")
        assert wire("TTL", target) == -1
        wire("DEL", source, target)


@pytest.mark.cairn_only
def test_type_and_priority_move_along(wire):
    for source, target in zip(SPREAD, SPREAD[1:]):
        wire("CAIRN.PUT", source, "v", "TYPE", "inode", "PRIORITY", "9")
        wire("RENAME", source, target)
        stat = wire("CAIRN.STAT", target)
        facts = dict(zip(stat[::2], stat[1::2]))
        assert (facts[b"type"], facts[b"priority"]) == (b"inode", 9)
        wire("DEL", target)


def test_absent_sources_and_equal_names(wire):
    for source, target in zip(SPREAD, SPREAD[1:]):
        assert wire("RENAME", source, target) == "ERR no such key"
        assert wire("RENAMENX", source, target) == "ERR no such key"
        assert wire("COPY", source, target) == 0
    for key in SPREAD:
        wire("SET", key, "v")
        assert wire("RENAME", key, key) == "OK"
        assert wire("RENAMENX", key, key) == 0
        assert wire("GET", key) == b"v"


def test_msetnx_stores_all_or_nothing(wire):
    pairs = [word for key in SPREAD for word in (key, f"of {key}")]
    assert wire("MSETNX", *pairs) == 1
    assert wire("MGET", *SPREAD) == [f"of {key}".encode() for key in SPREAD]
    wire("DEL", *SPREAD[1:])
    assert wire("MSETNX", *pairs) == 0
    assert wire("EXISTS", *SPREAD) == 1
    assert wire("MSETNX", "a", "1", "b") == "ERR wrong number of arguments for 'msetnx' command"


def test_long_keys_move(wire):
    long = ["k" * 300, "m" * 16_000]
    wire("SET", long[0], "v")
    for target in [*SPREAD, long[1]]:
        assert wire("RENAME", long[0], target) == "OK"
        assert wire("RENAME", target, long[0]) == "OK"
    assert wire("GET", long[0]) == b"v"


def test_they_work_inside_a_transaction(wire):
    wire("SET", SPREAD[0], value_of(1_500_000))
    wire("MULTI")
    for source, target in zip(SPREAD, SPREAD[1:]):
        wire("RENAME", source, target)
    wire("COPY", SPREAD[-1], SPREAD[0])
    wire("MSETNX", "n1", "1", "n2", "2", "n3", "3")
    wire("MSETNX", "n3", "9", "n4", "9")
    wire("RENAME", "absent", "n1")
    wire("STRLEN", SPREAD[0])
    assert wire("EXEC") == ["OK"] * 11 + [1, 1, 0, "ERR no such key", 1_500_000]
    assert wire("GET", SPREAD[0]) == value_of(1_500_000)
    assert wire("EXISTS", *SPREAD) == 2
    assert wire("MGET", "n1", "n2", "n3", "n4") == [b"1", b"2", b"3", None]


def test_pipelined_moves_keep_their_order(wire):
    wire("SET", SPREAD[0], "v")
    commands = []
    for _ in range(20):
        for source, target in zip(SPREAD, SPREAD[1:] + SPREAD[:1]):
            commands.append(("RENAME", source, target))
            commands.append(("GET", target))
    assert wire.pipeline(commands) == ["OK", b"v"] * 240


def test_a_client_that_watches_keeps_its_watch(connect):
    one, two = connect(), connect()
    one("WATCH", "w")
    one("SET", SPREAD[0], "v")
    for source, target in zip(SPREAD, SPREAD[1:]):
        assert one("RENAME", source, target) == "OK"
    two("SET", "w", "1")
    one("MULTI")
    one("GET", "w")
    assert one("EXEC") is None


def test_a_value_is_always_under_one_of_its_names(connect, server):
    """Movers rename in a ring of names; a reader's transactions see the value exactly once."""
    names = SPREAD[:4]
    setup = connect()
    setup("SET", names[0], value_of(1_200_000))
    stop = threading.Event()

    def move():
        with server.connect() as wire:
            while not stop.is_set():
                for source, target in zip(names, names[1:] + names[:1]):
                    wire("RENAMENX", source, target)

    movers = [threading.Thread(target=move) for _ in range(2)]
    for mover in movers:
        mover.start()
    reader = connect()
    counts = []
    try:
        for _ in range(100):
            reader("MULTI")
            reader("EXISTS", *names)
            counts.append(reader("EXEC")[0])
    finally:
        stop.set()
        for mover in movers:
            mover.join()
    assert counts == [1] * 100
    assert [v for v in setup("MGET", *names) if v is not None] == [value_of(1_200_000)]


def test_clients_lost_in_the_middle_leave_nothing_locked(server, connect):
    wire = connect()
    value = value_of(6 << 20)
    for round_ in range(20):
        wire("SET", SPREAD[0], value)
        lost = server.connect()
        for source, target in zip(SPREAD, SPREAD[1:]):
            lost.send("RENAME", source, target)
        lost.abort()
        # Whatever was done, the value is there once, and every key can be written.
        wait_until(
            lambda: [v for v in wire("MGET", *SPREAD) if v is not None] == [value],
            "the value under one name",
        )
        for key in SPREAD:
            assert wire("SET", key, str(round_)) == "OK"
        assert wire("DEL", *SPREAD) == len(SPREAD)
