"""Commands about keys and their lifetimes: the exact bytes of their replies."""

import pytest

from support.cases import (
    arity,
    array,
    bad_expiry,
    bulk,
    case,
    empty,
    error,
    integer,
    nil,
    no_such_key,
    not_integer,
    ok,
    status,
    syntax,
)
from support.waiting import wait_until

KEYS = [
    case("DEL counts the keys that were there", "DEL a b x a", integer(2), "MSET a 1 b 2"),
    case("DEL without keys", "DEL", arity("del")),
    case("UNLINK is DEL", "UNLINK a b x", integer(2), "MSET a 1 b 2"),
    case("EXISTS counts a key as often as it is named", "EXISTS a a x", integer(2), "SET a 1"),
    case("TOUCH counts keys", "TOUCH a x", integer(1), "SET a 1"),
    case("TYPE of a value", "TYPE a", status("string"), "SET a 1"),
    case("TYPE of an absent key", "TYPE a", status("none")),
    case("DBSIZE", "DBSIZE", integer(3), "MSET a 1 b 2 c 3"),
    case("RANDOMKEY of nothing", "RANDOMKEY", nil),
    case("RANDOMKEY of one", "RANDOMKEY", bulk("a"), "SET a 1"),
    case("FLUSHALL", "DBSIZE", integer(0), "MSET a 1 b 2; FLUSHALL"),
    case("FLUSHDB", "DBSIZE", integer(0), "MSET a 1 b 2; FLUSHDB"),
    case("FLUSHALL ASYNC", "FLUSHALL ASYNC", ok, "SET a 1"),
    case("FLUSHDB SYNC", "FLUSHDB SYNC", ok),
    case("FLUSHALL with a word", "FLUSHALL NOW", syntax),
    case("KEYS of one match", "KEYS a?c", array(bulk("abc")), "MSET abc 1 abd 2 ac 3"),
    case("KEYS of no match", "KEYS x*", empty, "SET a 1"),
    case("KEYS with a set", "KEYS h[ae]llo", array(bulk("hallo")), "MSET hallo 1 hillo 2"),
    case("KEYS with a negated set", "KEYS h[^e]llo", array(bulk("hallo")), "MSET hallo 1 hello 2"),
    case("KEYS with a range", "KEYS h[a-b]llo", array(bulk("hbllo")), "MSET hbllo 1 hello 2"),
    case("KEYS with an escape", r"KEYS 'a\\*'", array(bulk("a*")), "MSET a* 1 ab 2"),
]

RENAMES = [
    case("RENAME", "GET b", bulk("1"), "SET a 1; RENAME a b"),
    case("RENAME removes the old name", "EXISTS a", integer(0), "SET a 1; RENAME a b"),
    case("RENAME of an absent key", "RENAME a b", no_such_key),
    case("RENAME replaces", "GET b", bulk("1"), "SET a 1; SET b 2; RENAME a b"),
    case("RENAME moves the expiry", "TTL b", integer(60), "SET a 1 EX 60; SET b 2; RENAME a b"),
    case(
        "RENAME removes the other's expiry",
        "TTL b",
        integer(-1),
        "SET a 1; SET b 2 EX 9; RENAME a b",
    ),
    case("RENAME to itself", "RENAME a a", ok, "SET a 1"),
    case("RENAMENX to an absent key", "RENAMENX a b", integer(1), "SET a 1"),
    case("RENAMENX to a present key", "RENAMENX a b", integer(0), "SET a 1; SET b 2"),
    case("RENAMENX of an absent key", "RENAMENX a b", no_such_key),
    case("COPY", "COPY a b", integer(1), "SET a 1"),
    case("COPY keeps both", "MGET a b", array(bulk("1"), bulk("1")), "SET a 1; COPY a b"),
    case("COPY of an absent key", "COPY a b", integer(0)),
    case("COPY to a present key", "COPY a b", integer(0), "SET a 1; SET b 2"),
    case("COPY REPLACE", "GET b", bulk("1"), "SET a 1; SET b 2; COPY a b REPLACE"),
    case("COPY copies the expiry", "TTL b", integer(60), "SET a 1 EX 60; COPY a b"),
    case("COPY DB 0", "COPY a b DB 0", integer(1), "SET a 1"),
    case(
        "COPY to itself",
        "COPY a a",
        error("ERR source and destination objects are the same"),
        "SET a 1",
    ),
    case(
        "COPY to a database there isn't",
        "COPY a b DB 99",
        error("ERR DB index is out of range"),
        "SET a 1",
    ),
    case("COPY with a word", "COPY a b FOO", syntax, "SET a 1"),
]

together = error("ERR NX and XX, GT or LT options at the same time are not compatible")
LIFETIMES = [
    case("EXPIRE of an absent key", "EXPIRE k 10", integer(0)),
    case("EXPIRE", "EXPIRE k 10", integer(1), "SET k v"),
    case("TTL after EXPIRE", "TTL k", integer(10), "SET k v; EXPIRE k 10"),
    case("TTL of an absent key", "TTL k", integer(-2)),
    case("TTL without an expiry", "TTL k", integer(-1), "SET k v"),
    case("PTTL of an absent key", "PTTL k", integer(-2)),
    case("PTTL without an expiry", "PTTL k", integer(-1), "SET k v"),
    case("EXPIRETIME of an absent key", "EXPIRETIME k", integer(-2)),
    case("PEXPIRETIME without an expiry", "PEXPIRETIME k", integer(-1), "SET k v"),
    case("PEXPIRE", "TTL k", integer(10), "SET k v; PEXPIRE k 10000"),
    case("EXPIREAT", "EXPIRETIME k", integer(33177117420), "SET k v; EXPIREAT k 33177117420"),
    case(
        "PEXPIREAT", "PEXPIRETIME k", integer(33177117420123), "SET k v; PEXPIREAT k 33177117420123"
    ),
    case(
        "EXPIRETIME of a fraction",
        "EXPIRETIME k",
        integer(33177117421),
        "SET k v; PEXPIREAT k 33177117420623",
    ),
    case("EXPIRE below zero removes", "EXISTS k", integer(0), "SET k v; EXPIRE k -1"),
    case("EXPIRE below zero answers 1", "EXPIRE k -1", integer(1), "SET k v"),
    case("EXPIREAT in the past removes", "EXISTS k", integer(0), "SET k v; EXPIREAT k 1"),
    case("EXPIRE NX without an expiry", "EXPIRE k 10 NX", integer(1), "SET k v"),
    case("EXPIRE NX with an expiry", "EXPIRE k 10 NX", integer(0), "SET k v EX 9"),
    case("EXPIRE XX without an expiry", "EXPIRE k 10 XX", integer(0), "SET k v"),
    case("EXPIRE XX with an expiry", "EXPIRE k 10 xx", integer(1), "SET k v EX 9"),
    case("EXPIRE GT to more", "EXPIRE k 20 GT", integer(1), "SET k v EX 9"),
    case("EXPIRE GT to less", "EXPIRE k 5 GT", integer(0), "SET k v EX 9"),
    case("EXPIRE GT without an expiry", "EXPIRE k 5 GT", integer(0), "SET k v"),
    case("EXPIRE LT to less", "EXPIRE k 5 LT", integer(1), "SET k v EX 9"),
    case("EXPIRE LT to more", "EXPIRE k 20 LT", integer(0), "SET k v EX 9"),
    case("EXPIRE LT without an expiry", "EXPIRE k 5 LT", integer(1), "SET k v"),
    case("EXPIRE XX GT", "EXPIRE k 20 XX GT", integer(1), "SET k v EX 9"),
    case("EXPIRE NX XX", "EXPIRE k 10 NX XX", together, "SET k v"),
    case("EXPIRE NX GT", "EXPIRE k 10 NX GT", together, "SET k v"),
    case(
        "EXPIRE GT LT",
        "EXPIRE k 10 GT LT",
        error("ERR GT and LT options at the same time are not compatible"),
        "SET k v",
    ),
    case(
        "EXPIRE with an unknown option",
        "EXPIRE k 10 FOO",
        error("ERR Unsupported option FOO"),
        "SET k v",
    ),
    case("EXPIRE with a word", "EXPIRE k a", not_integer, "SET k v"),
    case("EXPIRE too large", "EXPIRE k 9223372036854775807", bad_expiry("expire"), "SET k v"),
    case("EXPIRE too small", "EXPIRE k -9223372036854775807", bad_expiry("expire"), "SET k v"),
    case("PEXPIRE too large", "PEXPIRE k 9223372036854775807", bad_expiry("pexpire"), "SET k v"),
    case("EXPIREAT too large", "EXPIREAT k 9223372036854775807", bad_expiry("expireat"), "SET k v"),
    case("PERSIST", "PERSIST k", integer(1), "SET k v EX 9"),
    case("PERSIST removes the expiry", "TTL k", integer(-1), "SET k v EX 9; PERSIST k"),
    case("PERSIST without an expiry", "PERSIST k", integer(0), "SET k v"),
    case("PERSIST of an absent key", "PERSIST k", integer(0)),
]

OBJECTS = [
    case("OBJECT ENCODING of a number", "OBJECT ENCODING k", bulk("int"), "SET k 123"),
    case("OBJECT ENCODING of a short value", "OBJECT ENCODING k", bulk("embstr"), "SET k abc"),
    case("OBJECT ENCODING of a long value", "OBJECT ENCODING k", bulk("raw"), "SET k " + "x" * 45),
    case("OBJECT ENCODING of an absent key", "OBJECT ENCODING k", nil),
    case("OBJECT REFCOUNT", "OBJECT REFCOUNT k", integer(1), "SET k abc"),
    case("OBJECT IDLETIME", "OBJECT IDLETIME k", integer(0), "SET k abc"),
    case("OBJECT IDLETIME of an absent key", "OBJECT IDLETIME k", nil),
    case(
        "OBJECT with an unknown subcommand",
        "OBJECT foo k",
        error("ERR unknown subcommand 'foo'. Try OBJECT HELP."),
    ),
    case("OBJECT ENCODING without a key", "OBJECT ENCODING", arity("object|encoding")),
    case("MEMORY USAGE of an absent key", "MEMORY USAGE k", nil),
    case("MEMORY USAGE with a bad option", "MEMORY USAGE k FOO 1", syntax, "SET k v"),
    case("SCAN with a bad cursor", "SCAN abc", error("ERR invalid cursor")),
    case("SCAN COUNT 0", "SCAN 0 COUNT 0", syntax),
    case("SCAN COUNT with a word", "SCAN 0 COUNT a", not_integer),
    case("SCAN with a word", "SCAN 0 FOO", syntax),
    case("WAIT without replicas", "WAIT 0 0", integer(0)),
]


@pytest.mark.parametrize("case", KEYS + RENAMES + LIFETIMES + OBJECTS)
def test_a_key_command_answers_as_redis_does(case, connect, protocol):
    case.check(connect(protocol), protocol)


def test_memory_usage_grows_with_the_value(wire):
    wire("SET", "small", "x")
    wire("SET", "large", "x" * 100_000)
    assert 0 < wire("MEMORY", "USAGE", "small") < 1000
    assert 100_000 <= wire("MEMORY", "USAGE", "large", "SAMPLES", "0") < 150_000


def test_object_freq_needs_the_lfu_policy(wire):
    wire("SET", "k", "v")
    reply = wire("OBJECT", "FREQ", "k")
    assert reply.startswith("ERR An LFU maxmemory policy is not selected, access frequency not")


def test_a_key_expires_and_every_read_knows(wire):
    wire("SET", "k", "v", "PX", "30")
    wait_until(lambda: wire("PTTL", "k") == -2, "expiry of 30 ms")
    assert wire("GET", "k") is None
    assert wire("EXISTS", "k") == 0
    assert wire("STRLEN", "k") == 0
    assert wire("TYPE", "k") == "none"
    assert wire("MGET", "k") == [None]
    assert wire("KEYS", "*") == []
    assert wire("SET", "k", "w", "NX") == "OK"
    assert wire("TTL", "k") == -1


def test_an_expired_key_is_absent_to_every_write(wire):
    names = [f"k{i}" for i in range(8)]
    for name in names:
        wire("SET", name, "10", "PX", "20")
    wait_until(lambda: wire("EXISTS", *names) == 0, "expiry of 20 ms")
    assert wire("INCR", "k0") == 1
    assert wire("APPEND", "k1", "x") == 1
    assert wire("SETRANGE", "k2", "1", "x") == 2
    assert wire("GETSET", "k3", "x") is None
    assert wire("RENAME", "k4", "k5") == "ERR no such key"
    assert wire("COPY", "k5", "k6") == 0
    assert wire("PERSIST", "k6") == 0
    assert wire("DEL", "k7") == 0


def test_pttl_counts_down(wire):
    wire("SET", "k", "v", "PX", "100000")
    first = wire("PTTL", "k")
    assert 99_000 < first <= 100_000
    wait_until(lambda: wire("PTTL", "k") < first, "a later PTTL")


def test_expired_keys_leave_without_being_read(wire):
    """Redis sweeps them; so must a cache that promises its memory."""
    wire.pipeline([("SET", f"k{i}", "v", "PX", "50") for i in range(1000)])
    wait_until(lambda: wire("DBSIZE") == 0, "sweep of 1000 expired keys", deadline=30)
