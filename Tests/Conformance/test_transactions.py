"""MULTI, EXEC, DISCARD and WATCH: what a user of several shards may rely on."""

import pytest

from support.threads import Background, Together
from support.waiting import wait_until


def queue(wire, *commands):
    assert wire("MULTI") == "OK"
    for command in commands:
        assert wire.run(command) == "QUEUED"


def test_exec_answers_for_each_command_in_order(wire):
    queue(wire, "SET a 1", "INCR a", "GET a", "GET absent")
    assert wire("EXEC") == ["OK", 2, b"2", None]


def test_exec_of_nothing_is_an_empty_array(wire):
    queue(wire)
    assert wire("EXEC") == []


def test_queued_commands_do_nothing_before_exec(connect):
    one, two = connect(), connect()
    queue(one, "SET a 1")
    assert two("GET", "a") is None
    one("EXEC")
    assert two("GET", "a") == b"1"


def test_discard_forgets_the_queue(wire):
    queue(wire, "SET a 1")
    assert wire("DISCARD") == "OK"
    assert wire("GET", "a") is None
    assert wire("EXEC") == "ERR EXEC without MULTI"


def test_multi_does_not_nest(wire):
    queue(wire, "SET a 1")
    assert wire("MULTI") == "ERR MULTI calls can not be nested"
    assert wire("EXEC") == ["OK"]


def test_watch_within_multi_is_refused_and_the_transaction_goes_on(wire):
    queue(wire, "SET a 1")
    assert wire("WATCH", "a") == "ERR WATCH inside MULTI is not allowed"
    assert wire("EXEC") == ["OK"]


@pytest.mark.parametrize(
    "command",
    ["FOO a", "GET", "SET a", "CLIENT foo", "OBJECT bar k"],
    ids=["unknown", "too short", "too short to write", "unknown subcommand", "unknown object"],
)
def test_a_command_that_cannot_be_queued_aborts_the_transaction(command, wire):
    queue(wire, "SET a 1")
    assert wire.run(command).startswith("ERR")
    assert wire.run("SET b 2") == "QUEUED"
    assert wire("EXEC") == "EXECABORT Transaction discarded because of previous errors."
    assert wire("MGET", "a", "b") == [None, None]


def test_a_command_that_fails_in_exec_does_not_stop_the_others(wire):
    queue(wire, "SET a word", "INCR a", "SET b 2")
    reply = wire("EXEC")
    assert reply == ["OK", "ERR value is not an integer or out of range", "OK"]
    assert wire("GET", "b") == b"2"


def test_a_changed_watched_key_stops_exec(connect, protocol):
    one, two = connect(protocol), connect()
    assert one("WATCH", "a") == "OK"
    two("SET", "a", "other")
    queue(one, "SET a mine")
    assert one.raw("EXEC") == (b"_\r\n" if protocol == 3 else b"*-1\r\n")
    assert two("GET", "a") == b"other"


CHANGES = [
    ("SET", "SET a 1"),
    ("DEL", "DEL a"),
    ("EXPIRE", "EXPIRE a 100"),
    ("APPEND", "APPEND a x"),
    ("APPEND of nothing", "APPEND a \"\""),
    ("SETRANGE", "SETRANGE a 0 x"),
    ("INCR", "INCR a"),
    ("RENAME from", "RENAME a z"),
    ("RENAME to", "RENAME other a"),
    ("GETDEL", "GETDEL a"),
    ("MSET", "MSET b 1 a 1"),
    ("FLUSHALL", "FLUSHALL"),
    ("FLUSHDB", "FLUSHDB"),
    ("PERSIST", "PERSIST a"),
    ("COPY to", "COPY other a REPLACE"),
    ("the same value again", "SET a 5"),
]


@pytest.mark.parametrize("change", [c for _, c in CHANGES], ids=[i for i, _ in CHANGES])
def test_every_way_to_change_a_watched_key_stops_exec(change, connect):
    one, two = connect(), connect()
    two("MSET", "a", "5", "other", "9")
    two("EXPIRE", "a", "1000")
    one("WATCH", "b", "a")
    assert not two.run(change) == 0, "the change must change something"
    queue(one, "SET a mine")
    assert one("EXEC") is None


@pytest.mark.parametrize(
    "read", ["GET a", "EXISTS a", "TTL a", "GETRANGE a 0 1", "SET a x NX", "TOUCH a", "SET z 1"]
)
def test_what_changes_nothing_does_not_stop_exec(read, connect):
    one, two = connect(), connect()
    two("SET", "a", "5")
    one("WATCH", "a")
    two.run(read)
    queue(one, "SET a mine")
    assert one("EXEC") == ["OK"]


def test_a_watched_absent_key_that_appears_stops_exec(connect):
    one, two = connect(), connect()
    one("WATCH", "a")
    two("SET", "a", "1")
    queue(one, "SET a mine")
    assert one("EXEC") is None


def test_a_watched_absent_key_that_came_and_went_stops_exec(connect):
    one, two = connect(), connect()
    one("WATCH", "a")
    two("SET", "a", "1")
    two("DEL", "a")
    queue(one, "SET a mine")
    assert one("EXEC") is None


def test_a_watched_key_that_expires_stops_exec(connect):
    one, two = connect(), connect()
    two("SET", "a", "1", "PX", "30")
    one("WATCH", "a")
    wait_until(lambda: two("EXISTS", "a") == 0, "expiry")
    queue(one, "SET b mine")
    assert one("EXEC") is None


def test_the_watchers_own_change_stops_exec(wire):
    wire("WATCH", "a")
    wire("SET", "a", "1")
    queue(wire, "SET a 2")
    assert wire("EXEC") is None


def test_unwatch_forgets(connect):
    one, two = connect(), connect()
    one("WATCH", "a")
    assert one("UNWATCH") == "OK"
    two("SET", "a", "1")
    queue(one, "GET a")
    assert one("EXEC") == [b"1"]


@pytest.mark.parametrize("end", ["EXEC", "DISCARD"])
def test_the_end_of_a_transaction_forgets_the_watches(end, connect):
    one, two = connect(), connect()
    one("WATCH", "a")
    queue(one)
    one(end)
    two("SET", "a", "1")
    queue(one, "GET a")
    assert one("EXEC") == [b"1"]


def test_hundreds_of_keys_can_be_watched(connect):
    one, two = connect(), connect()
    names = [f"k{i}" for i in range(500)]
    one("WATCH", *names)
    queue(one, "SET x 1")
    assert one("EXEC") == ["OK"]
    one("WATCH", *names)
    two("SET", "k499", "1")
    queue(one, "SET x 2")
    assert one("EXEC") is None


def test_a_transaction_over_hundreds_of_keys_of_all_shards(wire):
    queue(wire, *[f"SET k{i} {i}" for i in range(500)], *[f"INCR k{i}" for i in range(500)])
    reply = wire("EXEC")
    assert reply[:500] == ["OK"] * 500
    assert reply[500:] == list(range(1, 501))


def test_multi_key_commands_within_a_transaction(wire):
    queue(wire, "MSET a 1 b 2 c 3 d 4", "MGET a b c d", "DEL a b", "EXISTS a b c d", "DBSIZE")
    assert wire("EXEC") == ["OK", [b"1", b"2", b"3", b"4"], 2, 2, 2]


def test_a_transaction_is_seen_whole_or_not_at_all(connect, server):
    """Writers move both keys of a pair together; readers in transactions see equal pairs."""
    pairs = [(f"left{i}", f"right{i}") for i in range(8)]
    setup = connect()
    for left, right in pairs:
        setup("MSET", left, "0", right, "0")
    torn = []

    def write(offset, stopping):
        with server.connect() as wire:
            number = 0
            while not stopping():
                number += 1
                left, right = pairs[(number + offset) % len(pairs)]
                value = f"{offset}-{number}"
                wire.pipeline([("MULTI",), ("SET", left, value), ("SET", right, value), ("EXEC",)])

    def read(_):
        with server.connect() as wire:
            for number in range(1500):
                left, right = pairs[number % len(pairs)]
                got = wire.pipeline([("MULTI",), ("GET", left), ("GET", right), ("EXEC",)])[3]
                if got[0] != got[1]:
                    torn.append(got)

    with Background(3, write):
        Together(3, read).finish()
    assert torn == []


def test_watch_makes_increments_safe(connect, server):
    """Read, compute, write under WATCH from several connections: no increment is lost."""
    connect()("SET", "n", "0")
    rounds, workers = 60, 4

    def add(_):
        with server.connect() as wire:
            done = 0
            while done < rounds:
                wire("WATCH", "n")
                value = int(wire("GET", "n"))
                wire("MULTI")
                wire("SET", "n", str(value + 1))
                if wire("EXEC") is not None:
                    done += 1

    Together(workers, add).finish()
    assert connect()("GET", "n") == str(rounds * workers).encode()


def test_transactions_that_cross_do_not_deadlock(server):
    """Two connections whose transactions name the same keys in opposite order."""
    names = [f"x{i}" for i in range(16)]

    def work(number):
        order = names[::-1] if number else names
        with server.connect() as wire:
            for _ in range(200):
                commands = [("MULTI",), *[("INCR", n) for n in order], ("EXEC",)]
                assert len(wire.pipeline(commands)[-1]) == len(order)

    Together(2, work).finish()
    with server.connect() as wire:
        assert wire("MGET", *names) == [b"400"] * len(names)


def test_a_connection_lost_within_multi_leaves_nothing(connect, server):
    lost = server.connect()
    queue(lost, "SET a 1")
    lost.abort()
    wire = connect()
    assert wire("GET", "a") is None
    queue(wire, "SET a 2")
    assert wire("EXEC") == ["OK"]


def test_msetnx_and_rename_are_atomic_under_load(server):
    """Concurrent MSETNX of overlapping keys: either all keys of one caller or none."""
    names = [f"m{i}" for i in range(6)]
    mixed = []

    def claim(number):
        me = f"w{number}"
        with server.connect() as wire:
            for _ in range(300):
                wire("MSETNX", *[x for n in names for x in (n, me)])
                got = wire.pipeline([("MULTI",), ("MGET", *names), ("EXEC",)])[2][0]
                if len(set(got)) != 1:
                    mixed.append(got)
                wire.pipeline([("MULTI",), ("DEL", *names), ("EXEC",)])

    Together(4, claim).finish()
    assert mixed == []
