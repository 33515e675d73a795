"""CLIENT TRACKING: who is told that a key it read has changed, and who is not."""

import random

import pytest

from support.threads import Background
from support.waiting import wait_until

INVALIDATE = b"invalidate"


def track(wire, *options):
    assert wire("CLIENT", "TRACKING", "ON", *options) == "OK"


def keys_of(push):
    assert push[0] == INVALIDATE
    return push[1]


def expect(wire, *keys):
    assert keys_of(wire.read_push()) == [k.encode() for k in keys]


def expect_nothing(wire):
    """After an answer, whatever was to be pushed before it has been pushed."""
    for _ in range(3):
        assert wire("PING") == "PONG"
    assert wire.pushes == []


@pytest.fixture
def reader(connect):
    return connect(3)


@pytest.fixture
def writer(connect):
    return connect()


def test_a_key_that_was_read_is_invalidated_once(reader, writer):
    track(reader)
    writer("SET", "k", "1")
    expect_nothing(reader)
    assert reader("GET", "k") == b"1"
    writer("SET", "k", "2")
    expect(reader, "k")
    writer("SET", "k", "3")
    expect_nothing(reader)


def test_an_absent_key_that_was_read_is_invalidated_when_it_appears(reader, writer):
    track(reader)
    assert reader("GET", "k") is None
    writer("SET", "k", "1")
    expect(reader, "k")


@pytest.mark.parametrize(
    "change",
    [
        "SET k 1",
        "DEL k",
        "UNLINK k",
        "GETDEL k",
        "APPEND k x",
        "SETRANGE k 0 x",
        "INCR k",
        "EXPIRE k 100",
        "PEXPIREAT k 33177117420000",
        "RENAME k z",
        "RENAME other k",
        "MSET a 1 k 1",
        "COPY other k REPLACE",
        "GETSET k x",
        "GETEX k EX 100",
        "PERSIST k",
        "SET k 1 KEEPTTL",
        "INCRBYFLOAT k 1",
    ],
)
def test_every_way_to_change_a_key_invalidates_it(change, reader, writer):
    writer("MSET", "k", "5", "other", "9")
    writer("EXPIRE", "k", "1000")
    track(reader)
    reader("GET", "k")
    writer.run(change)
    expect(reader, "k")


@pytest.mark.parametrize(
    "read", ["GET k", "MGET x k", "GETRANGE k 0 1", "STRLEN k", "EXISTS k", "TTL k", "TYPE k"]
)
def test_every_way_to_read_a_key_tracks_it(read, reader, writer):
    writer("SET", "k", "5")
    track(reader)
    reader.run(read)
    writer("SET", "k", "6")
    expect(reader, "k")


def test_a_key_that_expires_is_invalidated(reader, writer):
    writer("SET", "k", "1", "PX", "40")
    track(reader)
    reader("GET", "k")
    wait_until(lambda: writer("EXISTS", "k") == 0, "expiry")
    expect(reader, "k")


@pytest.mark.parametrize("command", ["FLUSHALL", "FLUSHDB"])
def test_a_flush_invalidates_everything_by_a_null(command, reader, writer):
    track(reader)
    reader("GET", "k")
    writer(command)
    assert keys_of(reader.read_push()) is None


def test_every_reader_is_told(connect, writer):
    readers = [connect(3) for _ in range(20)]
    for reader in readers:
        track(reader)
        reader("GET", "k")
    writer("SET", "k", "1")
    for reader in readers:
        expect(reader, "k")


def test_the_writer_is_told_of_its_own_change(reader):
    track(reader)
    reader("GET", "k")
    reader("SET", "k", "1")
    expect(reader, "k")


def test_noloop_spares_the_writer(reader, writer):
    track(reader, "NOLOOP")
    reader("GET", "k")
    reader("SET", "k", "1")
    expect_nothing(reader)
    reader("GET", "k")
    writer("SET", "k", "2")
    expect(reader, "k")


def test_off_ends_it(reader, writer):
    track(reader)
    reader("GET", "k")
    assert reader("CLIENT", "TRACKING", "OFF") == "OK"
    writer("SET", "k", "1")
    expect_nothing(reader)


def test_optin_tracks_only_what_is_asked_for(reader, writer):
    track(reader, "OPTIN")
    reader("GET", "a")
    assert reader("CLIENT", "CACHING", "YES") == "OK"
    reader("GET", "b")
    reader("GET", "c")
    writer("MSET", "a", "1", "c", "1")
    expect_nothing(reader)
    writer("SET", "b", "1")
    expect(reader, "b")


def test_optout_tracks_all_but_what_is_refused(reader, writer):
    track(reader, "OPTOUT")
    assert reader("CLIENT", "CACHING", "NO") == "OK"
    reader("GET", "a")
    reader("GET", "b")
    writer("SET", "a", "1")
    expect_nothing(reader)
    writer("SET", "b", "1")
    expect(reader, "b")


def test_caching_yes_lasts_for_a_whole_transaction(reader, writer):
    track(reader, "OPTIN")
    reader("CLIENT", "CACHING", "YES")
    reader("MULTI")
    reader("GET", "a")
    reader("GET", "b")
    reader("EXEC")
    writer("SET", "a", "1")
    expect(reader, "a")
    writer("SET", "b", "1")
    expect(reader, "b")


@pytest.mark.parametrize(("mode", "word"), [("OPTIN", "NO"), ("OPTOUT", "YES")])
def test_caching_must_suit_the_mode(mode, word, reader):
    track(reader, mode)
    reply = reader("CLIENT", "CACHING", word)
    assert reply.startswith(f"ERR CLIENT CACHING {word} is only valid when tracking is enabled in")


def test_broadcast_tells_changes_of_keys_nobody_read(reader, writer):
    track(reader, "BCAST", "PREFIX", "user:", "PREFIX", "item:")
    writer("SET", "user:1", "x")
    expect(reader, "user:1")
    writer("SET", "other", "x")
    expect_nothing(reader)
    writer("SET", "item:1", "x")
    expect(reader, "item:1")
    writer("SET", "item:1", "y")
    expect(reader, "item:1")


def test_broadcast_without_prefix_tells_everything(reader, writer):
    track(reader, "BCAST")
    writer("SET", "a", "x")
    expect(reader, "a")
    writer("DEL", "a")
    expect(reader, "a")


def test_broadcast_noloop_spares_the_writer(reader, writer):
    track(reader, "BCAST", "NOLOOP")
    reader("SET", "a", "x")
    expect_nothing(reader)
    writer("SET", "a", "y")
    expect(reader, "a")


def test_overlapping_prefixes_are_refused(reader):
    reply = reader("CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "a", "PREFIX", "ab")
    assert reply.startswith("ERR Prefix 'a' overlaps with") or reply.startswith(
        "ERR Prefix 'ab' overlaps with"
    )


def test_the_mode_cannot_change_while_tracking(reader):
    track(reader)
    assert reader("CLIENT", "TRACKING", "ON", "BCAST").startswith(
        "ERR You can't switch BCAST mode on/off before disabling tracking for this client"
    )
    assert reader("CLIENT", "TRACKING", "OFF") == "OK"
    track(reader, "OPTIN")
    assert reader("CLIENT", "TRACKING", "ON", "OPTOUT").startswith(
        "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client"
    )


def test_invalidations_within_a_transaction_come_after_its_reply(reader):
    track(reader)
    reader("GET", "k")
    reader("MULTI")
    reader("SET", "k", "1")
    reader("GET", "k")
    reader.send("EXEC")
    first = reader.read_any()
    assert first == ["OK", b"1"]
    expect(reader, "k")


# RESP2: invalidations go to another connection, as messages of a channel


def redirected(connect):
    receiver, reader = connect(2), connect(2)
    number = str(receiver("CLIENT", "ID"))
    assert receiver("SUBSCRIBE", "__redis__:invalidate") == [
        b"subscribe",
        b"__redis__:invalidate",
        1,
    ]
    track(reader, "REDIRECT", number)
    return receiver, reader, int(number)


def test_redirect_sends_invalidations_to_a_resp2_subscriber(connect, writer):
    receiver, reader, _ = redirected(connect)
    reader("GET", "k")
    writer("SET", "k", "1")
    assert receiver.read() == [b"message", b"__redis__:invalidate", [b"k"]]
    reader("GET", "k")
    writer("FLUSHALL")
    assert receiver.read() == [b"message", b"__redis__:invalidate", None]


def test_redirect_to_a_resp3_connection_is_a_push(connect, writer):
    receiver, reader = connect(3), connect(3)
    track(reader, "REDIRECT", str(receiver("CLIENT", "ID")))
    reader("GET", "k")
    writer("SET", "k", "1")
    expect(receiver, "k")
    expect_nothing(reader)


def test_redirect_is_told_by_getredir_and_trackinginfo(connect):
    _, reader, number = redirected(connect)
    assert reader("CLIENT", "GETREDIR") == number
    info = reader("CLIENT", "TRACKINGINFO")
    assert info[info.index(b"redirect") + 1] == number


def test_broadcast_through_a_redirect(connect, writer):
    receiver, reader = connect(2), connect(2)
    number = str(receiver("CLIENT", "ID"))
    receiver("SUBSCRIBE", "__redis__:invalidate")
    track(reader, "REDIRECT", number, "BCAST", "PREFIX", "a")
    writer("SET", "abc", "1")
    assert receiver.read() == [b"message", b"__redis__:invalidate", [b"abc"]]


def test_a_resp3_reader_hears_that_its_redirection_broke(connect, server, writer):
    receiver, reader = server.connect(2), connect(3)
    track(reader, "REDIRECT", str(receiver("CLIENT", "ID")))
    reader("GET", "k")
    receiver.abort()
    wait_until(
        lambda: reader("CLIENT", "TRACKINGINFO")
        and writer("SET", "k", "1")
        and reader("PING")
        and (reader("GET", "k"), reader.pushes)[1],
        "the news of a broken redirection",
    )
    assert reader.pushes[0][0] == b"tracking-redir-broken"
    assert b"broken_redirect" in reader("CLIENT", "TRACKINGINFO")[b"flags"]


def test_tracking_of_thousands_of_keys_misses_none(reader, writer):
    track(reader)
    names = [f"k{n}" for n in range(3000)]
    for start in range(0, 3000, 500):
        reader("MGET", *names[start : start + 500])
    writer.pipeline([("SET", name, "1") for name in names])
    told = set()
    while len(told) < len(names):
        told.update(keys_of(reader.read_push()))
    assert told == {name.encode() for name in names}


def test_a_cache_built_on_invalidations_never_stays_stale(connect, server, rng, soak):
    """A local cache that drops what is invalidated agrees with the server once writes rest."""
    names = [f"c{n}" for n in range(50)]
    seeds = [rng.random() for _ in range(2)]

    def write(number, stopping):
        numbers = random.Random(seeds[number])
        with server.connect() as wire:
            while not stopping():
                name = numbers.choice(names)
                wire.pipeline([("SET", name, str(numbers.random())), ("DEL", "nothing")])

    reader, cache = connect(3), {}
    track(reader)

    def drain():
        while reader.pushes:
            for key in keys_of(reader.pushes.pop(0)):
                cache.pop(key.decode(), None)

    with Background(2, write):
        for _ in range(2000 * soak):
            name = rng.choice(names)
            drain()
            if name not in cache:
                # Invalidations that arrive before the answer are older than it: drop them first.
                value = reader("GET", name)
                drain()
                cache[name] = value
    checker = connect()

    def agrees():
        assert reader("PING") == "PONG"
        drain()
        return all(checker("GET", name) == value for name, value in cache.items())

    wait_until(agrees, "cache and server to agree after the last write")
