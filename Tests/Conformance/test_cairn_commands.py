"""Cairn's own commands: attributes, versions, states of blocks."""

import pytest

from support.waiting import wait_until
from support.wire import Error, Map

pytestmark = pytest.mark.cairn_only


def stat(wire, key):
    reply = wire("CAIRN.STAT", key)
    if reply is None or isinstance(reply, Map):
        return reply
    return dict(zip(reply[::2], reply[1::2]))


def test_put_stores_and_get_answers_version_and_value(wire):
    assert wire("CAIRN.PUT", "k", "value") == "OK"
    version, value = wire("CAIRN.GET", "k")
    assert value == b"value" and version > 0
    assert wire("GET", "k") == b"value"


def test_get_of_an_absent_key_is_nil(wire, connect):
    assert wire("CAIRN.GET", "k") is None
    assert connect(3).raw("CAIRN.GET", "k") == b"_\r\n"


def test_get_of_a_range(wire):
    data = bytes(range(256)) * 1000
    wire("SET", "k", data)
    for offset, length in [(0, 1), (5, 10), (4095, 2), (255_999, 1), (100, 100_000)]:
        assert wire("CAIRN.GET", "k", str(offset), str(length))[1] == data[offset : offset + length]
    assert wire("CAIRN.GET", "k", "255990", "100")[1] == data[255_990:]
    assert wire("CAIRN.GET", "k", "256000", "10")[1] == b""
    assert isinstance(wire("CAIRN.GET", "k", "-1", "10"), Error)
    assert isinstance(wire("CAIRN.GET", "k", "0", "x"), Error)


@pytest.mark.parametrize(
    "change", ["SET k v", "APPEND k x", "SETRANGE k 0 y", "INCR k", "EXPIRE k 100", "CAIRN.PUT k z"]
)
def test_every_change_makes_the_version_grow(change, wire):
    wire("SET", "k", "1")
    before = wire("CAIRN.GET", "k")[0]
    wire.run(change)
    assert wire("CAIRN.GET", "k")[0] > before


def test_a_read_leaves_the_version(wire):
    wire("SET", "k", "1")
    before = wire("CAIRN.GET", "k")[0]
    wire("GET", "k")
    wire("TTL", "k")
    assert wire("CAIRN.GET", "k")[0] == before


def test_a_key_that_comes_back_has_a_later_version(wire):
    wire("SET", "k", "1")
    before = wire("CAIRN.GET", "k")[0]
    wire("DEL", "k")
    wire("SET", "k", "1")
    assert wire("CAIRN.GET", "k")[0] > before


@pytest.mark.parametrize("kind", ["block", "metadata", "directory", "inode", "xattr"])
def test_attributes_are_kept(kind, wire):
    assert wire("CAIRN.PUT", "k", "v", "TYPE", kind, "PRIORITY", "7", "TTL", "100000") == "OK"
    facts = stat(wire, "k")
    assert facts[b"type"] == kind.encode()
    assert facts[b"priority"] == 7
    assert 90_000 < facts[b"ttl"] <= 100_000
    assert facts[b"level"] == b"l1"
    assert facts[b"size"] == 1
    assert facts[b"memory"] >= 1
    assert wire("TTL", "k") == 100


def test_stat_of_an_absent_key_is_nil(wire):
    assert stat(wire, "k") is None


def test_stat_is_a_map_in_resp3(connect):
    wire = connect(3)
    wire("SET", "k", "v")
    assert isinstance(wire("CAIRN.STAT", "k"), Map)
    assert stat(wire, "k")[b"ttl"] == -1


def test_frequency_grows_with_use(wire):
    wire("SET", "k", "v")
    before = stat(wire, "k")[b"frequency"]
    wire.pipeline([("GET", "k")] * 2000)
    assert stat(wire, "k")[b"frequency"] > before


@pytest.mark.parametrize(
    "command",
    [
        "CAIRN.PUT k",
        "CAIRN.PUT k v TYPE nonsense",
        "CAIRN.PUT k v PRIORITY 11",
        "CAIRN.PUT k v PRIORITY -1",
        "CAIRN.PUT k v TTL 0",
        "CAIRN.PUT k v TTL",
        "CAIRN.PUT k v FOO 1",
        "CAIRN.GET",
        "CAIRN.GET k 1",
        "CAIRN.STAT",
        "CAIRN.INVALIDATE",
        "CAIRN.NONSENSE k",
    ],
)
def test_mistakes_are_refused_and_change_nothing(command, wire):
    wire("SET", "k", "old")
    assert isinstance(wire.run(command), Error)
    assert wire("GET", "k") == b"old"


def test_invalidate_removes_and_counts(wire):
    wire("MSET", "a", "1", "b", "2")
    assert wire("CAIRN.INVALIDATE", "a", "b", "absent") == 2
    assert wire("EXISTS", "a", "b") == 0


def test_invalidate_tells_trackers(connect):
    reader, writer = connect(3), connect()
    reader("CLIENT", "TRACKING", "ON")
    writer("SET", "k", "v")
    reader("GET", "k")
    writer("CAIRN.INVALIDATE", "k")
    assert reader.read_push() == [b"invalidate", [b"k"]]


def test_prefetch_of_what_is_there_and_what_is_not(wire):
    wire("SET", "a", "1")
    assert wire("CAIRN.PREFETCH", "a", "absent") == 1


def test_flush_answers_when_nothing_is_dirty(wire):
    wire("SET", "k", "v")
    assert not isinstance(wire("CAIRN.FLUSH"), Error)
    assert not isinstance(wire("CAIRN.FLUSH", "k"), Error)


def test_higher_priority_survives_a_flood(start):
    server = start(memory=256 << 20)
    with server.connect(timeout=120) as wire:
        kept = [f"keep:{n}" for n in range(100)]
        for name in kept:
            wire("CAIRN.PUT", name, "x" * 1000, "PRIORITY", "10")
        for start_at in range(0, 40_000, 200):
            wire.pipeline(
                [("SET", f"flood:{n}", bytes(20_000)) for n in range(start_at, start_at + 200)]
            )
        present = wire("EXISTS", *kept)
        flooded = wire("EXISTS", *[f"flood:{n}" for n in range(100)])
        assert present >= 90 and flooded <= 10


def test_a_short_life_ends(wire):
    wire("CAIRN.PUT", "k", "v", "TTL", "30")
    wait_until(lambda: wire("CAIRN.GET", "k") is None, "expiry of 30 ms")
