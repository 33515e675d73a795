"""Starts the server under test, or a Redis in its place, and stops it by its process id."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess

from .waiting import wait_until
from .wire import PATIENCE, Wire

ROOT = pathlib.Path(__file__).resolve().parents[3]
TARGET = os.environ.get("CAIRN_TEST_TARGET", "cairn")
BINARY = os.environ.get("CAIRN_BINARY", str(ROOT / ".build/release/cairn"))
REDIS = os.environ.get("CAIRN_TEST_REDIS") or shutil.which("redis-server")
SHARDS = int(os.environ.get("CAIRN_TEST_SHARDS", "1"))

MIB = 1 << 20


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A running server. Subclasses know the command line and what `ready` looks like."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.port = free_port()
        self.host = "127.0.0.1"
        self.unix = str(self.folder / "socket")
        self.log = self.folder / "log"
        self.password = None
        self.process = None

    def launch(self, arguments, environment=None):
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
            )
        wait_until(self.is_ready, f"ready: {' '.join(arguments)}", deadline=30)

    def is_ready(self):
        assert self.process.poll() is None, f"the server ended:\n{self.output()}"
        return self.says_ready()

    def output(self):
        return self.log.read_text(errors="replace")

    def connect(self, protocol=2, timeout=PATIENCE):
        return Wire((self.host, self.port), timeout, protocol, self.password)

    @property
    def is_alive(self):
        return self.process.poll() is None

    @property
    def pid(self):
        return self.process.pid

    def memory(self, field="VmRSS"):
        """A field of /proc/PID/status, in bytes."""
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1]) << 10
        raise AssertionError(f"no {field}: has the server ended?\n{self.output()}")

    def cpu_seconds(self):
        """User and system time of the process so far."""
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def kill(self):
        """Ends it at once: for one that doesn't answer."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Asks it to end and returns the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(f"no end within 30 s of SIGTERM:\n{self.output()}") from None
        return self.process.returncode


class CairnServer(Server):
    is_cairn = True

    def __init__(
        self,
        folder,
        shards=None,
        memory=512 * MIB,
        flags=(),
        config=None,
        password=None,
        environment=None,
    ):
        super().__init__(folder)
        self.stats_port = free_port()
        self.password = password
        self.memory_limit = memory
        self.shards = shards or SHARDS
        arguments = [
            BINARY,
            "serve",
            "--listen",
            f"127.0.0.1:{self.port}",
            "--unix",
            self.unix,
            "--stats",
            f"127.0.0.1:{self.stats_port}",
            "--memory",
            f"{memory // MIB}MiB",
            "--shards",
            str(self.shards),
            *flags,
        ]
        settings = dict(config or {})
        if password is not None:
            settings["password"] = password
        if settings:
            path = self.folder / "cairn.yaml"
            path.write_text("".join(f"{name}: {value}\n" for name, value in settings.items()))
            arguments += ["--config", str(path)]
        self.launch(arguments, environment)

    def says_ready(self):
        return "ready" in self.output()


class RedisServer(Server):
    is_cairn = False
    shards = 1

    def __init__(self, folder, shards=None, memory=None, flags=(), config=None, password=None):
        super().__init__(folder)
        self.password = password
        self.memory_limit = memory
        arguments = [
            REDIS,
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--unixsocket",
            self.unix,
            "--save",
            "",
            "--appendonly",
            "no",
            "--dir",
            str(self.folder),
        ]
        if password is not None:
            arguments += ["--requirepass", password]
        self.launch(arguments)

    def says_ready(self):
        return "Ready to accept connections" in self.output()

    def version(self):
        with self.connect() as wire:
            text = wire("INFO", "server").decode()
        line = next(x for x in text.splitlines() if x.startswith("redis_version:"))
        return tuple(int(part) for part in line.split(":")[1].split("."))


def start(folder, **options):
    folder.mkdir(parents=True, exist_ok=True)
    kind = RedisServer if TARGET == "redis" else CairnServer
    return kind(folder, **options)
