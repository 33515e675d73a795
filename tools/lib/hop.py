"""Loads a server of two shards with keys that lie on the client's shard, or all on the other.

The same connections send the same number of the same requests in the same batches, so what the
server's processor time a request differs by is the way to the other shard and back. `cairn bench`
can't aim at shards; the batches are built beforehand and their replies have a known length, so that
this client is fast enough, and its own speed has no part in the server's processor time.
"""

import os
import pathlib
import socket
import time
import urllib.request

VALUE = b"v" * 64
REPLY_BYTES = len(b"$64\r\n") + 64 + 2


def encode(*parts):
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts)


class Client:
    """Connections to a server, each with batches of near and far keys."""

    def __init__(self, port, stats_port, connections, pipeline, keys=256):
        self.stats_port, self.pipeline = stats_port, pipeline
        self.sockets = []
        for _ in range(connections):
            made = socket.create_connection(("127.0.0.1", port), 10)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sockets.append(made)
        names = [b"key:%012d" % n for n in range(keys)]
        self.ask(self.sockets[0], [encode(b"SET", name, VALUE) for name in names], len(b"+OK\r\n"))
        # Which keys need another shard, seen from the first connection; and for which connections
        # it is the other way round.
        far = [self.hops(self.sockets[0], name) for name in names]
        sample = names[far.index(True)]
        sides = [self.hops(made, sample) for made in self.sockets]
        self.batches = {"near": [], "far": []}
        for side in sides:
            away = [name for name, hops in zip(names, far) if hops == side]
            home = [name for name, hops in zip(names, far) if hops != side]
            self.batches["near"].append(self.batch(home))
            self.batches["far"].append(self.batch(away))
        if len(set(sides)) != 2:
            raise RuntimeError("all connections are on one shard")

    def batch(self, names):
        """Batches of `pipeline` requests, enough for all the keys."""
        wanted = [names[n % len(names)] for n in range(max(len(names), self.pipeline))]
        return [
            b"".join(encode(b"GET", name) for name in wanted[at : at + self.pipeline])
            for at in range(0, len(wanted) - self.pipeline + 1, self.pipeline)]

    def ask(self, made, requests, reply_bytes):
        made.sendall(b"".join(requests))
        self.take(made, len(requests) * reply_bytes)

    @staticmethod
    def take(made, count):
        while count > 0:
            got = len(made.recv(count))
            if got == 0:
                raise RuntimeError("the server closed the connection")
            count -= got

    def crossed(self):
        """Requests handed to another shard so far, as the server counts them."""
        url = f"http://127.0.0.1:{self.stats_port}/metrics"
        with urllib.request.urlopen(url, timeout=10) as reply:
            lines = reply.read().decode().splitlines()
        return sum(
            float(line.split()[-1]) for line in lines
            if line.startswith("cairn_cross_shard_sent_total"))

    def hops(self, made, name):
        """Whether a key is on another shard than the connection."""
        before = self.crossed()
        self.ask(made, [encode(b"GET", name)] * 4, REPLY_BYTES)
        sent = self.crossed() - before
        if sent not in (0, 4):
            raise RuntimeError(f"{sent} of 4 requests crossed: somebody else uses the server")
        return sent == 4

    def load(self, side, seconds):
        """Requests answered in the time: every connection has one batch under way."""
        batches, count = self.batches[side], 0
        end = time.monotonic() + seconds
        turn = 0
        while time.monotonic() < end:
            for made, mine in zip(self.sockets, batches):
                made.sendall(mine[turn % len(mine)])
            for made in self.sockets:
                self.take(made, self.pipeline * REPLY_BYTES)
            count += self.pipeline * len(self.sockets)
            turn += 1
        return count

    def close(self):
        for made in self.sockets:
            made.close()


def shard_threads(pid):
    """{kernel id: name} of a server's shards."""
    names = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        name = (task / "comm").read_text().strip()
        if name.startswith("shard-"):
            names[int(task.name)] = name
    return names


def shard_seconds(pid):
    """Processor time of a server's shards."""
    return sum(
        int(pathlib.Path(f"/proc/{pid}/task/{thread}/schedstat").read_text().split()[0])
        for thread in shard_threads(pid)) / 1e9


def pin_shards(pid, cpus):
    for number, thread in enumerate(sorted(shard_threads(pid), key=shard_threads(pid).get)):
        os.sched_setaffinity(thread, {cpus[number % len(cpus)]})
