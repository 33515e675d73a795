"""Stores the files of a directory in a RESP server, reads them back and compares every byte.

Needs nothing but Python. Used by `tools/demo`:

    roundtrip.py HOST PORT DIRECTORY [MIB]

The files are taken in the order of their paths until MIB mebibytes (default 64) are reached. The
comparison reads each file again from the disk. Exit status 0 only if every file came back equal.
"""

import os
import socket
import sys
import time

WINDOW_BYTES = 1 << 20  # pipelined before the replies are read
VALUE_BYTES_MAX = 32 << 20


class Connection:
    def __init__(self, host, port):
        self.socket = socket.create_connection((host, port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = self.socket.makefile("rb", buffering=1 << 20)

    def send(self, *arguments):
        parts = [b"*%d\r\n" % len(arguments)]
        for argument in arguments:
            parts.append(b"$%d\r\n" % len(argument))
            parts.append(argument)
            parts.append(b"\r\n")
        self.socket.sendall(b"".join(parts))

    def reply(self):
        """A simple string, an error, a bulk string or null: all that SET and GET answer."""
        line = self.reader.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the server closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise ConnectionError("the server answered: " + rest.decode())
        if kind != b"$":
            return rest
        if rest == b"-1":
            return None
        body = self.reader.read(int(rest) + 2)
        if len(body) != int(rest) + 2:
            raise ConnectionError("the server closed the connection within a value")
        return body[:-2]


def choose(directory, budget):
    """Paths and bytes of the directory's regular, readable, non-empty files within the budget."""
    chosen, total = [], 0
    for folder, folders, names in os.walk(directory):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(folder, name)
            try:
                if os.path.islink(path) or not os.path.isfile(path):
                    continue
                size = os.path.getsize(path)
                if size == 0 or size > VALUE_BYTES_MAX or not os.access(path, os.R_OK):
                    continue
            except OSError:
                continue
            if total + size > budget:
                return chosen, total
            chosen.append((path, size))
            total += size
    return chosen, total


def windows(files):
    """Runs of files small enough to be in flight together."""
    window, size = [], 0
    for file in files:
        if window and size + file[1] > WINDOW_BYTES:
            yield window
            window, size = [], 0
        window.append(file)
        size += file[1]
    if window:
        yield window


def read(path):
    with open(path, "rb") as file:
        return file.read()


def main():
    host, port, directory = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    budget = int(sys.argv[4] if len(sys.argv) > 4 else "64") << 20
    files, total = choose(directory, budget)
    if not files:
        sys.exit(f"{directory}: no files to store")
    connection = Connection(host, port)
    began = time.monotonic()
    for window in windows(files):
        for path, _ in window:
            connection.send(b"SET", os.fsencode("file:" + path), read(path))
        for path, _ in window:
            if connection.reply() != b"OK":
                sys.exit(f"{path}: not stored")
    stored = time.monotonic()
    wrong = 0
    for window in windows(files):
        for path, _ in window:
            connection.send(b"GET", os.fsencode("file:" + path))
        for path, _ in window:
            if connection.reply() != read(path):
                print(f"{path}: DIFFERENT", file=sys.stderr)
                wrong += 1
    ended = time.monotonic()
    mib = total / (1 << 20)
    print(
        f"{len(files)} files of {directory}, {mib:.1f} MiB: "
        f"stored in {stored - began:.2f} s, read back and compared in {ended - stored:.2f} s, "
        f"{wrong} different"
    )
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
