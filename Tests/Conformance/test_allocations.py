"""After warm-up the data path takes nothing from the heap, and maps nothing.

The server runs with a counter in front of malloc, mmap and their family, which counts by thread.
Each test repeats a load until its memory has grown to what the load needs, then repeats it under
watch: the shards' counts must stand still. Two tests show that the counter sees what it should.
"""

import time

import pytest

from support import allocations
from support.server import MIB
from support.server import start as start_server

pytestmark = pytest.mark.cairn_only

# Rounds of a load before and while it is watched; and the least time of each phase, so that the
# upkeep which a shard does ten times a second is watched too.
ROUNDS = 60
SECONDS = 0.35


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    """A server whose allocations are counted."""
    folder = tmp_path_factory.mktemp("allocations")
    counts = folder / "counts"
    environment = {
        "LD_PRELOAD": str(allocations.build(folder)),
        "ALLOCATION_COUNTS": str(counts),
    }
    server = start_server(folder / "server", memory=256 * MIB, environment=environment)
    server.allocations = allocations.Allocations(counts, server.pid)
    yield server
    assert server.stop() == 0, server.output()


@pytest.fixture
def wires(counted):
    """Four connections: with two shards, two on each."""
    made = [counted.connect() for _ in range(4)]
    assert made[0]("FLUSHALL") == "OK"
    yield made
    for wire in made:
        wire.close()


def repeat(load, first):
    """Runs `load(round)` for a phase; the number of the next round."""
    end = time.monotonic() + SECONDS
    number = first
    while number < first + ROUNDS or time.monotonic() < end:
        load(number)
        number += 1
    return number


def grown(before, after):
    return {shard: counts for shard, counts in after.items() if counts != before[shard]}


def where(counted, load, number):
    """The stacks of what a load allocates, for the failure's text."""
    text = []
    for thread, name in counted.allocations.threads().items():
        counted.allocations.watch(thread)
        number = repeat(load, number)
        text.append(f"{name}:\n{counted.allocations.stacks()}")
    counted.allocations.watch(0)
    return "\n".join(text)


def expect_nothing_allocated(counted, load):
    number = repeat(load, 0)
    before = counted.allocations.read()
    assert len(before) == counted.shards
    number = repeat(load, number)
    after = counted.allocations.read()
    if grown(before, after):
        pytest.fail(f"(allocations, mappings): {before} -> {after}\n{where(counted, load, number)}")


# The counter sees what it should.


def test_the_start_of_the_shards_is_counted(counted):
    for shard, (allocated, _) in counted.allocations.read().items():
        assert allocated > 10, shard


def test_a_command_known_to_allocate_is_seen(counted, wires):
    # INFO composes its text on the heap: it is for people, not for the data path.
    def load(_):
        for wire in wires:
            assert len(wire("INFO")) > 100

    repeat(load, 0)
    before = counted.allocations.read()
    number = repeat(load, 0)
    assert len(grown(before, counted.allocations.read())) == counted.shards
    assert "Info" in where(counted, load, number)


# The data path.


def test_small_reads_and_writes(counted, wires):
    def load(number):
        for wire in wires:
            sets = [("SET", f"k{n}", b"v" * 64) for n in range(50)]
            gets = [("GET", f"k{n}") for n in range(50)]
            assert wire.pipeline(sets) == ["OK"] * 50
            assert wire.pipeline(gets) == [b"v" * 64] * 50
            assert wire("GET", "absent") is None
            assert wire("DEL", f"k{number % 50}") == 1
            assert wire("SET", f"k{number % 50}", b"v" * 64) == "OK"

    expect_nothing_allocated(counted, load)


@pytest.mark.parametrize("size", [4096, 64 << 10, 1 << 20])
def test_large_values(counted, wires, size):
    value = bytes(range(256)) * (size // 256)

    def load(number):
        for index, wire in enumerate(wires):
            for key in (f"large{index}", f"large{index + 1}", f"large{number % 7}"):
                assert wire("SET", key, value) == "OK"
                assert wire("GET", key) == value
            assert wire("GETRANGE", f"large{index}", 1000, 1999) == value[1000:2000]

    expect_nothing_allocated(counted, load)


def test_many_keys_in_one_command(counted, wires):
    names = [f"m{n}" for n in range(40)]
    pairs = [part for name in names for part in (name, name * 20)]

    def load(_):
        for wire in wires:
            assert wire("MSET", *pairs) == "OK"
            assert wire("MGET", *names) == [(name * 20).encode() for name in names]
            assert wire("EXISTS", *names) == 40
            assert wire("DEL", *names) == 40

    expect_nothing_allocated(counted, load)


def test_numbers_appends_and_expiry(counted, wires):
    def load(_):
        for index, wire in enumerate(wires):
            assert wire("SET", f"n{index}", "1", "PX", "60000") == "OK"
            assert wire("INCRBY", f"n{index}", 41) == 42
            assert wire("APPEND", f"n{index}", "abc") == 5
            assert wire("SETRANGE", f"n{index}", 4, "xyz") == 7
            assert wire("STRLEN", f"n{index}") == 7
            assert 0 < wire("PTTL", f"n{index}") <= 60_000
            assert wire("PERSIST", f"n{index}") == 1
            assert wire("GETDEL", f"n{index}") == b"42abxyz"
            assert wire("SET", f"short{index}", "1", "PX", "20") == "OK"

    expect_nothing_allocated(counted, load)


def test_transactions_over_shards(counted, wires):
    def load(number):
        for wire in wires:
            assert wire("WATCH", "t1", "t2") == "OK"
            replies = wire.pipeline(
                [("MULTI",), ("SET", "t1", number), ("SET", "t2", "b"), ("MGET", "t1", "t2")]
                + [("SET", f"t{n}", "c") for n in range(3, 9)]
                + [("EXEC",)]
            )
            assert replies[-1][2] == [str(number).encode(), b"b"], replies

    expect_nothing_allocated(counted, load)


def test_publishing(counted, wires):
    readers = wires[:3]
    for wire in readers:
        wire.send("SUBSCRIBE", "channel")
        assert wire.read_any() == [b"subscribe", b"channel", 1]

    def load(number):
        for size in (10, 5000):
            text = b"%d" % number * size
            assert wires[3]("PUBLISH", "channel", text) == 3
            for wire in readers:
                assert wire.read_any() == [b"message", b"channel", text]

    expect_nothing_allocated(counted, load)


def test_tracking(counted, wires):
    readers = [counted.connect(3) for _ in range(4)]
    for wire in readers:
        assert wire("CLIENT", "TRACKING", "ON") == "OK"

    def load(number):
        for key in ("tracked1", "tracked2", "tracked3"):
            for wire in readers:
                wire("GET", key)
            assert wires[0]("SET", key, number) == "OK"
            for wire in readers:
                assert wire.read_push() == [b"invalidate", [key.encode()]]

    expect_nothing_allocated(counted, load)
    for wire in readers:
        wire.close()


def test_eviction(counted, wires):
    # 2 MiB each: 60 rounds of 4 turn the memory over before the watch begins, and during it.
    value = b"e" * (8 << 10)

    def load(number):
        for index, wire in enumerate(wires):
            names = [f"e{number}:{index}:{n}" for n in range(256)]
            assert wire.pipeline([("SET", name, value) for name in names]) == ["OK"] * 256

    expect_nothing_allocated(counted, load)


def test_scans(counted, wires):
    assert wires[0].pipeline([("SET", f"s{n}", "1") for n in range(200)]) == ["OK"] * 200

    def load(_):
        for wire in wires:
            cursor = b"0"
            while True:
                cursor, _ = wire("SCAN", cursor, "MATCH", "s1*", "COUNT", 50)
                if cursor == b"0":
                    break

    expect_nothing_allocated(counted, load)


def test_connections_that_come_and_go(counted):
    def load(_):
        made = [counted.connect() for _ in range(8)]
        for wire in made:
            assert wire("SET", "c", "1") == "OK"
            wire.close()

    expect_nothing_allocated(counted, load)
