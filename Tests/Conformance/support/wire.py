"""A RESP2/RESP3 connection that shows replies as they are on the wire.

Values: status -> Status, error -> Error, integer -> int, bulk -> bytes, any null -> None,
array -> list, map -> Map (a dict), set -> Set (a list), push -> Push (a list), double -> float,
boolean -> bool, verbatim text -> Verbatim (bytes). With `raw()` the very bytes of a reply.
"""

import os
import shlex
import socket

# Seconds a test waits for one answer.
PATIENCE = float(os.environ.get("CAIRN_TEST_PATIENCE", "20"))


class Status(str):
    pass


class Error(str):
    pass


class Map(dict):
    pass


class Set(list):
    pass


class Push(list):
    pass


class Verbatim(bytes):
    pass


class Closed(ConnectionError):
    pass


def encode(arguments):
    parts = [b"*%d\r\n" % len(arguments)]
    for argument in arguments:
        if isinstance(argument, str):
            argument = argument.encode()
        elif isinstance(argument, (int, float)):
            argument = str(argument).encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(argument), argument))
    return b"".join(parts)


def words(command):
    """A command as written in a table of tests: shell quoting, `\\xNN` for bytes."""
    return [w.encode().decode("unicode_escape").encode("latin-1") for w in shlex.split(command)]


class Wire:
    """One connection. `timeout` bounds every wait for the server, in seconds."""

    def __init__(self, address, timeout=PATIENCE, protocol=2, password=None):
        if isinstance(address, str):
            self.socket = socket.socket(socket.AF_UNIX)
        else:
            self.socket = socket.socket(socket.AF_INET)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(timeout)
        self.socket.connect(address)
        self.buffer = bytearray()
        self.position = 0
        self.pushes = []
        if password is not None:
            assert self("AUTH", password) == "OK"
        if protocol == 3:
            assert isinstance(self("HELLO", "3"), Map)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def abort(self):
        """Closes with a reset instead of a farewell."""
        self.socket.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00"
        )
        self.socket.close()

    # Sending

    def send(self, *arguments):
        self.socket.sendall(encode(arguments))

    def send_raw(self, data):
        self.socket.sendall(data)

    def __call__(self, *arguments):
        """Sends a command and returns its reply; push messages on the way go to `pushes`."""
        self.send(*arguments)
        return self.read()

    def run(self, command):
        """As a call, from one line of text."""
        return self(*words(command))

    def pipeline(self, commands):
        """Sends all commands at once and returns all replies."""
        self.send_raw(b"".join(encode(c) for c in commands))
        return [self.read() for _ in commands]

    # Receiving

    def fill(self):
        if self.position > 1 << 16:
            del self.buffer[: self.position]
            self.position = 0
        data = self.socket.recv(1 << 18)
        if not data:
            raise Closed("the server closed the connection")
        self.buffer += data

    def line(self):
        while True:
            end = self.buffer.find(b"\r\n", self.position)
            if end >= 0:
                text = bytes(self.buffer[self.position : end])
                self.position = end + 2
                return text
            self.fill()

    def exactly(self, count):
        while len(self.buffer) - self.position < count:
            self.fill()
        data = bytes(self.buffer[self.position : self.position + count])
        self.position += count
        return data

    def read(self):
        """The next reply; push messages before it go to `pushes`."""
        while True:
            value = self.read_any()
            if not isinstance(value, Push):
                return value
            self.pushes.append(value)

    def read_push(self):
        """The next push message."""
        if self.pushes:
            return self.pushes.pop(0)
        value = self.read_any()
        assert isinstance(value, Push), f"not a push message: {value!r}"
        return value

    def read_any(self):
        head = self.line()
        kind, rest = head[:1], head[1:]
        if kind == b"+":
            return Status(rest.decode())
        if kind == b"-":
            return Error(rest.decode("utf-8", "backslashreplace"))
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self.body(int(rest))
        if kind == b"=":
            text = self.body(int(rest))
            assert text[:4] == b"txt:", text[:4]
            return Verbatim(text[4:])
        if kind == b"*":
            return None if rest == b"-1" else self.items(int(rest))
        if kind == b"_":
            return None
        if kind == b"#":
            return {b"t": True, b"f": False}[rest]
        if kind == b",":
            return float(rest)
        if kind == b"%":
            pairs = self.items(2 * int(rest))
            return Map(zip(pairs[::2], pairs[1::2]))
        if kind == b"~":
            return Set(self.items(int(rest)))
        if kind == b">":
            return Push(self.items(int(rest)))
        raise AssertionError(f"no RESP type: {head[:80]!r}")

    def body(self, count):
        data = self.exactly(count + 2)
        assert data.endswith(b"\r\n"), "a bulk string without its end"
        return data[:-2]

    def items(self, count):
        return [self.read_any() for _ in range(count)]

    def raw(self, *arguments):
        """Sends a command and returns the bytes of its one reply."""
        self.send(*arguments)
        return self.raw_reply()

    def raw_reply(self):
        del self.buffer[: self.position]
        self.position = 0
        # `fill` only compacts past 64 KiB of consumed bytes; a raw reply stays small.
        self.read_any()
        return bytes(self.buffer[: self.position])

    # The end

    def closed_by_server(self, deadline=PATIENCE):
        """Reads to the end; true if the server closed (also by a reset) within `deadline`."""
        self.socket.settimeout(deadline)
        try:
            while self.socket.recv(1 << 16):
                pass
            return True
        except ConnectionError:
            return True
        except TimeoutError:
            return False
