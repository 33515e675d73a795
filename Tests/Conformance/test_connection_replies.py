"""PING to QUIT, HELLO, AUTH, CLIENT: replies and what they do to the connection."""

import pytest

from support.cases import arity, array, bulk, case, error, integer, nil, not_integer, ok, status
from support.waiting import wait_until
from support.wire import Error, Map, words

CONNECTION = [
    case("PING", "PING", status("PONG")),
    case("PING with a message", "PING hello", bulk("hello")),
    case("PING with two messages", "PING a b", arity("ping")),
    case("ECHO", "ECHO hello", bulk("hello")),
    case("ECHO of nothing", "ECHO", arity("echo")),
    case("SELECT 0", "SELECT 0", ok),
    case("SELECT of a database there isn't", "SELECT 99", error("ERR DB index is out of range")),
    case("SELECT with a word", "SELECT a", not_integer),
    case(
        "an unknown command names itself and its arguments",
        "FOO bar baz",
        error("ERR unknown command 'FOO', with args beginning with: 'bar' 'baz' "),
    ),
    case(
        "an unknown command without arguments",
        "FOO",
        error("ERR unknown command 'FOO', with args beginning with: "),
    ),
    case("CLIENT GETNAME without a name", "CLIENT GETNAME", nil),
    case("CLIENT GETNAME", "CLIENT GETNAME", bulk("me"), "CLIENT SETNAME me"),
    case("CLIENT SETNAME", "CLIENT SETNAME me", ok),
    case(
        "CLIENT SETNAME with a space",
        "CLIENT SETNAME 'a b'",
        error("ERR Client names cannot contain spaces, newlines or special characters."),
    ),
    case("CLIENT SETINFO", "CLIENT SETINFO LIB-NAME me", ok, since=(7, 2)),
    case("CLIENT NO-EVICT", "CLIENT NO-EVICT ON", ok),
    case("CLIENT NO-TOUCH", "CLIENT NO-TOUCH ON", ok, since=(7, 2)),
    case("CLIENT UNPAUSE", "CLIENT UNPAUSE", ok),
    case("CLIENT UNBLOCK of nobody", "CLIENT UNBLOCK 999999999", integer(0)),
    case("CLIENT KILL of nobody", "CLIENT KILL 127.0.0.1:1", error("ERR No such client")),
    case("CLIENT KILL ID of nobody", "CLIENT KILL ID 999999999", integer(0)),
    case("CLIENT REPLY ON", "CLIENT REPLY ON", ok),
    case("CLIENT GETREDIR without tracking", "CLIENT GETREDIR", integer(-1)),
    case(
        "CLIENT with an unknown subcommand",
        "CLIENT foo",
        error("ERR unknown subcommand 'foo'. Try CLIENT HELP."),
    ),
    case("CLIENT alone", "CLIENT", arity("client")),
    case("HELLO with an unknown version", "HELLO 4", error("NOPROTO unsupported protocol version")),
    case(
        "HELLO with a word",
        "HELLO abc",
        error("ERR Protocol version is not an integer or out of range"),
    ),
    case(
        "HELLO with an unknown option",
        "HELLO 3 FOO",
        error("ERR Syntax error in HELLO option 'FOO'"),
    ),
    case(
        "AUTH without a password configured",
        "AUTH secret",
        error(
            "ERR AUTH <password> called without any password configured for the default user. "
            "Are you sure your configuration is correct?"
        ),
    ),
    case(
        "AUTH of an unknown user",
        "AUTH somebody secret",
        error("WRONGPASS invalid username-password pair or user is disabled."),
    ),
    case("RESET", "RESET", status("RESET")),
    case("EXEC without MULTI", "EXEC", error("ERR EXEC without MULTI")),
    case("DISCARD without MULTI", "DISCARD", error("ERR DISCARD without MULTI")),
    case("UNWATCH without WATCH", "UNWATCH", ok),
    case("PUBLISH to nobody", "PUBLISH channel message", integer(0)),
    case("PUBSUB CHANNELS", "PUBSUB CHANNELS", b"*0\r\n"),
    case("PUBSUB NUMPAT", "PUBSUB NUMPAT", integer(0)),
    case("PUBSUB NUMSUB", "PUBSUB NUMSUB a", array(bulk("a"), integer(0))),
]


@pytest.mark.parametrize("case", CONNECTION)
def test_a_connection_command_answers_as_redis_does(case, connect, protocol):
    if case.command == "RESET" and protocol == 3:
        pytest.skip("RESET returns to RESP2: covered by its own test")
    case.check(connect(protocol), protocol)


def test_hello_3_answers_a_map_and_hello_2_an_array(connect):
    wire = connect()
    facts = wire("HELLO", "3")
    assert isinstance(facts, Map)
    assert facts[b"server"] == b"redis"
    assert facts[b"proto"] == 3
    assert facts[b"mode"] == b"standalone"
    assert facts[b"role"] == b"master"
    assert isinstance(facts[b"modules"], list)
    assert facts[b"id"] == wire("CLIENT", "ID")
    back = wire("HELLO", "2")
    assert isinstance(back, list)
    assert back[back.index(b"proto") + 1] == 2


@pytest.mark.cairn_only
def test_hello_states_a_version_that_client_caches_accept(wire):
    facts = wire("HELLO", "3")
    assert tuple(int(p) for p in facts[b"version"].split(b".")) >= (7, 4, 0)
    assert b"cairn_version" in facts


def test_hello_without_arguments_keeps_the_protocol(connect):
    assert isinstance(connect(2)("HELLO"), list)
    assert isinstance(connect(3)("HELLO"), Map)


def test_hello_sets_the_name(wire):
    assert isinstance(wire("HELLO", "3", "SETNAME", "me"), Map)
    assert wire("CLIENT", "GETNAME") == b"me"


def test_client_ids_grow_and_differ(connect):
    ids = [connect()("CLIENT", "ID") for _ in range(20)]
    assert len(set(ids)) == 20
    assert all(i > 0 for i in ids)


def test_client_list_shows_every_connection(connect):
    wires = [connect() for _ in range(10)]
    for number, wire in enumerate(wires):
        wire("CLIENT", "SETNAME", f"list-{number}")
    lines = wires[0]("CLIENT", "LIST").decode().splitlines()
    clients = [dict(f.split("=", 1) for f in line.split(" ")) for line in lines if line]
    names = {c["name"]: c for c in clients}
    for number, wire in enumerate(wires):
        client = names[f"list-{number}"]
        assert int(client["id"]) == wire("CLIENT", "ID")
        host, port = wire.socket.getsockname()
        assert client["addr"] == f"{host}:{port}"
    for field in ("id", "addr", "laddr", "fd", "name", "age", "idle", "flags", "db", "cmd", "resp"):
        assert field in clients[0]


def test_client_info_shows_this_connection(connect):
    wire = connect(3)
    info = dict(f.split("=", 1) for f in wire("CLIENT", "INFO").decode().strip().split(" "))
    assert int(info["id"]) == wire("CLIENT", "ID")
    assert info["resp"] == "3"


def test_client_kill_by_id_closes_that_connection(connect):
    victim, killer = connect(), connect()
    number = victim("CLIENT", "ID")
    assert killer("CLIENT", "KILL", "ID", str(number)) == 1
    assert victim.closed_by_server()
    assert killer("PING") == "PONG"


def test_client_kill_by_address_closes_that_connection(connect):
    victim, killer = connect(), connect()
    victim("PING")
    host, port = victim.socket.getsockname()
    assert killer("CLIENT", "KILL", f"{host}:{port}") == "OK"
    assert victim.closed_by_server()


def test_client_kill_spares_the_caller_unless_told(connect):
    wire = connect()
    number = str(wire("CLIENT", "ID"))
    assert wire("CLIENT", "KILL", "ID", number, "SKIPME", "yes") == 0
    assert wire("CLIENT", "KILL", "ID", number, "SKIPME", "no") == 1
    assert wire.closed_by_server()


def test_client_reply_off_silences_and_on_speaks_again(wire):
    wire.send("CLIENT", "REPLY", "OFF")
    wire.send("SET", "k", "v")
    wire.send("GET", "k")
    assert wire("CLIENT", "REPLY", "ON") == "OK"
    assert wire("GET", "k") == b"v"


def test_client_reply_skip_silences_one_command(wire):
    wire.send("CLIENT", "REPLY", "SKIP")
    wire.send("SET", "k", "v")
    assert wire("GET", "k") == b"v"


def test_client_pause_holds_commands_and_unpause_frees_them(connect):
    held, other = connect(), connect()
    held("SET", "k", "old")
    assert other("CLIENT", "PAUSE", "60000", "WRITE") == "OK"
    held.send("SET", "k", "new")
    assert connect()("GET", "k") == b"old"
    assert other("CLIENT", "UNPAUSE") == "OK"
    assert held.read() == "OK"
    assert other("GET", "k") == b"new"


def test_client_pause_ends_by_itself(connect):
    one, two = connect(), connect()
    assert one("CLIENT", "PAUSE", "50", "ALL") == "OK"
    assert two("SET", "k", "v") == "OK"


def test_client_pause_wants_a_number(wire):
    assert wire("CLIENT", "PAUSE", "abc") == "ERR timeout is not an integer or out of range"


def test_reset_returns_the_connection_to_its_beginning(connect):
    wire = connect(3)
    wire("CLIENT", "SETNAME", "me")
    wire("MULTI")
    assert wire("RESET") == "RESET"
    assert wire("CLIENT", "GETNAME") is None
    assert wire("EXEC") == "ERR EXEC without MULTI"
    assert wire.raw("GET", "absent") == b"$-1\r\n"


def test_quit_answers_and_closes(wire):
    assert wire("QUIT") == "OK"
    assert wire.closed_by_server()


def test_commands_before_quit_are_answered_and_those_after_are_not(wire):
    wire.send_raw(b"SET k v\r\nQUIT\r\nSET k w\r\n")
    assert wire.read() == "OK"
    assert wire.read() == "OK"
    assert wire.closed_by_server()


def test_a_command_waits_for_its_last_byte(wire):
    """A command that arrives byte by byte is one command."""
    for byte in b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nv\r\nwx\r\n":
        wire.send_raw(bytes([byte]))
    assert wire.read() == "OK"
    assert wire("GET", "k") == b"v\r\nwx"


def test_inline_commands_are_understood(wire):
    wire.send_raw(b"SET k \"a b\\x00\\n\"\r\nGET k\r\n  PING  \n\r\n\r\nECHO 'it\\'s'\r\n")
    assert wire.read() == "OK"
    assert wire.read() == b"a b\x00\n"
    assert wire.read() == "PONG"
    assert wire.read() == b"it's"


def test_inline_and_array_commands_mix(wire):
    wire.send_raw(b"SET k v\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\nGET k\r\n")
    assert [wire.read() for _ in range(3)] == ["OK", b"v", b"v"]


def test_inline_with_unbalanced_quotes_is_a_protocol_error(wire):
    wire.send_raw(b'SET k "abc\r\n')
    assert wire.read() == "ERR Protocol error: unbalanced quotes in request"
    assert wire.closed_by_server()


def test_an_empty_array_is_no_command(wire):
    wire.send_raw(b"*0\r\n*-1\r\n")
    assert wire("PING") == "PONG"


def test_client_tracking_options_are_checked(connect):
    wire = connect(3)
    for command, text in [
        ("CLIENT TRACKING maybe", "ERR syntax error"),
        (
            "CLIENT TRACKING ON OPTIN OPTOUT",
            "ERR You can't specify both OPTIN mode and OPTOUT mode",
        ),
        ("CLIENT TRACKING ON PREFIX a", "ERR PREFIX option requires BCAST mode to be enabled"),
        (
            "CLIENT TRACKING ON REDIRECT 999999999",
            "ERR The client ID you want redirect to does not exist",
        ),
        (
            "CLIENT CACHING YES",
            "ERR CLIENT CACHING can be called only when the client is in "
            "tracking mode with OPTIN or OPTOUT mode enabled",
        ),
    ]:
        reply = wire(*words(command))
        assert isinstance(reply, Error) and reply == text, command


def test_trackinginfo_tells_the_state(connect):
    wire = connect(3)
    assert wire("CLIENT", "TRACKINGINFO")[b"flags"] == [b"off"]
    assert wire("CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "a:", "NOLOOP") == "OK"
    info = wire("CLIENT", "TRACKINGINFO")
    assert sorted(info[b"flags"]) == [b"bcast", b"noloop", b"on"]
    assert info[b"redirect"] == 0
    assert info[b"prefixes"] == [b"a:"]


def test_a_closed_connection_leaves_the_list(connect, server):
    wire, gone = connect(), server.connect()
    gone("CLIENT", "SETNAME", "gone")
    assert b"name=gone" in wire("CLIENT", "LIST")
    gone.abort()
    wait_until(lambda: b"name=gone" not in wire("CLIENT", "LIST"), "the closed connection to leave")
