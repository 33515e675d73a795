"""The process as scripts see it: exit statuses, `ready`, signals, sockets, the stats port."""

import json
import os
import re
import signal
import socket
import stat
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from support.server import BINARY, free_port
from support.threads import Background
from support.waiting import wait_until
from support.wire import Closed, Wire

pytestmark = pytest.mark.cairn_only


def run(*arguments, deadline=60, **options):
    return subprocess.run(
        [BINARY, *arguments], capture_output=True, text=True, timeout=deadline, **options
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["--nonsense"],
        ["nonsense"],
        ["serve", "--nonsense"],
        ["serve", "--memory", "lots"],
        ["serve", "--shards", "0"],
        ["serve", "--shards", "x"],
        ["serve", "--listen", "nowhere"],
        ["serve", "--listen", "127.0.0.1:99999"],
        ["serve", "--config", "/nonexistent.yaml"],
        ["serve", "--memory", "1MiB"],
    ],
    ids=" ".join,
)
def test_a_bad_command_line_ends_with_status_2(arguments):
    done = run(*arguments)
    assert done.returncode == 2, done
    assert done.stderr.strip(), "the reason must be said"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("memory_limt: 1GiB\n", "memory_limit"),
        ("memory_limit: banana\n", "banana"),
        ("memory_limit: 1GiB\nshards: 9999\n", "2"),
        ("l1:\n  eviction_policy: random\n", "random"),
        ("nonsense\n", "1"),
        ("listen: [1, 2\n", ""),
    ],
    ids=["misspelt", "no size", "out of range", "unknown policy", "no mapping", "no YAML"],
)
def test_a_bad_configuration_ends_with_status_2_and_names_the_place(text, told, tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    for arguments in (["config", "check", str(path)], ["serve", "--config", str(path)]):
        done = run(*arguments)
        assert done.returncode == 2, done
        assert told in done.stderr + done.stdout
        assert str(path) in done.stderr + done.stdout


@pytest.mark.parametrize(
    "text",
    ["l2:\n  max_size: 1GiB\n", "enable_coherence: true\n", "l1:\n  eviction_policy: adaptive\n"],
)
def test_what_this_version_lacks_is_refused_at_start_not_ignored(text, tmp_path):
    path = tmp_path / "later.yaml"
    path.write_text(text)
    done = run("serve", "--config", str(path))
    assert done.returncode == 2, done
    assert "this version" in done.stderr + done.stdout


def test_a_port_in_use_ends_with_status_1():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        done = run(
            "serve",
            "--listen",
            f"127.0.0.1:{port}",
            "--stats",
            f"127.0.0.1:{free_port()}",
            "--memory",
            "256MiB",
            "--shards",
            "1",
        )
    assert done.returncode == 1, done
    assert str(port) in done.stderr + done.stdout


def test_an_open_address_without_a_password_is_refused():
    done = run("serve", "--listen", f"0.0.0.0:{free_port()}", "--memory", "256MiB")
    assert done.returncode == 2, done
    assert "insecure" in done.stderr + done.stdout or "password" in done.stderr + done.stdout


@pytest.mark.parametrize("name", [[], ["serve"], ["bench"], ["config"]], ids=str)
def test_help_is_there(name):
    done = run(*name, "--help")
    assert done.returncode == 0
    assert "USAGE" in done.stdout.upper()


def test_help_of_bench_lists_its_options():
    done = run("bench", "--help")
    assert done.returncode == 0
    for option in ("--connections", "--slo", "--html", "--verify", "bench report"):
        assert option in done.stdout, option


def test_version_is_there():
    done = run("--version")
    assert done.returncode == 0
    assert re.search(r"\d+\.\d+", done.stdout)


def test_config_print_is_a_configuration_that_check_accepts(tmp_path):
    done = run("config", "print")
    assert done.returncode == 0
    path = tmp_path / "printed.yaml"
    path.write_text(done.stdout)
    assert run("config", "check", str(path)).returncode == 0


def test_the_ports_answer_when_ready_is_said(start):
    for _ in range(3):
        server = start()
        assert sum("ready" in line for line in server.output().splitlines()) == 1
        with server.connect() as wire:
            assert wire("PING") == "PONG"
        assert get(server, "/readyz")[0] == 200
        assert server.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_status_0_while_clients_are_connected(number, start):
    server = start()
    wires = [server.connect() for _ in range(50)]
    wires[0].send_raw(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1000\r\nhalf")
    wires[1].send("SUBSCRIBE", "c")
    wires[2].send("MULTI")
    server.process.send_signal(number)
    assert server.process.wait(30) == 0
    for wire in wires:
        wire.close()


@pytest.mark.parametrize("shards", [1, 2])
def test_clients_of_other_shards_are_answered_before_the_end(shards, start):
    """A shard that has no clients left serves the others' requests until those are done too."""
    server = start(shards=shards)

    def ask_on(number, stopping):
        with server.connect() as wire:
            try:
                while not stopping():
                    wire("GET", f"k{number}")
                    wire("SET", f"k{number + 100}", "v")
            except (Closed, ConnectionError):
                return

    with Background(40, ask_on):
        with server.connect() as wire:
            wait_until(lambda: wire("DBSIZE") == 40, "clients to be busy")
        server.process.send_signal(signal.SIGTERM)
        # Clients that nobody answers are given up after 5 s: ending before shows there were none.
        assert server.process.wait(4) == 0


def test_the_unix_socket_is_private_and_goes_with_the_server(start):
    server = start()
    mode = os.stat(server.unix)
    assert stat.S_ISSOCK(mode.st_mode)
    assert stat.S_IMODE(mode.st_mode) == 0o600
    with Wire(server.unix) as wire:
        assert wire("SET", "k", b"x" * 1_000_000) == "OK"
        assert wire("GET", "k") == b"x" * 1_000_000
    with server.connect() as wire:
        assert wire("STRLEN", "k") == 1_000_000
    assert server.stop() == 0
    assert not os.path.exists(server.unix)


def test_a_stale_unix_socket_does_not_hinder_the_start(start, tmp_path):
    folder = tmp_path / "server0"
    folder.mkdir()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(folder / "socket"))
    server = start()
    with Wire(server.unix) as wire:
        assert wire("PING") == "PONG"


# The stats port


def get(server, path, method="GET"):
    request = urllib.request.Request(f"http://127.0.0.1:{server.stats_port}{path}", method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as failure:
        return failure.code, failure.headers, failure.read()


def metrics(server):
    """Samples by name with labels."""
    text = get(server, "/metrics")[2].decode()
    samples = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            assert name not in samples, f"twice: {name}"
            samples[name] = float(value)
    return samples


def test_health_and_readiness(server):
    assert get(server, "/healthz")[0] == 200
    assert get(server, "/readyz")[0] == 200


def test_an_unknown_path_is_404(server):
    assert get(server, "/nonsense")[0] == 404


def test_the_live_page_is_a_page(server):
    status, headers, body = get(server, "/")
    assert status == 200
    assert headers["Content-Type"].startswith("text/html")
    assert b"<html" in body.lower()
    outside = re.findall(rb"(?:src|href)=[\"'](https?:)?//", body)
    assert outside == [], "the page must need nothing from elsewhere"


def test_metrics_are_prometheus_text(server):
    status, headers, body = get(server, "/metrics")
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain")
    name = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
    label = name + r'="(?:[^"\\]|\\.)*"'
    sample = re.compile(rf"{name}(?:\{{{label}(?:,{label})*,?\}})? \S+")
    declared = set()
    for line in body.decode().splitlines():
        if line.startswith("# TYPE "):
            assert line.split()[2] not in declared, "declared twice"
            declared.add(line.split()[2])
        elif line and not line.startswith("#"):
            assert sample.fullmatch(line), line
            family = re.match(name, line).group()
            bare = re.sub(r"_(bucket|sum|count)$", "", family)
            assert family in declared or bare in declared, f"no TYPE: {line}"
    assert len(declared) > 20


def test_histograms_grow_and_end_with_infinity(server, wire):
    wire.pipeline([("GET", "k")] * 100)
    samples = metrics(server)
    families = {n.split("_bucket{")[0] for n in samples if "_bucket{" in n}
    assert families
    for family in families:
        rows = {}
        for name, value in samples.items():
            if name.startswith(family + "_bucket{"):
                labels = dict(re.findall(r'(\w+)="([^"]*)"', name))
                edge = float(labels.pop("le").replace("+Inf", "inf"))
                rows.setdefault(tuple(sorted(labels.items())), []).append((edge, value))
        for row in rows.values():
            row.sort()
            assert row[-1][0] == float("inf")
            assert [v for _, v in row] == sorted(v for _, v in row)


def test_counters_count(server, wire):
    """Hits and misses of /stats are those that were caused."""

    def hits_and_misses():
        stats = json.loads(get(server, "/stats")[2])
        flat = {k.lower().replace("_", ""): v for k, v in stats.items()}
        return flat["hits"], flat["misses"]

    wire("SET", "k", "v")
    hits, misses = wait_until(hits_and_misses, "numbers")
    wire.pipeline([("GET", "k")] * 70 + [("GET", "absent")] * 30)
    wait_until(lambda: hits_and_misses() == (hits + 70, misses + 30), "70 hits and 30 misses")


def test_info_and_stats_agree(server, wire):
    wire.pipeline([("SET", f"k{n}", "v") for n in range(500)])
    info = wire("INFO").decode()
    assert "db0:keys=500" in info
    assert wire("DBSIZE") == 500


CLASSES = {
    "get": ["GET k", "GET absent", "MGET k absent", "GETRANGE k 0 1", "GETEX k", "CAIRN.GET k"],
    "set": ["SET k v", "SET k v NX", "APPEND k x", "SETRANGE k 0 y", "INCR n", "CAIRN.PUT k v"],
    "delete": ["DEL k", "UNLINK k", "CAIRN.INVALIDATE k"],
    "other_read": ["STRLEN k", "EXISTS k", "TTL k", "SCAN 0", "DBSIZE"],
    "other_write": ["EXPIRE k 100", "TOUCH k", "PERSIST k", "COPY k l"],
}


@pytest.mark.parametrize("kind", CLASSES)
def test_every_command_is_counted_once_in_its_class(kind, server, wire):
    def count():
        return metrics(server)[f'cairn_commands_total{{class="{kind}"}}']

    wire("SET", "k", "v")
    assert wire("CONFIG", "RESETSTAT") == "OK"
    assert count() == 0
    for command in CLASSES[kind]:
        wire.run(command)
    if kind == "set":
        wire("SET", "k", b"x" * 300_000)
    expected = len(CLASSES[kind]) + (kind == "set")
    wait_until(lambda: count() >= expected, "the commands to be counted")
    assert count() == expected


def test_what_the_loop_does_is_counted(server, wire):
    """Numbers that only some corner of the server knows reach the port too."""
    before = metrics(server)
    for _ in range(20):
        assert wire("PING") == "PONG"
    wire("WATCH", "a", "b", "c")

    def seen():
        after = metrics(server)
        entries = after["cairn_kernel_entries_total"] - before["cairn_kernel_entries_total"]
        sleeps = after["cairn_loop_sleeps_total"] - before["cairn_loop_sleeps_total"]
        return entries >= 20 and sleeps >= 1 and after["cairn_watched_keys"] == 3

    wait_until(seen, "kernel entries, sleeps and watched keys to be counted")
    wire("UNWATCH")
    wait_until(lambda: metrics(server)["cairn_watched_keys"] == 0, "no key to be watched")
    wire("WATCH", "a")
    wire("MULTI")
    wire("EXEC")
    wait_until(lambda: metrics(server)["cairn_watched_keys"] == 0, "EXEC to end the watch")


def test_the_stats_port_survives_garbage(server):
    for data in (b"\x00" * 1000, b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 5000, b"GET", b"\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", server.stats_port), timeout=10) as raw:
            try:
                raw.sendall(data)
                raw.shutdown(socket.SHUT_WR)
                while raw.recv(65536):
                    pass
            except OSError:
                pass
    assert get(server, "/healthz")[0] == 200


def test_the_stats_port_answers_under_load(server):
    wires = [server.connect() for _ in range(4)]
    try:
        for wire in wires:
            wire.socket.setblocking(False)
        for _ in range(5):
            for wire in wires:
                try:
                    wire.socket.send(b"PING\r\n" * 10_000)
                    wire.socket.recv(1 << 20)
                except BlockingIOError:
                    pass
            assert get(server, "/metrics")[0] == 200
    finally:
        for wire in wires:
            wire.close()


def processor_seconds(server):
    """Processor time of the server so far."""
    with open(f"/proc/{server.pid}/stat", encoding="utf-8") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_spin_polls_while_nothing_comes_and_ends_with_a_reload(start):
    server = start(shards=2, config={"spin": "1s"})
    wires = [server.connect() for _ in range(4)]
    for number in range(200):
        for wire in wires:
            assert wire("SET", f"k{number}", number) == "OK"
            assert wire("MGET", f"k{number}", "absent") == [str(number).encode(), None]
    # Two shards that sleep until their upkeep take some milliseconds a second.
    wait_until(lambda: processor_seconds(server) > 1, "a second spent polling", deadline=60)
    (server.folder / "cairn.yaml").write_text("spin: 0s\n")
    os.kill(server.pid, signal.SIGHUP)
    seen = [(time.monotonic(), processor_seconds(server))]

    def sleeps():
        """Whether half a second has passed since the last look in which little time was spent."""
        now = time.monotonic()
        if now - seen[-1][0] < 0.5:
            return False
        seen.append((now, processor_seconds(server)))
        return seen[-1][1] - seen[-2][1] < 0.2

    wait_until(sleeps, "shards that sleep after the reload", deadline=30)
    for wire in wires:
        assert wire("PING") == "PONG"
        wire.close()
