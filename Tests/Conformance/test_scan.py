"""SCAN's promises: what is there from beginning to end is returned, whatever else happens."""

import pytest

from support.threads import Background


def scan(wire, *options):
    """All elements of a whole iteration, duplicates included."""
    cursor, found, steps = b"0", [], 0
    while True:
        cursor, keys = wire("SCAN", cursor, *options)
        found += keys
        steps += 1
        assert steps < 1_000_000, "the iteration does not end"
        if cursor == b"0":
            return found


@pytest.mark.parametrize("count", [0, 1, 2, 10, 1000, 20_000])
def test_a_whole_scan_returns_every_key(count, wire):
    names = [f"key:{n}".encode() for n in range(count)]
    wire.pipeline([("SET", name, "x") for name in names])
    assert set(scan(wire)) == set(names)
    assert set(scan(wire, "COUNT", "1000")) == set(names)


def test_a_scan_of_one_element_steps_returns_every_key(wire):
    names = {f"key:{n}".encode() for n in range(300)}
    wire.pipeline([("SET", name, "x") for name in names])
    assert set(scan(wire, "COUNT", "1")) == names


def test_match_filters(wire):
    wire.pipeline([("SET", f"a{n}", "x") for n in range(200)])
    wire.pipeline([("SET", f"b{n}", "x") for n in range(200)])
    assert set(scan(wire, "MATCH", "a1*")) == {k for k in scan(wire) if k.startswith(b"a1")}


def test_type_filters(wire):
    wire.pipeline([("SET", f"a{n}", "x") for n in range(50)])
    assert len(set(scan(wire, "TYPE", "string"))) == 50
    assert scan(wire, "TYPE", "list") == []


def test_a_step_is_bounded_by_its_count(wire):
    """Otherwise one SCAN of a large cache would stall everybody."""
    wire.pipeline([("SET", f"key:{n}", "x") for n in range(20_000)])
    cursor, keys = wire("SCAN", "0", "COUNT", "10")
    assert cursor != b"0"
    assert len(keys) <= 200


def test_expired_keys_are_not_returned(wire):
    wire.pipeline([("SET", f"dead{n}", "x", "PX", "1") for n in range(200)])
    wire("SET", "alive", "x")
    while wire("EXISTS", *[f"dead{n}" for n in range(200)]):
        pass
    assert set(scan(wire)) == {b"alive"}


def test_keys_that_stay_are_returned_while_others_come_and_go(wire, server):
    """The table grows and shrinks under the iteration."""
    staying = {f"stay:{n}".encode() for n in range(2000)}
    wire.pipeline([("SET", name, "x") for name in staying])

    def churn(_, stopping):
        with server.connect() as other:
            generation = 0
            while not stopping():
                generation += 1
                names = [f"go:{generation}:{n}" for n in range(3000)]
                other.pipeline([("SET", name, "y") for name in names])
                other("UNLINK", *names)

    with Background(1, churn):
        for _ in range(5):
            missing = staying - set(scan(wire, "COUNT", "50"))
            assert missing == set()


def test_the_cursor_and_the_keys_are_bulk_strings_in_an_array(wire):
    """With several shards an iteration takes a step for each, however few the keys are."""
    wire("SET", "k", "v")
    steps = [b"0"]
    for _ in range(300):
        reply = wire("SCAN", steps[-1], "COUNT", "1000")
        assert len(reply) == 2 and isinstance(reply[0], bytes) and isinstance(reply[1], list)
        assert reply[1] in ([], [b"k"])
        steps.append(reply[0])
        if reply[0] == b"0":
            break
    assert steps[-1] == b"0"


def test_a_cursor_out_of_nowhere_is_answered(wire):
    wire.pipeline([("SET", f"key:{n}", "x") for n in range(100)])
    for cursor in ("1", "12345", "18446744073709551615", "9223372036854775808"):
        next_cursor, keys = wire("SCAN", cursor)
        assert int(next_cursor) >= 0
        assert isinstance(keys, list)


def test_keys_returns_each_key_once(wire):
    wire.pipeline([("SET", f"key:{n}", "x") for n in range(5000)])
    keys = wire("KEYS", "*")
    assert len(keys) == 5000
    assert len(set(keys)) == 5000
    assert len(wire("KEYS", "key:4*")) == 1111


def test_randomkey_reaches_every_key(wire):
    names = {b"a", b"b", b"c", b"d"}
    wire("MSET", "a", "1", "b", "1", "c", "1", "d", "1")
    seen = set(wire.pipeline([("RANDOMKEY",)] * 2000))
    assert seen == names
