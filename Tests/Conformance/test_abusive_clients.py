"""Clients that stop in the middle: the others are served, memory stays bounded, waits end."""

import signal
import socket
import time

import pytest

from support.server import MIB
from support.threads import Together
from support.waiting import wait_until
from support.wire import Error, encode

pytestmark = pytest.mark.cairn_only

LIMIT = 256 * MIB


@pytest.fixture
def small(start):
    return start(
        memory=LIMIT,
        config={"max_value_size": "16MiB", "max_connections": 4000, "stall_timeout": "2s"},
    )


def stats(wire):
    text = wire("INFO", "everything").decode()
    pairs = (line.split(":", 1) for line in text.splitlines() if ":" in line)
    return dict(pairs)


def metric(server, name):
    """The sum of a metric of the stats port; `name` with its label."""
    import urllib.request

    with urllib.request.urlopen(f"http://127.0.0.1:{server.stats_port}/metrics") as page:
        lines = page.read().decode().splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name))


def stalled(server):
    return metric(server, 'cairn_connections_closed_total{reason="stalled"}')


def fill(wire, size, total):
    value = bytes(size)
    count = total // size
    for start in range(0, count, 100):
        names = range(start, min(start + 100, count))
        replies = wire.pipeline([("SET", f"f:{n}", value) for n in names])
        assert replies == ["OK"] * len(replies)
    return count


def announce(server, key, length, sent):
    """A client in the middle of a SET."""
    wire = server.connect()
    head = b"*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$%d\r\n" % (len(key), key.encode(), length)
    wire.send_raw(head + bytes(sent))
    return wire


def close(wires):
    for wire in wires:
        wire.close()


@pytest.mark.parametrize("sent", [0, 3, 700_000])
def test_values_that_are_announced_and_never_sent_leave_the_cache_alone(small, sent):
    with small.connect(timeout=60) as wire:
        fill(wire, 20_000, LIMIT)
        before = wire("DBSIZE")
        lost = [announce(small, f"announced{n}", 9_000_000, sent) for n in range(60)]
        try:
            assert wire("PING") == "PONG"
            assert wire("SET", "k", bytes(300_000)) == "OK"
            kept = wire("DBSIZE")
            # What really came of the others' values waits in buffers.
            least = 0.6 if sent < 1000 else 0.45
            assert kept > least * before, f"{kept} of {before} entries are left"
        finally:
            close(lost)
        assert small.memory("VmHWM") < LIMIT


def test_whoever_stops_within_a_large_value_is_closed_when_others_need_the_memory(small):
    with small.connect(timeout=60) as wire:
        lost = [announce(small, f"half{n}", 16_000_000, 8_000_000 - 2_000 * n) for n in range(8)]
        # More announce than the share holds: their sockets are not read, so a part is sent.
        for number in range(40):
            lost.append(announce(small, f"more{number}", 16_000_000, 60_000))
        try:
            value = bytes(range(256)) * 60_000
            for number in range(4):
                assert wire("SET", f"whole{number}", value) == "OK"
                assert wire("GET", f"whole{number}") == value
            assert wire("SET", "small", "v") == "OK"
        finally:
            close(lost)
        assert wire("FLUSHALL") == "OK"
        assert wire("DBSIZE") == 0
        assert small.memory("VmHWM") < LIMIT


def test_many_large_values_at_once_all_arrive_though_they_exceed_their_share(small):
    value = bytes(range(256)) * 40_000

    def work(number):
        with small.connect(timeout=60) as wire:
            for step in range(4):
                reply = wire("SET", f"{number}:{step}", value)
                assert reply == "OK", reply
                got = wire("GET", f"{number}:{step}")
                assert got is None or got == value

    Together(16, work).finish()
    assert small.memory("VmHWM") < LIMIT


def test_a_write_that_others_leave_no_memory_is_refused_in_the_end(start):
    """Readers that stop hold every entry: the writer waits for them, and not for ever."""
    server = start(memory=LIMIT, config={"max_value_size": "16MiB", "stall_timeout": "1h"})
    with server.connect(timeout=60) as wire:
        count = fill(wire, 8_000_000, LIMIT)
        present = [n for n in range(count) if wire("EXISTS", f"f:{n}")]
        lazy = []
        for number in present * 2:
            lazy.append(server.connect())
            lazy[-1].socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            lazy[-1].send("GET", f"f:{number}")
        try:
            wait_until(lambda: metric(server, "cairn_hits_total") >= len(lazy), "the reads")
            # Deleted values live on while they are sent.
            assert wire("DEL", *[f"f:{n}" for n in present]) == len(present)
            replies = [wire("SET", f"g:{n}", bytes(16_000_000)) for n in range(20)]
            assert all(r == "OK" or r.startswith("OOM") for r in replies), replies
            assert replies.count("OK") > 10, replies
            assert stalled(server) > 0
        finally:
            close(lazy)


def test_a_client_that_does_not_read_is_closed_and_one_that_reads_slowly_is_not(small):
    with small.connect(timeout=60) as wire:
        value = bytes(range(256)) * 30_000
        assert wire("SET", "k", value) == "OK"
        before = stalled(small)
        lazy, slow = small.connect(), small.connect()
        lazy.send("GET", "k")
        slow.send("GET", "k")
        # Reads a little at a time for longer than the timeout, and to its end.
        got = bytearray(slow.exactly(1000))
        end = time.monotonic() + 6

        def next_piece():
            got.extend(slow.exactly(64 << 10))
            return time.monotonic() > end or stalled(small) > before + 1

        def paced():
            last = time.monotonic()
            done = next_piece()
            wait_until(lambda: time.monotonic() > last + 0.1, "the next piece")
            return done

        wait_until(paced, "the slow reader's time", deadline=60)
        assert stalled(small) == before + 1
        rest = len(b"$%d\r\n" % len(value)) + len(value) + 2 - len(got)
        got.extend(slow.exactly(rest))
        assert bytes(got).endswith(value[-1000:] + b"\r\n")
        assert slow("PING") == "PONG"
        assert lazy.closed_by_server()
        slow.close()


def test_a_client_of_the_unix_socket_that_does_not_read_is_closed(small):
    from support.wire import Wire

    with small.connect(timeout=60) as wire:
        assert wire("SET", "k", bytes(8 * MIB)) == "OK"
        before = stalled(small)
        lazy = Wire(small.unix)
        lazy.send("GET", "k")
        wait_until(lambda: stalled(small) > before, "the end of the reader", deadline=20)
        assert lazy.closed_by_server()
        lazy.close()


def test_readers_that_never_read_leave_room_for_the_replies_of_others(small):
    with small.connect(timeout=60) as wire:
        assert wire("SET", "k", bytes(3000)) == "OK"
        lazy = [small.connect(timeout=0.3) for _ in range(150)]
        try:
            for reader in lazy:
                try:
                    reader.send_raw(encode(("GET", "k")) * 8000)
                except OSError:
                    pass
            for _ in range(20):
                assert wire.pipeline([("GET", "k")] * 50) == [bytes(3000)] * 50
            assert small.memory("VmHWM") < LIMIT
            # Some get an error in place of a value when the room is gone, and do not stall.
            wait_until(lambda: stalled(small) >= 20, "the end of the readers", deadline=30)
        finally:
            close(lazy)


def test_a_reader_of_one_huge_reply_who_stops_costs_no_processor(start):
    server = start(memory=LIMIT, config={"stall_timeout": "1h"})
    with server.connect(timeout=60) as wire, server.connect() as lazy:
        for number in range(20):
            assert wire("SET", f"k{number}", bytes(1_000_000)) == "OK"
        lazy.send("MGET", *[f"k{n}" for n in range(20)] * 5)
        wait_until(lambda: metric(server, "cairn_hits_total") >= 2, "the start of the reply")
        assert idle_share(server) < 0.3


def idle_share(server, seconds=1.0):
    """The share of a processor that the server takes while nothing is asked of it."""
    began, cpu = time.monotonic(), server.cpu_seconds()
    wait_until(lambda: time.monotonic() > began + seconds, "the time to pass")
    return (server.cpu_seconds() - cpu) / (time.monotonic() - began)


def test_clients_that_a_pause_holds_back_sleep_and_wake_when_it_is_lifted(start):
    server = start()
    crowd = [server.connect() for _ in range(40)]
    with server.connect() as wire:
        try:
            assert wire("CLIENT", "PAUSE", "600000", "WRITE") == "OK"
            for number, other in enumerate(crowd):
                other.send("SET", f"k{number}", "v")
            assert wire("GET", "k0") is None
            assert idle_share(server) < 0.3
            assert wire("CLIENT", "UNPAUSE") == "OK"
            began = time.monotonic()
            for other in crowd:
                assert other.read() == "OK"
            assert time.monotonic() - began < 5
            # A pause that ends by itself wakes them too, and one is closed while it waits.
            assert wire("CLIENT", "PAUSE", "700", "ALL") == "OK"
            for other in crowd:
                other.send("PING")
            for other in crowd:
                assert other.read() == "PONG"
        finally:
            close(crowd)


def test_a_large_value_waits_for_the_end_of_a_pause_too(start):
    server = start()
    with server.connect() as wire, server.connect() as other:
        assert wire("CLIENT", "PAUSE", "600000", "WRITE") == "OK"
        other.send("SET", "k", bytes(200_000))
        assert wire("GET", "k") is None
        assert wire("CLIENT", "UNPAUSE") == "OK"
        assert other.read() == "OK"
        assert len(wire("GET", "k")) == 200_000


def test_a_client_that_a_pause_holds_back_can_be_closed(start):
    server = start()
    with server.connect() as wire, server.connect() as held:
        number = held("CLIENT", "ID")
        assert wire("CLIENT", "PAUSE", "600000", "WRITE") == "OK"
        held.send("SET", "k", "v")
        assert wire("CLIENT", "KILL", "ID", str(number)) == 1
        assert held.closed_by_server()
        held.close()
        with server.connect() as late:
            late.send("SET", "k", "v")
    # The server must stop in the middle of the pause: the fixture says so.


def test_lookups_of_expired_keys_are_counted_by_their_reason(start):
    server = start()
    with server.connect() as wire:
        names = [f"k{n}" for n in range(5000)]
        sets = [("SET", name, "v", "PX", "1") for name in names]
        assert wire.pipeline(sets) == ["OK"] * 5000
        began = time.monotonic()
        wait_until(lambda: time.monotonic() > began + 0.01, "the keys to expire")
        gets = [("GET", name) for name in names] * 2
        assert wire.pipeline(gets) == [None] * 10_000
        # The sweep removes a few before they are looked up.
        expired = metric(server, 'cairn_misses_total{reason="expired"}')
        assert 1000 < expired <= 5000
        assert metric(server, "cairn_misses_total") == 10_000


def test_halves_of_commands_do_not_take_the_room_of_others_replies(small):
    """Each is short of a value that would be streamed; together they exceed what is granted."""
    half = encode(("MSET", *["k", bytes(15_000)] * 4))[:-100]
    lost = [small.connect() for _ in range(900)]
    try:
        for wire in lost:
            try:
                wire.send_raw(half)
            except OSError:
                pass
        with small.connect(timeout=30) as wire:
            for _ in range(50):
                assert wire.pipeline([("PING",)] * 20) == ["PONG"] * 20
                assert wire("SET", "k", bytes(1000)) == "OK"
        # A command in two parts is served as soon as those that stopped are closed.

        def in_two_parts():
            with small.connect() as wire:
                data = encode(("SET", "two", bytes(9000)))
                try:
                    wire.send_raw(data[:5000])
                    assert small.connect()("PING") == "PONG"
                    wire.send_raw(data[5000:])
                    return wire.read() == "OK"
                except ConnectionError:
                    return False

        wait_until(in_two_parts, "a command in two parts", deadline=30)
        assert small.memory("VmHWM") < LIMIT
    finally:
        close(lost)


def test_queues_of_transactions_are_bounded_and_idle_ones_make_room(small):
    lost = [small.connect() for _ in range(700)]
    try:
        refused = 0
        for wire in lost:
            try:
                replies = wire.pipeline([("MULTI",), ("SET", "k", bytes(15_000))] + [("PING",)])
                refused += sum(isinstance(r, Error) for r in replies)
            except ConnectionError:
                refused += 1
        assert small.memory("VmHWM") < LIMIT
        with small.connect(timeout=30) as wire:

            def works():
                replies = wire.pipeline([("MULTI",), ("SET", "a", "b"), ("EXEC",)])
                return replies == ["OK", "QUEUED", ["OK"]]

            wait_until(works, "a transaction of somebody else", deadline=30)
    finally:
        close(lost)


def test_collected_commands_hold_at_most_their_share(small):
    """Commands that can't be streamed, 30 MB each: the limit is memory, and the reason is named."""
    lost = []
    with small.connect(timeout=60) as wire:
        count = fill(wire, 20_000, LIMIT)
        before = wire("DBSIZE")
        assert count >= before
        try:
            for number in range(20):
                lost.append(small.connect())
                try:
                    lost[-1].send_raw(b"*3\r\n$6\r\nAPPEND\r\n$1\r\nk\r\n$15000000\r\n")
                    lost[-1].send_raw(bytes(14_000_000))
                except OSError:
                    pass
            assert wire("PING") == "PONG"
            assert wire("SET", "k", bytes(300_000)) == "OK"
            assert wire("DBSIZE") > 0.3 * before
            assert small.memory("VmHWM") < LIMIT
            closed = 'cairn_connections_closed_total{reason="input_limit"}'
            assert metric(small, closed) > 0
        finally:
            close(lost)
        assert wire("SET", "k", bytes(300_000)) == "OK"


def test_thousands_of_unread_values_may_be_dropped_at_once(start):
    """Each is a lease of another shard's memory that goes home at the same moment."""
    server = start(memory=512 * MIB, config={"stall_timeout": "1h"})
    with server.connect(timeout=60) as wire:
        for number in range(64):
            assert wire("SET", f"k{number}", bytes(4200)) == "OK"
        for _ in range(3):
            lazy = [server.connect(timeout=0.3) for _ in range(120)]
            for reader in lazy:
                try:
                    for number in range(8):
                        reader.send_raw(
                            b"".join(encode(("GET", f"k{n}")) for n in range(64))
                        )
                except OSError:
                    pass
            for reader in lazy:
                reader.abort()
            assert wire("PING") == "PONG"
            assert wire.pipeline([("GET", f"k{n}") for n in range(64)]) == [bytes(4200)] * 64
        assert wire("FLUSHALL") == "OK"


def test_thousands_of_clients_that_speak_at_the_same_moment_are_all_answered(start):
    """More than there are receive buffers and places in the submission queue."""
    server = start(config={"max_connections": 8000})
    crowd = [server.connect() for _ in range(5000)]
    command = encode(("SET", "k", "x" * 3000))
    try:
        for part in (command[:-10], command[-10:]):
            server.process.send_signal(signal.SIGSTOP)
            try:
                for other in crowd:
                    other.send_raw(part)
            finally:
                server.process.send_signal(signal.SIGCONT)
        for other in crowd:
            assert other.read() == "OK"
    finally:
        close(crowd)
