"""redis-py, unmodified: pools, threads, pipelines, locks, subscriptions, client-side caching."""

import asyncio
import random

import pytest
import redis
import redis.asyncio
from redis.backoff import NoBackoff
from redis.cache import CacheConfig
from redis.retry import Retry

from support.threads import Background, Together
from support.waiting import wait_until


@pytest.fixture
def client(server, protocol):
    with redis.Redis(port=server.port, protocol=protocol, retry=Retry(NoBackoff(), 0)) as made:
        yield made


def test_values_and_lifetimes(client):
    assert client.set("k", b"\x00\xff", ex=100) is True
    assert client.get("k") == b"\x00\xff"
    assert client.ttl("k") == 100
    assert client.set("k", "w", nx=True) is None
    assert client.set("k", "w", get=True) == b"\x00\xff"
    assert client.getex("k", persist=True) == b"w"
    assert client.incrby("n", 5) == 5
    assert client.incrbyfloat("f", 1.5) == 1.5
    assert client.mset({"a": 1, "b": 2}) is True
    assert client.mget("a", "x", "b") == [b"1", None, b"2"]
    assert client.delete("a", "b", "x") == 2
    assert client.rename("n", "m") is True
    with pytest.raises(redis.ResponseError, match="no such key"):
        client.rename("n", "m")


def test_server_facts(client):
    info = client.info()
    assert info["redis_version"]
    assert info["connected_clients"] >= 1
    assert info["used_memory"] > 0
    assert client.info("stats")["total_commands_processed"] > 0
    assert client.dbsize() == 0
    assert client.client_list()
    assert client.client_id() > 0
    assert client.config_get("maxmemory")
    assert isinstance(client.time(), tuple)
    assert client.command_count() > 60
    assert client.command()["get"]["arity"] == 2
    assert client.slowlog_len() >= 0


def test_a_type_that_is_not_there_is_an_ordinary_error(client, server):
    if not server.is_cairn:
        pytest.skip("states what Cairn alone lacks")
    with pytest.raises(redis.ResponseError, match="unknown command 'LPUSH'"):
        client.lpush("list", "x")
    assert client.ping()


def test_a_pool_shared_by_threads(server, protocol):
    pool = redis.ConnectionPool(port=server.port, protocol=protocol, max_connections=50)
    client = redis.Redis(connection_pool=pool)

    def work(number):
        numbers = random.Random(number)
        for step in range(150):
            key = f"t{number}:{step}"
            value = numbers.randbytes(numbers.choice([1, 100, 5000, 70_000]))
            client.set(key, value)
            assert client.get(key) == value
            client.incr("shared")

    Together(16, work).finish()
    assert int(client.get("shared")) == 16 * 150
    pool.disconnect()


def test_a_pipeline_is_a_transaction_by_default(client):
    with client.pipeline() as pipe:
        pipe.set("a", 1).incr("a").get("a").mget("a", "x")
        assert pipe.execute() == [True, 2, b"2", [b"2", None]]


def test_a_pipeline_without_a_transaction(client):
    with client.pipeline(transaction=False) as pipe:
        for number in range(10_000):
            pipe.set(f"k{number}", number)
        assert pipe.execute() == [True] * 10_000
        for number in range(10_000):
            pipe.get(f"k{number}")
        assert pipe.execute() == [str(n).encode() for n in range(10_000)]


def test_a_failing_command_within_a_pipeline(client):
    client.set("word", "abc")
    with client.pipeline() as pipe:
        pipe.set("a", 1).incr("word").set("b", 2)
        replies = pipe.execute(raise_on_error=False)
    assert replies[0] is True and replies[2] is True
    assert isinstance(replies[1], redis.ResponseError)


def test_watch_with_the_transaction_helper(client):
    client.set("n", 0)

    def work(_):
        for _ in range(20):

            def add(pipe):
                value = int(pipe.get("n"))
                pipe.multi()
                pipe.set("n", value + 1)

            client.transaction(add, "n")

    Together(4, work).finish()
    assert int(client.get("n")) == 80


def test_scan_iter_returns_all_that_stays(client):
    staying = {f"stay:{n}".encode() for n in range(1000)}
    client.mset({name: 1 for name in staying})

    def churn(_, stopping):
        while not stopping():
            client.mset({f"go:{n}": 1 for n in range(500)})
            client.delete(*[f"go:{n}" for n in range(500)])

    with Background(1, churn):
        for _ in range(5):
            assert set(client.scan_iter(match="stay:*", count=100)) == staying


def test_a_lock_made_of_set_nx_px_excludes(client):
    """The recipe of Redis's documentation without its script: one owner at a time."""
    inside, most, entered = [], [], []

    def work(number):
        token = f"owner-{number}"
        for _ in range(20):
            while not client.set("lock", token, nx=True, px=30_000):
                pass
            inside.append(number)
            most.append(len(inside))
            inside.remove(number)
            entered.append(number)
            assert client.get("lock") == token.encode()
            client.delete("lock")

    Together(4, work).finish()
    assert max(most) == 1
    assert len(entered) == 80


def test_a_lock_is_freed_by_its_expiry(client):
    assert client.set("lock", "dead owner", nx=True, px=50)
    assert client.set("lock", "next", nx=True, px=50) is None
    wait_until(lambda: client.set("lock", "next", nx=True, px=50), "the lock's expiry")


def test_subscriptions(client):
    with client.pubsub() as subscriber:
        subscriber.subscribe("news")
        subscriber.psubscribe("n*")
        wait_until(
            lambda: (subscriber.get_message(timeout=0.1), subscriber.patterns)[1], "patterns"
        )
        wait_until(lambda: client.pubsub_numpat() == 1, "the pattern to be known")
        client.publish("news", "hello")
        got = []

        def received():
            message = subscriber.get_message(ignore_subscribe_messages=True, timeout=0.1)
            if message:
                got.append((message["type"], message["data"]))
            return len(got) == 2

        wait_until(received, "both messages")
        assert sorted(got) == [("message", b"hello"), ("pmessage", b"hello")]


@pytest.mark.redis_from(7, 4)
def test_client_side_caching_serves_repeats_and_hears_changes(server):
    cached = redis.Redis(port=server.port, protocol=3, cache_config=CacheConfig())
    other = redis.Redis(port=server.port)
    other.set("k", "old")
    assert cached.get("k") == b"old"
    before = other.info("commandstats").get("cmdstat_get", {}).get("calls", 0)
    for _ in range(50):
        assert cached.get("k") == b"old"
    after = other.info("commandstats").get("cmdstat_get", {}).get("calls", 0)
    assert after == before, "repeated reads must not reach the server"
    assert cached.get_cache().size == 1
    other.set("k", "new")
    wait_until(lambda: cached.get("k") == b"new", "the invalidation")
    cached.close()
    other.close()


@pytest.mark.redis_from(7, 4)
def test_client_side_caching_under_concurrent_writes_ends_fresh(server):
    """A cache for each thread: redis-py's own is not safe between threads."""
    names = [f"k{n}" for n in range(20)]

    def write(number):
        with redis.Redis(port=server.port) as other:
            numbers = random.Random(number)
            for step in range(300):
                other.set(numbers.choice(names), f"{number}:{step}")

    def read(_):
        cached = redis.Redis(port=server.port, protocol=3, cache_config=CacheConfig())
        for _ in range(50):
            for name in names:
                cached.get(name)
        writers.finish()
        with redis.Redis(port=server.port) as plain:
            wait_until(
                lambda: [cached.get(n) for n in names] == plain.mget(names),
                "cache and server to agree",
            )
        cached.close()

    writers = Together(2, write)
    Together(2, read).finish()


def test_a_connection_that_was_killed_is_replaced(server):
    with redis.Redis(port=server.port, retry=Retry(NoBackoff(), 3)) as client:
        client.set("k", "v")
        with server.connect() as wire:
            assert wire("CLIENT", "KILL", "ID", str(client.client_id())) == 1
        assert client.get("k") == b"v"


def test_the_unix_socket(server):
    with redis.Redis(unix_socket_path=server.unix) as client:
        assert client.set("k", "v")
        assert client.get("k") == b"v"


def test_async_client(server, protocol):
    async def work():
        async with redis.asyncio.Redis(
            port=server.port, protocol=protocol, max_connections=600
        ) as client:
            await client.set("n", 0)
            await asyncio.gather(*[client.incr("n") for _ in range(500)])
            assert await client.get("n") == b"500"
            async with client.pipeline() as pipe:
                assert await pipe.set("a", 1).get("a").execute() == [True, b"1"]

    asyncio.run(work())
