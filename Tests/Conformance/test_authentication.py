"""A server with a password: what a stranger may do, and how one stops being a stranger."""

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from support.server import start
from support.wire import Map, Wire

STRANGER = "NOAUTH Authentication required."


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    server = start(tmp_path_factory.mktemp("guarded"), password="open sesame")
    yield server
    assert server.stop() == 0


@pytest.fixture
def stranger(guarded):
    with Wire((guarded.host, guarded.port)) as wire:
        yield wire


def test_a_stranger_gets_nothing(stranger):
    for command in [
        "GET k",
        "SET k v",
        "PING",
        "INFO",
        "CLIENT LIST",
        "FLUSHALL",
        "MULTI",
        "SUBSCRIBE c",
        "COMMAND",
        "CONFIG GET *",
    ]:
        assert stranger.run(command) == STRANGER, command


def test_an_unknown_command_of_a_stranger_is_told_nothing_more(stranger):
    assert stranger("FOO").startswith(("NOAUTH", "ERR unknown command"))


def test_the_password_opens(stranger):
    assert stranger("AUTH", "open sesame") == "OK"
    assert stranger("PING") == "PONG"


def test_user_default_and_the_password_open(stranger):
    assert stranger("AUTH", "default", "open sesame") == "OK"
    assert stranger("PING") == "PONG"


def test_a_wrong_password_opens_nothing(stranger):
    wrong = "WRONGPASS invalid username-password pair or user is disabled."
    assert stranger("AUTH", "open") == wrong
    assert stranger("AUTH", "default", "open sesame ") == wrong
    assert stranger("AUTH", "root", "open sesame") == wrong
    assert stranger("PING") == STRANGER


def test_a_wrong_password_does_not_close_what_is_open(stranger):
    stranger("AUTH", "open sesame")
    assert stranger("AUTH", "x").startswith("WRONGPASS")
    assert stranger("PING") == "PONG"


def test_hello_may_authenticate(stranger):
    assert stranger("HELLO", "3").startswith("NOAUTH HELLO must be called with the client already")
    reply = stranger("HELLO", "3", "AUTH", "default", "open sesame", "SETNAME", "me")
    assert isinstance(reply, Map)
    assert stranger("CLIENT", "GETNAME") == b"me"


def test_hello_with_a_wrong_password(stranger):
    assert stranger("HELLO", "3", "AUTH", "default", "x").startswith("WRONGPASS")
    assert stranger("PING") == STRANGER


def test_reset_makes_a_stranger_again(stranger):
    stranger("AUTH", "open sesame")
    assert stranger("RESET") == "RESET"
    assert stranger("PING") == STRANGER


def test_a_stranger_may_leave(stranger):
    assert stranger("QUIT") == "OK"
    assert stranger.closed_by_server()


def test_a_stranger_may_not_send_large_requests(stranger):
    stranger.send_raw(b"*2\r\n$3\r\nGET\r\n$1000000\r\n")
    assert stranger.read() == "ERR Protocol error: unauthenticated bulk length"
    assert stranger.closed_by_server()


def test_a_stranger_may_not_send_many_arguments(stranger):
    stranger.send_raw(b"*100\r\n")
    assert stranger.read() == "ERR Protocol error: unauthenticated multibulk length"
    assert stranger.closed_by_server()


def test_redis_py_authenticates(guarded):
    for protocol in (2, 3):
        with redis.Redis(port=guarded.port, password="open sesame", protocol=protocol) as client:
            assert client.ping()
    with redis.Redis(port=guarded.port, password="wrong", retry=Retry(NoBackoff(), 0)) as client:
        with pytest.raises(redis.AuthenticationError):
            client.ping()


def test_the_password_is_not_shown(guarded):
    with guarded.connect() as wire:
        assert wire("CONFIG", "GET", "requirepass") in (
            [],
            [b"requirepass", b""],
            [b"requirepass", b"open sesame"],
        )
    assert "open sesame" not in guarded.output()
