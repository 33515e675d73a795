"""INFO, CONFIG, COMMAND, SLOWLOG, LATENCY, MEMORY, TIME: what tools and operators ask."""

import time

import pytest

from support.waiting import wait_until
from support.wire import Error, Map


def info(wire, *sections):
    text = wire("INFO", *sections).decode()
    return dict(x.split(":", 1) for x in text.splitlines() if x and not x.startswith("#"))


def test_info_has_the_fields_that_tools_read(wire):
    fields = info(wire)
    for name in (
        "redis_version",
        "redis_mode",
        "process_id",
        "tcp_port",
        "uptime_in_seconds",
        "run_id",
        "connected_clients",
        "maxclients",
        "used_memory",
        "used_memory_human",
        "maxmemory",
        "maxmemory_policy",
        "mem_fragmentation_ratio",
        "total_connections_received",
        "total_commands_processed",
        "instantaneous_ops_per_sec",
        "expired_keys",
        "evicted_keys",
        "keyspace_hits",
        "keyspace_misses",
        "role",
        "connected_slaves",
        "used_cpu_sys",
        "used_cpu_user",
        "cluster_enabled",
        "total_net_input_bytes",
        "total_net_output_bytes",
    ):
        assert name in fields, name
    assert fields["role"] == "master"
    assert fields["cluster_enabled"] == "0"


def test_info_of_the_process_is_true(wire, server):
    fields = info(wire)
    assert int(fields["process_id"]) == server.pid
    assert int(fields["tcp_port"]) == server.port
    if server.is_cairn:
        assert int(fields["maxmemory"]) == server.memory_limit


def test_info_of_one_section_has_only_that(wire):
    text = wire("INFO", "clients").decode()
    assert text.startswith("# Clients")
    assert "# Memory" not in text
    both = wire("INFO", "server", "memory").decode()
    assert "# Server" in both and "# Memory" in both and "# Stats" not in both
    assert wire("INFO", "nonsense") == b""
    assert "# Server" in wire("INFO", "everything").decode()
    assert "# Commandstats" in wire("INFO", "all").decode()


def test_info_counts_hits_misses_and_commands(wire):
    before = info(wire)
    wire("SET", "k", "v")
    wire.pipeline([("GET", "k")] * 7 + [("GET", "absent")] * 3)

    def counted():
        after = info(wire)
        grown = {n: int(after[n]) - int(before[n]) for n in ("keyspace_hits", "keyspace_misses")}
        return grown == {"keyspace_hits": 7, "keyspace_misses": 3}

    wait_until(counted, "7 hits and 3 misses")
    assert (
        int(info(wire)["total_commands_processed"]) > int(before["total_commands_processed"]) + 10
    )


def test_info_keyspace_counts_keys_and_expiries(wire):
    assert "db0" not in info(wire, "keyspace")
    wire("MSET", "a", "1", "b", "2")
    wire("SET", "c", "3", "EX", "100")
    wait_until(
        lambda: info(wire, "keyspace").get("db0", "").startswith("keys=3,expires=1,"), "db0's line"
    )


def test_info_counts_expired_keys(wire):
    before = int(info(wire)["expired_keys"])
    wire.pipeline([("SET", f"k{n}", "v", "PX", "1") for n in range(100)])
    wait_until(lambda: int(info(wire)["expired_keys"]) >= before + 100, "100 expired keys", 30)


def test_info_commandstats_counts_each_command(wire):
    assert wire("CONFIG", "RESETSTAT") == "OK"
    wire.pipeline([("SET", "k", "v")] * 5 + [("GET", "k")] * 6)
    wait_until(
        lambda: info(wire, "commandstats").get("cmdstat_get", "").startswith("calls=6,"), "6 GETs"
    )
    assert info(wire, "commandstats")["cmdstat_set"].startswith("calls=5,")


def test_config_get_answers_pairs(connect, protocol):
    wire = connect(protocol)
    reply = wire("CONFIG", "GET", "maxmemory")
    if protocol == 3:
        assert isinstance(reply, Map) and list(reply) == [b"maxmemory"]
    else:
        assert reply[0] == b"maxmemory" and len(reply) == 2


def test_config_get_takes_patterns_and_several(wire):
    names = wire("CONFIG", "GET", "max*")[::2]
    assert b"maxmemory" in names and b"maxclients" in names
    assert set(wire("CONFIG", "GET", "maxmemory", "maxclients")[::2]) == {
        b"maxmemory",
        b"maxclients",
    }
    assert wire("CONFIG", "GET", "nonsense") == []
    for name in (
        "save",
        "appendonly",
        "timeout",
        "maxmemory-policy",
        "databases",
        "slowlog-log-slower-than",
        "slowlog-max-len",
        "proto-max-bulk-len",
    ):
        assert len(wire("CONFIG", "GET", name)) == 2, name


def test_config_set_changes_what_can_change(wire):
    old = wire("CONFIG", "GET", "slowlog-log-slower-than")[1]
    assert wire("CONFIG", "SET", "slowlog-log-slower-than", "12345") == "OK"
    assert wire("CONFIG", "GET", "slowlog-log-slower-than") == [
        b"slowlog-log-slower-than",
        b"12345",
    ]
    assert wire("CONFIG", "SET", "slowlog-log-slower-than", old) == "OK"


def test_config_set_of_several_is_all_or_nothing(wire):
    old = wire("CONFIG", "GET", "slowlog-max-len")
    reply = wire("CONFIG", "SET", "slowlog-max-len", "77", "nonsense", "1")
    assert isinstance(reply, Error)
    assert wire("CONFIG", "GET", "slowlog-max-len") == old


def test_config_set_refuses_with_redis_words(wire):
    assert wire("CONFIG", "SET", "nonsense", "1").startswith(
        "ERR Unknown option or number of arguments for CONFIG SET - 'nonsense'"
    )
    assert wire("CONFIG", "SET", "slowlog-max-len", "abc").startswith(
        "ERR CONFIG SET failed (possibly related to argument 'slowlog-max-len')"
    )


def test_config_resetstat_begins_again(wire):
    wire.pipeline([("GET", "absent")] * 50)
    assert wire("CONFIG", "RESETSTAT") == "OK"
    assert int(info(wire)["keyspace_misses"]) == 0


def test_slowlog_shows_what_was_slow(wire):
    old = wire("CONFIG", "GET", "slowlog-log-slower-than")[1]
    try:
        assert wire("SLOWLOG", "RESET") == "OK"
        wire("CONFIG", "SET", "slowlog-log-slower-than", "0")
        wire("CLIENT", "SETNAME", "slow")
        wire("SET", "k", "x" * 300)
        wire("MSET", *[f"k{n}" for n in range(100)])
        wait_until(
            lambda: [e for e in wire("SLOWLOG", "GET", "-1") if e[3][:2] == [b"SET", b"k"]], "entry"
        )
        entries = wire("SLOWLOG", "GET", "128")
        entry = next(e for e in entries if e[3][0] == b"SET")
        number, when, micros, arguments, address, name = entry
        assert number >= 0 and abs(when - time.time()) < 100 and micros >= 0
        assert arguments[2] == b"x" * 128 + b"... (172 more bytes)"
        host, port = wire.socket.getsockname()
        assert address == f"{host}:{port}".encode()
        assert name == b"slow"
        long = next(e for e in entries if e[3][0] == b"MSET")[3]
        assert len(long) == 32 and long[-1] == b"... (70 more arguments)"
        assert wire("SLOWLOG", "LEN") >= len(entries)
        assert len(wire("SLOWLOG", "GET", "2")) == 2
    finally:
        wire("CONFIG", "SET", "slowlog-log-slower-than", old)
    wire("SLOWLOG", "RESET")
    assert wire("SLOWLOG", "LEN") == 0


def test_slowlog_is_bounded(wire):
    old = {n: wire("CONFIG", "GET", n)[1] for n in ("slowlog-log-slower-than", "slowlog-max-len")}
    try:
        wire("CONFIG", "SET", "slowlog-max-len", "10")
        wire("CONFIG", "SET", "slowlog-log-slower-than", "0")
        wire.pipeline([("GET", "k")] * 200)
        assert wire("SLOWLOG", "LEN") == 10
    finally:
        for name, value in old.items():
            wire("CONFIG", "SET", name, value)
        wire("SLOWLOG", "RESET")


def test_latency_commands_answer(wire):
    assert wire("LATENCY", "RESET") >= 0
    assert wire("LATENCY", "LATEST") == []
    assert wire("LATENCY", "HISTORY", "command") == []
    assert isinstance(wire("LATENCY", "DOCTOR"), bytes)


def test_latency_histogram_counts_calls(wire):
    wire("CONFIG", "RESETSTAT")
    wire.pipeline([("GET", "k")] * 100)

    def counted():
        reply = wire("LATENCY", "HISTOGRAM", "get")
        return reply and reply[0] == b"get" and reply[1][reply[1].index(b"calls") + 1] == 100

    wait_until(counted, "100 calls of GET in the histogram")


def test_command_describes_the_commands(wire):
    count = wire("COMMAND", "COUNT")
    every = wire("COMMAND")
    assert len(every) == count
    names = {entry[0] for entry in every}
    assert {b"get", b"set", b"mget", b"multi", b"client", b"subscribe"} <= names
    get, absent = wire("COMMAND", "INFO", "get", "nonsense")
    assert get[:2] == [b"get", 2] and get[3:6] == [1, 1, 1]
    assert absent is None
    assert set(wire("COMMAND", "LIST")) >= names
    assert wire("COMMAND", "GETKEYS", "SET", "k", "v") == [b"k"]
    docs = wire("COMMAND", "DOCS", "get")
    assert docs[0] == b"get" and b"summary" in docs[1]


def test_time_is_now_and_runs(wire):
    seconds, micros = (int(x) for x in wire("TIME"))
    assert abs(seconds - time.time()) < 5
    assert 0 <= micros < 1_000_000
    later = [tuple(int(x) for x in wire("TIME")) for _ in range(100)]
    assert later == sorted(later)


@pytest.mark.parametrize(
    "command", ["CLIENT", "CONFIG", "COMMAND", "OBJECT", "MEMORY", "SLOWLOG", "LATENCY", "PUBSUB"]
)
def test_containers_have_help(command, wire):
    lines = wire(command, "HELP")
    assert lines[0].startswith(f"{command} <subcommand> [<arg> [value] [opt] ...].")
    assert any("HELP" in line for line in lines)


@pytest.mark.parametrize("command", ["MEMORY DOCTOR", "MEMORY STATS", "LOLWUT", "DEBUG OBJECT k"])
def test_commands_that_tools_call_are_no_protocol_errors(command, wire):
    wire("SET", "k", "v")
    wire.run(command)
    assert wire("PING") == "PONG"


@pytest.mark.cairn_only
def test_shutdown_ends_the_server_with_status_0(start):
    server = start()
    with server.connect() as wire:
        wire.send("SHUTDOWN", "NOSAVE")
        assert wire.closed_by_server()
    assert server.process.wait(30) == 0


def test_errors_are_counted_by_command_and_by_word(wire, server):
    wire("CONFIG", "RESETSTAT")
    wire("SET", "k", "text")
    for _ in range(3):
        assert isinstance(wire("INCR", "k"), Error)
    for _ in range(2):
        assert isinstance(wire("GET"), Error)
    assert isinstance(wire("NOSUCH"), Error)
    wire("MULTI")
    wire("NOSUCH")
    assert isinstance(wire("EXEC"), Error)

    def counted():
        commands = info(wire, "commandstats")
        errors = info(wire, "errorstats")
        return (
            "calls=3," in commands.get("cmdstat_incr", "")
            and commands["cmdstat_incr"].endswith("rejected_calls=0,failed_calls=3")
            and commands.get("cmdstat_get", "").endswith("rejected_calls=2,failed_calls=0")
            and errors == {"errorstat_ERR": "count=7", "errorstat_EXECABORT": "count=1"}
        )

    wait_until(counted, "errors to be counted")
