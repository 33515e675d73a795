"""redis-cli and redis-benchmark, as installed by the distribution, unmodified."""

import shutil
import subprocess

import pytest


def program(name):
    path = shutil.which(name)
    if not path:
        pytest.skip(f"no {name}: run tools/setup --test")
    return path


def run(arguments, stdin="", deadline=120):
    done = subprocess.run(arguments, input=stdin, capture_output=True, text=True, timeout=deadline)
    assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture
def cli(server, protocol):
    def call(*arguments, stdin=""):
        base = [program("redis-cli"), "-p", str(server.port)]
        if protocol == 3:
            base.append("-3")
        return run([*base, *arguments], stdin)

    return call


def test_redis_cli_sets_and_gets(cli):
    assert cli("SET", "k", "a b") == "OK\n"
    assert cli("GET", "k") == "a b\n"
    assert cli("--no-raw", "GET", "k") == '"a b"\n'
    assert cli("--no-raw", "GET", "absent") == "(nil)\n"
    assert cli("--no-raw", "INCR", "n") == "(integer) 1\n"
    assert "ERR unknown command 'FOO'" in cli("FOO")


def test_redis_cli_reads_commands_and_values_from_its_input(cli):
    assert cli(stdin="SET a 1\nINCR a\nMULTI\nGET a\nEXEC\n").split() == [
        "OK",
        "2",
        "OK",
        "QUEUED",
        "2",
    ]
    assert cli("-x", "SET", "file", stdin="x" * 300_000) == "OK\n"
    assert cli("STRLEN", "file") == "300000\n"


def test_redis_cli_loads_by_pipe(cli):
    commands = "".join(f"SET key:{n} value:{n}\r\n" for n in range(20_000))
    assert "errors: 0, replies: 20000" in cli("--pipe", stdin=commands)
    assert cli("DBSIZE") == "20000\n"


def test_redis_cli_scans_and_finds_big_keys(cli):
    cli("MSET", "small", "x", "large", "y" * 5000)
    assert sorted(cli("--scan").split()) == ["large", "small"]
    assert cli("--scan", "--pattern", "l*").split() == ["large"]
    big = cli("--bigkeys")
    assert "large" in big and "5000 bytes" in big
    assert "large" in cli("--memkeys")


def test_redis_cli_measures_latency(server):
    """--latency runs until it is ended."""
    process = subprocess.Popen(
        [program("redis-cli"), "-p", str(server.port), "--raw", "--latency"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        # Not a terminal: after one second it prints "min max average samples" and ends.
        out = process.communicate(timeout=30)[0]
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    numbers = out.decode().split()
    assert len(numbers) >= 4 and int(numbers[3]) > 10, out


def test_redis_cli_shows_statistics(server):
    process = subprocess.Popen(
        [program("redis-cli"), "-p", str(server.port), "--stat", "-i", "0.05"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        lines = [process.stdout.readline() for _ in range(4)]
    finally:
        process.kill()
        process.wait()
    assert any(b"keys" in line for line in lines)


def test_redis_cli_uses_the_unix_socket(server):
    assert run([program("redis-cli"), "-s", server.unix, "PING"]) == "PONG\n"


def test_redis_cli_shows_info_and_help(cli):
    info = cli("INFO")
    for section in ("# Server", "# Clients", "# Memory", "# Stats", "# Keyspace"):
        assert section in info
    assert "uptime_in_seconds:" in info
    assert "CLIENT" in cli("CLIENT", "HELP")


@pytest.mark.parametrize("pipeline", ["1", "16"])
@pytest.mark.parametrize("size", ["3", "4096", "100000"])
def test_redis_benchmark_runs_without_an_error(pipeline, size, server):
    count = "2000" if size == "100000" else "20000"
    out = run(
        [
            program("redis-benchmark"),
            "-p",
            str(server.port),
            "-t",
            "set,get,incr,mset",
            "-n",
            count,
            "-c",
            "20",
            "-P",
            pipeline,
            "-d",
            size,
            "-r",
            "1000",
            "-q",
        ]
    )
    assert "rror" not in out, out
    for name in ("SET", "GET", "INCR", "MSET"):
        assert f"{name}" in out and "requests per second" in out


def test_redis_benchmark_with_threads_and_inline_ping(server):
    out = run(
        [
            program("redis-benchmark"),
            "-p",
            str(server.port),
            "-t",
            "ping",
            "-n",
            "20000",
            "-q",
            "--threads",
            "2",
        ]
    )
    assert "PING_INLINE" in out and "PING_MBULK" in out and "rror" not in out


def test_redis_benchmark_with_tracking(server):
    out = run(
        [
            program("redis-benchmark"),
            "-p",
            str(server.port),
            "-t",
            "set,get",
            "-n",
            "5000",
            "-r",
            "100",
            "-q",
            "-3",
            "--enable-tracking",
        ]
    )
    assert "rror" not in out
