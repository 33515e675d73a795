"""SUBSCRIBE, PSUBSCRIBE, PUBLISH, PUBSUB: messages reach subscribers on every shard."""

import pytest

from support.waiting import wait_until
from support.wire import Push


def read_message(wire, protocol):
    value = wire.read_any()
    assert isinstance(value, Push) == (protocol == 3)
    return list(value)


def test_subscribe_confirms_and_receives(connect, protocol):
    subscriber, publisher = connect(protocol), connect()
    subscriber.send("SUBSCRIBE", "a", "b")
    assert read_message(subscriber, protocol) == [b"subscribe", b"a", 1]
    assert read_message(subscriber, protocol) == [b"subscribe", b"b", 2]
    assert publisher("PUBLISH", "b", "hello") == 1
    assert read_message(subscriber, protocol) == [b"message", b"b", b"hello"]


def test_patterns_receive_with_pattern_and_channel(connect, protocol):
    subscriber, publisher = connect(protocol), connect()
    subscriber.send("PSUBSCRIBE", "news.*", "h[ae]llo")
    read_message(subscriber, protocol)
    assert read_message(subscriber, protocol) == [b"psubscribe", b"h[ae]llo", 2]
    assert publisher("PUBLISH", "news.art", "x") == 1
    assert read_message(subscriber, protocol) == [b"pmessage", b"news.*", b"news.art", b"x"]
    assert publisher("PUBLISH", "hillo", "x") == 0


def test_channel_and_pattern_of_one_client_both_receive(connect):
    subscriber, publisher = connect(3), connect()
    subscriber.send("SUBSCRIBE", "a")
    subscriber.read_push()
    subscriber.send("PSUBSCRIBE", "*")
    subscriber.read_push()
    assert publisher("PUBLISH", "a", "x") == 2
    kinds = {bytes(subscriber.read_push()[0]) for _ in range(2)}
    assert kinds == {b"message", b"pmessage"}


def test_unsubscribe_ends_it(connect, protocol):
    subscriber, publisher = connect(protocol), connect()
    subscriber.send("SUBSCRIBE", "a", "b")
    read_message(subscriber, protocol)
    read_message(subscriber, protocol)
    subscriber.send("UNSUBSCRIBE", "a")
    assert read_message(subscriber, protocol) == [b"unsubscribe", b"a", 1]
    assert publisher("PUBLISH", "a", "x") == 0
    subscriber.send("UNSUBSCRIBE")
    assert read_message(subscriber, protocol) == [b"unsubscribe", b"b", 0]
    assert publisher("PUBLISH", "b", "x") == 0
    assert subscriber("PING") == "PONG"


def test_unsubscribe_of_nothing_answers_nil(connect, protocol):
    subscriber = connect(protocol)
    subscriber.send("UNSUBSCRIBE")
    assert read_message(subscriber, protocol) == [b"unsubscribe", None, 0]
    subscriber.send("PUNSUBSCRIBE", "x")
    assert read_message(subscriber, protocol) == [b"punsubscribe", b"x", 0]


def test_a_resp2_subscriber_may_only_subscribe_and_ping(connect):
    subscriber = connect(2)
    subscriber("SUBSCRIBE", "a")
    reply = subscriber("GET", "k")
    assert reply.startswith(
        "ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING"
    )
    assert subscriber("PING") == [b"pong", b""]
    assert subscriber("PING", "x") == [b"pong", b"x"]


def test_a_resp3_subscriber_may_do_everything(connect):
    subscriber, publisher = connect(3), connect()
    subscriber.send("SUBSCRIBE", "a")
    subscriber.read_push()
    assert subscriber("SET", "k", "v") == "OK"
    publisher("PUBLISH", "a", "x")
    assert subscriber("GET", "k") == b"v"
    assert subscriber.read_push() == [b"message", b"a", b"x"]


def test_publish_reaches_many_subscribers_and_counts_them(connect):
    subscribers = [connect() for _ in range(40)]
    for subscriber in subscribers:
        assert subscriber("SUBSCRIBE", "news") == [b"subscribe", b"news", 1]
    publishers = [connect() for _ in range(4)]
    for number, publisher in enumerate(publishers):
        assert publisher("PUBLISH", "news", f"m{number}") == 40
    for subscriber in subscribers:
        got = [subscriber.read()[2] for _ in publishers]
        assert got == [b"m0", b"m1", b"m2", b"m3"]


def test_messages_of_one_publisher_keep_their_order(connect):
    subscriber, publisher = connect(), connect()
    subscriber("SUBSCRIBE", "a")
    publisher.pipeline([("PUBLISH", "a", str(n)) for n in range(2000)])
    got = [subscriber.read()[2] for _ in range(2000)]
    assert got == [str(n).encode() for n in range(2000)]


def test_large_messages_arrive_whole(connect):
    subscriber, publisher = connect(), connect()
    subscriber("SUBSCRIBE", "a")
    message = bytes(range(256)) * 4096
    assert publisher("PUBLISH", "a", message) == 1
    assert subscriber.read() == [b"message", b"a", message]


def test_pubsub_tells_channels_and_counts(connect):
    one, two, asker = connect(), connect(), connect()
    one("SUBSCRIBE", "x1")
    two("SUBSCRIBE", "x1")
    two("SUBSCRIBE", "y1")
    two("PSUBSCRIBE", "z*")
    assert sorted(asker("PUBSUB", "CHANNELS")) == [b"x1", b"y1"]
    assert asker("PUBSUB", "CHANNELS", "x*") == [b"x1"]
    assert asker("PUBSUB", "NUMSUB", "x1", "y1", "none") == [b"x1", 2, b"y1", 1, b"none", 0]
    assert asker("PUBSUB", "NUMPAT") == 1


def test_a_lost_subscriber_is_forgotten(connect, server):
    lost, publisher = server.connect(), connect()
    lost("SUBSCRIBE", "a")
    assert publisher("PUBLISH", "a", "x") == 1
    lost.abort()
    wait_until(lambda: publisher("PUBLISH", "a", "x") == 0, "the lost subscriber to be forgotten")


def test_publish_within_a_transaction(connect):
    subscriber, publisher = connect(), connect()
    subscriber("SUBSCRIBE", "a")
    publisher("MULTI")
    publisher("PUBLISH", "a", "x")
    assert publisher("EXEC") == [1]
    assert subscriber.read() == [b"message", b"a", b"x"]


def test_reset_ends_subscriptions(connect):
    subscriber, publisher = connect(), connect()
    subscriber("SUBSCRIBE", "a")
    subscriber.send("RESET")
    # The farewell messages may come before the answer.
    wait_until(lambda: subscriber.read() == "RESET", "the answer of RESET")
    assert publisher("PUBLISH", "a", "x") == 0
    assert subscriber("GET", "k") is None


@pytest.mark.parametrize("command", ["SUBSCRIBE", "PSUBSCRIBE", "PUBLISH a", "PUBSUB"])
def test_wrong_numbers_of_arguments_are_refused(command, wire):
    name = command.split()[0].lower()
    assert wire.run(command) == f"ERR wrong number of arguments for '{name}' command"
