"""One memory number: whatever clients do, resident memory stays below `--memory`."""

import random

import pytest

from support.server import MIB
from support.threads import Together
from support.waiting import wait_until
from support.wire import Error, encode

pytestmark = pytest.mark.cairn_only

LIMIT = 256 * MIB
SIZES = [
    1,
    40,
    64,
    65,
    129,
    1000,
    2047,
    4095,
    4096,
    4097,
    5000,
    8193,
    16_385,
    50_000,
    70_001,
    262_145,
    1_000_000,
    MIB,
    MIB + 1,
    3 * MIB + 5,
]


def resident(server):
    """The most the process ever held, huge pages of the reserve included."""
    return server.memory("VmHWM") + server.memory("HugetlbPages")


def check(server):
    assert server.is_alive, server.output()
    assert (
        resident(server) < server.memory_limit
    ), f"{resident(server) / MIB:.0f} MiB resident, promised {server.memory_limit / MIB:.0f}"


def fill(wire, prefix, size, total):
    """Writes `total` bytes in values of `size`; every write must succeed: a cache makes room."""
    value = bytes(range(256)) * (size // 256 + 1)
    value = value[:size]
    count = min(max(total // (size + 64), 1), 400_000)
    batch = max(1, min(500, (4 * MIB) // (size + 1)))
    refused = 0
    for start in range(0, count, batch):
        names = range(start, min(start + batch, count))
        replies = wire.pipeline([("SET", f"{prefix}:{n}", value) for n in names])
        refused += sum(isinstance(r, Error) for r in replies)
    return count, refused, value


@pytest.fixture
def small(start):
    return start(memory=LIMIT, config={"max_value_size": "16MiB", "max_connections": 4000})


def test_a_fill_of_each_size_after_another_stays_within_the_limit(small):
    """Each size alone would fill the memory; each change of size strands the pages of the last."""
    with small.connect(timeout=120) as wire:
        for size in SIZES:
            total = int(1.3 * LIMIT) if size > 500 else LIMIT // 4
            count, refused, value = fill(wire, f"s{size}", size, total)
            assert refused == 0, f"{refused} of {count} writes of {size} bytes refused"
            check(small)
            # The cache is not calcified: what was written last is there.
            last = wire("GET", f"s{size}:{count - 1}")
            assert last == value, f"size {size}: the last value written is not there"
        assert wire("DBSIZE") > 0
        info = wire("INFO", "stats").decode()
        evicted = next(x for x in info.splitlines() if x.startswith("evicted_keys:"))
        assert int(evicted.split(":")[1]) > 0


def test_after_a_change_of_size_most_of_the_memory_serves_the_new_size(small):
    with small.connect(timeout=120) as wire:
        fill(wire, "small", 100, LIMIT // 2)
        count, refused, _ = fill(wire, "large", 20_000, 3 * LIMIT)
        assert refused == 0
        present = sum(wire.pipeline([("EXISTS", f"large:{n}") for n in range(count)]))
        assert (
            present * 20_000 > 0.3 * LIMIT
        ), f"only {present * 20_000 / MIB:.0f} MiB of new values"
        check(small)


def test_random_sizes_from_many_connections_stay_within_the_limit(small, rng):
    seeds = [rng.random() for _ in range(6)]
    refusals = []

    def work(number):
        seed = seeds[number]
        numbers = random.Random(seed)
        with small.connect(timeout=120) as wire:
            written = 0
            while written < LIMIT // 2:
                size = int(2 ** numbers.uniform(0, 21.5))
                replies = wire.pipeline(
                    [
                        ("SET", f"r{numbers.randrange(5000)}", bytes(size)),
                        ("GET", f"r{numbers.randrange(5000)}"),
                        ("APPEND", f"r{numbers.randrange(5000)}", bytes(numbers.randrange(3000))),
                        ("DEL", f"r{numbers.randrange(5000)}"),
                    ]
                )
                refusals.extend(r for r in replies if isinstance(r, Error))
                written += size

    Together(len(seeds), work).finish()
    assert all(r.startswith("OOM") or "exceeds" in r for r in refusals), refusals[:3]
    check(small)


def test_thousands_of_connections_with_half_requests_on_a_full_cache_stay_within_the_limit(small):
    with small.connect(timeout=120) as wire:
        fill(wire, "f", 10_000, int(1.2 * LIMIT))
        check(small)
        crowd = []
        try:
            for number in range(3000):
                crowd.append(small.connect(timeout=20))
                if number % 3 == 0:
                    announced = b"*3\r\n$3\r\nSET\r\n$5\r\nhalf%d\r\n$9000000\r\nabc"
                    crowd[-1].send_raw(announced % (number % 10))
                elif number % 3 == 1:
                    crowd[-1].send_raw(encode(("SET", "k", "x" * 3000))[:-10])
            check(small)
            assert wire("PING") == "PONG"
            assert wire("SET", "k", "v") == "OK"
            idle = [w for n, w in enumerate(crowd) if n % 3 == 2]
            for other in idle[:200]:
                assert other("PING") == "PONG"
        finally:
            for other in crowd:
                other.close()
        assert wire("GET", "k") == b"v"
        check(small)


def test_more_connections_than_allowed_are_refused_with_redis_words(start):
    server = start(config={"max_connections": 20})
    wires = [server.connect() for _ in range(20)]
    try:
        assert wires[0]("PING") == "PONG"
        extra = server.connect()
        assert extra.read() == "ERR max number of clients reached"
        assert extra.closed_by_server()
        wires.pop().close()

        def admitted():
            with server.connect() as late:
                try:
                    return late("PING") == "PONG"
                except ConnectionError:
                    return False

        wait_until(admitted, "a place after one client left")
    finally:
        for wire in wires:
            wire.close()


def test_readers_that_never_read_on_a_full_cache_stay_within_the_limit(small):
    with small.connect(timeout=120) as wire:
        fill(wire, "f", 500_000, int(1.2 * LIMIT))
        present = [n for n in range(700) if wire("EXISTS", f"f:{n}")][:100]
        assert present
        lazy = [small.connect(timeout=0.5) for _ in range(100)]
        try:
            for number, reader in enumerate(lazy):
                try:
                    for _ in range(20):
                        reader.send("GET", f"f:{present[number % len(present)]}")
                except OSError:
                    pass
            check(small)
            # What the readers hold must not stop the others from writing.
            _, refused, value = fill(wire, "g", 100_000, LIMIT // 4)
            assert wire("GET", "g:0") in (value, None)
            assert refused == 0
            check(small)
        finally:
            for reader in lazy:
                reader.close()
