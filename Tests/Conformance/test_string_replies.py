"""Every string command with its options: the exact bytes of its replies, as Redis gives them."""

import pytest

from support.cases import (
    arity,
    array,
    bad_expiry,
    bulk,
    case,
    error,
    integer,
    nil,
    not_float,
    not_integer,
    ok,
    syntax,
)

GET_AND_SET = [
    case("GET of an absent key is nil", "GET k", nil),
    case("GET gives what SET stored", "GET k", bulk("v"), "SET k v"),
    case("an empty value is not nil", "GET k", bulk(""), "SET k ''"),
    case(
        "keys and values are bytes",
        r"GET 'a\x00\r\n\xff'",
        bulk(b"\x00\xfe\r\n"),
        r"SET 'a\x00\r\n\xff' '\x00\xfe\r\n'",
    ),
    case("GET without a key", "GET", arity("get")),
    case("GET with two keys", "GET a b", arity("get")),
    case("command names have no case", "gEt k", bulk("v"), "sET k v"),
    case("SET answers OK", "SET k v", ok),
    case("SET without a value", "SET k", arity("set")),
    case("SET NX of an absent key", "SET k v NX", ok),
    case("SET NX of a present key", "SET k w NX", nil, "SET k v"),
    case("SET NX of a present key changes nothing", "GET k", bulk("v"), "SET k v; SET k w NX"),
    case("SET XX of an absent key", "SET k v XX", nil),
    case("SET XX of a present key", "SET k w xx", ok, "SET k v"),
    case("SET NX XX", "SET k v NX XX", syntax),
    case("SET GET of an absent key", "SET k v GET", nil),
    case("SET GET gives the old value", "SET k w GET", bulk("v"), "SET k v"),
    case("SET NX GET of a present key gives the old value", "SET k w NX GET", bulk("v"), "SET k v"),
    case("SET NX GET of a present key keeps it", "GET k", bulk("v"), "SET k v; SET k w NX GET"),
    case("SET NX GET of an absent key stores", "GET k", bulk("w"), "SET k w NX GET"),
    case("SET XX GET of an absent key", "SET k w XX GET", nil),
    case("SET EX sets a time to live", "TTL k", integer(100), "SET k v EX 100"),
    case("SET PX sets a time to live", "TTL k", integer(100), "SET k v PX 100000"),
    case(
        "SET EXAT sets an expiry", "EXPIRETIME k", integer(33177117420), "SET k v EXAT 33177117420"
    ),
    case(
        "SET PXAT sets an expiry",
        "PEXPIRETIME k",
        integer(33177117420000),
        "SET k v PXAT 33177117420000",
    ),
    case("SET EXAT in the past leaves no key", "EXISTS k", integer(0), "SET k v EXAT 1"),
    case("SET removes an expiry", "TTL k", integer(-1), "SET k v EX 100; SET k w"),
    case("SET KEEPTTL keeps an expiry", "TTL k", integer(100), "SET k v EX 100; SET k w KEEPTTL"),
    case("SET EX 0", "SET k v EX 0", bad_expiry("set")),
    case("SET EX below zero", "SET k v EX -1", bad_expiry("set")),
    case("SET PX 0", "SET k v PX 0", bad_expiry("set")),
    case("SET EX too large", "SET k v EX 9223372036854775807", bad_expiry("set")),
    case("SET EX without a number", "SET k v EX", syntax),
    case("SET EX with a word", "SET k v EX abc", not_integer),
    case("SET EX with a fraction", "SET k v EX 1.5", not_integer),
    case("SET EX PX", "SET k v EX 1 PX 1", syntax),
    case("SET EX KEEPTTL", "SET k v EX 1 KEEPTTL", syntax),
    case("SET with an unknown option", "SET k v FOO", syntax),
    case("a failed SET changes nothing", "GET k", bulk("v"), "SET k v; SET k w EX 0"),
    case("SETNX of an absent key", "SETNX k v", integer(1)),
    case("SETNX of a present key", "SETNX k w", integer(0), "SET k v"),
    case("SETEX stores with a time to live", "TTL k", integer(50), "SETEX k 50 v"),
    case("SETEX 0", "SETEX k 0 v", bad_expiry("setex")),
    case("SETEX with a word", "SETEX k a v", not_integer),
    case("PSETEX stores with a time to live", "TTL k", integer(50), "PSETEX k 50000 v"),
    case("PSETEX below zero", "PSETEX k -5 v", bad_expiry("psetex")),
    case("GETSET of an absent key", "GETSET k v", nil),
    case(
        "GETSET gives the old value and removes the expiry",
        "TTL k",
        integer(-1),
        "SET k v EX 9; GETSET k w",
    ),
    case("GETDEL gives the value", "GETDEL k", bulk("v"), "SET k v"),
    case("GETDEL removes the key", "EXISTS k", integer(0), "SET k v; GETDEL k"),
    case("GETDEL of an absent key", "GETDEL k", nil),
]

GETEX = [
    case("GETEX of an absent key", "GETEX k EX 10", nil),
    case("GETEX gives the value", "GETEX k", bulk("v"), "SET k v"),
    case("GETEX alone keeps the expiry", "TTL k", integer(77), "SET k v EX 77; GETEX k"),
    case("GETEX EX", "TTL k", integer(20), "SET k v; GETEX k EX 20"),
    case("GETEX PX", "TTL k", integer(20), "SET k v; GETEX k PX 20000"),
    case("GETEX EXAT", "EXPIRETIME k", integer(33177117420), "SET k v; GETEX k EXAT 33177117420"),
    case(
        "GETEX PXAT",
        "PEXPIRETIME k",
        integer(33177117420001),
        "SET k v; GETEX k PXAT 33177117420001",
    ),
    case("GETEX EXAT in the past gives the value", "GETEX k EXAT 1", bulk("v"), "SET k v"),
    case(
        "GETEX EXAT in the past removes the key", "EXISTS k", integer(0), "SET k v; GETEX k EXAT 1"
    ),
    case("GETEX PERSIST", "TTL k", integer(-1), "SET k v EX 77; GETEX k PERSIST"),
    case("GETEX EX PERSIST", "GETEX k EX 10 PERSIST", syntax, "SET k v"),
    case("GETEX NX", "GETEX k NX", syntax, "SET k v"),
    case("GETEX EX 0", "GETEX k EX 0", bad_expiry("getex"), "SET k v"),
]

MANY_KEYS = [
    case(
        "MGET gives values and nils in order",
        "MGET a x b a",
        array(bulk("1"), nil, bulk("2"), bulk("1")),
        "SET a 1; SET b 2",
    ),
    case("MGET without keys", "MGET", arity("mget")),
    case(
        "MSET stores all", "MGET a b c", array(bulk("1"), bulk("2"), bulk("3")), "MSET a 1 b 2 c 3"
    ),
    case("MSET answers OK", "MSET a 1 b 2", ok),
    case("MSET with a key twice keeps the last value", "GET a", bulk("2"), "MSET a 1 a 2"),
    case("MSET removes expiries", "TTL a", integer(-1), "SET a 1 EX 10; MSET a 2"),
    case("MSET with an odd number", "MSET a 1 b", arity("mset")),
    case("MSETNX of absent keys", "MSETNX a 1 b 2", integer(1)),
    case("MSETNX with a present key", "MSETNX a 1 b 2", integer(0), "SET b 9"),
    case(
        "MSETNX with a present key stores none",
        "MGET a b",
        array(nil, bulk("9")),
        "SET b 9; MSETNX a 1 b 2",
    ),
    case("MSETNX with an odd number", "MSETNX a 1 b", arity("msetnx")),
]

RANGES = [
    case("GETRANGE within", "GETRANGE k 1 3", bulk("ell"), "SET k hello"),
    case("GETRANGE from the end", "GETRANGE k -3 -1", bulk("llo"), "SET k hello"),
    case("GETRANGE beyond the end", "GETRANGE k 3 99", bulk("lo"), "SET k hello"),
    case("GETRANGE before the start", "GETRANGE k -99 1", bulk("he"), "SET k hello"),
    case("GETRANGE backwards", "GETRANGE k 3 1", bulk(""), "SET k hello"),
    case("GETRANGE of both ends before the start", "GETRANGE k -9 -8", bulk("h"), "SET k hello"),
    case(
        "GETRANGE of both ends before the start, backwards",
        "GETRANGE k -8 -9",
        bulk(""),
        "SET k hello",
    ),
    case("GETRANGE wholly beyond", "GETRANGE k 9 12", bulk(""), "SET k hello"),
    case("GETRANGE of an absent key", "GETRANGE k 0 -1", bulk("")),
    case("GETRANGE with a word", "GETRANGE k a 1", not_integer),
    case("SUBSTR is GETRANGE", "SUBSTR k 0 1", bulk("he"), "SET k hello"),
    case("SETRANGE within", "GET k", bulk("heLLo"), "SET k hello; SETRANGE k 2 LL"),
    case("SETRANGE gives the length", "SETRANGE k 3 lloo", integer(7), "SET k hello"),
    case("SETRANGE pads with zeros", "GET k", bulk(b"a\0\0b"), "SET k a; SETRANGE k 3 b"),
    case("SETRANGE of an absent key", "GET k", bulk(b"\0\0b"), "SETRANGE k 2 b"),
    case("SETRANGE of nothing makes no key", "EXISTS k", integer(0), "SETRANGE k 5 ''"),
    case("SETRANGE of nothing gives the length", "SETRANGE k 9 ''", integer(5), "SET k hello"),
    case("SETRANGE keeps the expiry", "TTL k", integer(30), "SET k v EX 30; SETRANGE k 1 w"),
    case("SETRANGE below zero", "SETRANGE k -1 x", error("ERR offset is out of range")),
    case(
        "SETRANGE beyond the limit",
        "SETRANGE k 536870912 x",
        error("ERR string exceeds maximum allowed size (proto-max-bulk-len)"),
    ),
    case("SETRANGE with a word", "SETRANGE k a x", not_integer),
    case("APPEND to an absent key", "APPEND k abc", integer(3)),
    case("APPEND gives the length", "APPEND k def", integer(6), "SET k abc"),
    case("APPEND keeps the expiry", "TTL k", integer(30), "SET k v EX 30; APPEND k w"),
    case("APPEND of nothing makes an empty key", "EXISTS k", integer(1), "APPEND k ''"),
    case("STRLEN", "STRLEN k", integer(5), "SET k hello"),
    case("STRLEN of an absent key", "STRLEN k", integer(0)),
]

overflow = error("ERR increment or decrement would overflow")
NUMBERS = [
    case("INCR of an absent key", "INCR k", integer(1)),
    case("INCR", "INCR k", integer(11), "SET k 10"),
    case("INCR stores text", "GET k", bulk("11"), "SET k 10; INCR k"),
    case("INCR keeps the expiry", "TTL k", integer(30), "SET k 1 EX 30; INCR k"),
    case("INCR of a word", "INCR k", not_integer, "SET k abc"),
    case("INCR of the empty value", "INCR k", not_integer, "SET k ''"),
    case("INCR of a number with a space", "INCR k", not_integer, "SET k ' 1'"),
    case("INCR of a number with a plus", "INCR k", not_integer, "SET k +1"),
    case("INCR of a number with a leading zero", "INCR k", not_integer, "SET k 01"),
    case("INCR of minus zero", "INCR k", not_integer, "SET k -0"),
    case("INCR of the largest number", "INCR k", overflow, "SET k 9223372036854775807"),
    case("INCR of a number too large", "INCR k", not_integer, "SET k 9223372036854775808"),
    case("DECR", "DECR k", integer(-1)),
    case("DECR of the smallest number", "DECR k", overflow, "SET k -9223372036854775808"),
    case("INCRBY", "INCRBY k 40", integer(42), "SET k 2"),
    case("INCRBY below zero", "INCRBY k -5", integer(-5)),
    case("INCRBY with a word", "INCRBY k a", not_integer),
    case("DECRBY", "DECRBY k 5", integer(5), "SET k 10"),
    case(
        "DECRBY of the smallest number",
        "DECRBY k -9223372036854775808",
        error("ERR decrement would overflow"),
    ),
    case("INCRBYFLOAT", "INCRBYFLOAT k 0.1", bulk("10.6"), "SET k 10.5"),
    case("INCRBYFLOAT of an absent key", "INCRBYFLOAT k 3.0", bulk("3")),
    case("INCRBYFLOAT with an exponent", "INCRBYFLOAT k 2.0e2", bulk("5200"), "SET k 5.0e3"),
    case("INCRBYFLOAT below zero", "INCRBYFLOAT k -5", bulk("5.5"), "SET k 10.5"),
    case("INCRBYFLOAT keeps the expiry", "TTL k", integer(30), "SET k 1 EX 30; INCRBYFLOAT k 1"),
    case("INCRBYFLOAT by a word", "INCRBYFLOAT k abc", not_float),
    case("INCRBYFLOAT of a word", "INCRBYFLOAT k 1", not_float, "SET k abc"),
    case(
        "INCRBYFLOAT to infinity",
        "INCRBYFLOAT k inf",
        error("ERR increment would produce NaN or Infinity"),
    ),
    case("INCRBYFLOAT by no number", "INCRBYFLOAT k nan", not_float),
]


@pytest.mark.parametrize("case", GET_AND_SET + GETEX + MANY_KEYS + RANGES + NUMBERS)
def test_a_string_command_answers_as_redis_does(case, connect, protocol):
    case.check(connect(protocol), protocol)


@pytest.mark.parametrize(
    "command",
    [
        "SETNX k",
        "SETEX k 1",
        "PSETEX k 1",
        "GETSET k",
        "GETDEL",
        "GETEX",
        "GETRANGE k 1",
        "SETRANGE k 1",
        "APPEND k",
        "STRLEN",
        "INCR",
        "DECR k 1",
        "INCRBY k",
        "DECRBY k",
        "INCRBYFLOAT k",
        "SUBSTR k 0",
        "MSET k",
        "MSETNX k",
    ],
)
def test_too_few_or_too_many_arguments_name_the_command(command, wire):
    name = command.split()[0].lower()
    assert wire.run(command) == f"ERR wrong number of arguments for '{name}' command"
