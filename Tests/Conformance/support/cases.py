"""Tables of commands with the exact bytes that answer them, in both protocols."""

import dataclasses

import pytest

from .wire import words


@dataclasses.dataclass
class Case:
    sentence: str
    command: str
    resp2: bytes
    resp3: bytes
    before: tuple

    def check(self, wire, protocol):
        for command in self.before:
            wire.raw(*words(command))
        assert wire.raw(*words(self.command)) == (self.resp3 if protocol == 3 else self.resp2)


def case(sentence, command, reply, before="", since=None):
    """One case; `before` holds commands separated by `;`, `reply` is bytes or (RESP2, RESP3)."""
    resp2, resp3 = reply if isinstance(reply, tuple) else (reply, reply)
    steps = tuple(step.strip() for step in before.split(";") if step.strip())
    marks = [pytest.mark.redis_from(*since)] if since else []
    return pytest.param(Case(sentence, command, resp2, resp3, steps), id=sentence, marks=marks)


ok = b"+OK\r\n"
nil = (b"$-1\r\n", b"_\r\n")
nil_array = (b"*-1\r\n", b"_\r\n")
empty = b"*0\r\n"


def integer(number):
    return b":%d\r\n" % number


def status(text):
    return b"+%s\r\n" % text.encode()


def bulk(text):
    data = text if isinstance(text, bytes) else text.encode()
    return b"$%d\r\n%s\r\n" % (len(data), data)


def array(*items):
    """An array of replies, which may themselves differ by protocol."""
    pairs = [item if isinstance(item, tuple) else (item, item) for item in items]
    head = b"*%d\r\n" % len(pairs)
    return head + b"".join(p[0] for p in pairs), head + b"".join(p[1] for p in pairs)


def error(text):
    return b"-%s\r\n" % text.encode()


def arity(command):
    return error(f"ERR wrong number of arguments for '{command}' command")


syntax = error("ERR syntax error")
not_integer = error("ERR value is not an integer or out of range")
not_float = error("ERR value is not a valid float")
no_such_key = error("ERR no such key")


def bad_expiry(command):
    return error(f"ERR invalid expire time in '{command}' command")
