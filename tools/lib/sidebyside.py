"""Shared by the measuring tools: servers on one processor, a client on another, runs that take
turns, medians, and a table."""

import atexit
import ctypes
import json
import os
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def say(text):
    print(text, file=sys.stderr, flush=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def child_setup(cpu):
    """Runs in the child: pins it, gives it the descriptors it may have, and lets it die with this
    script whatever ends the script."""
    libc = ctypes.CDLL(None)

    def prepare():
        libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        os.sched_setaffinity(0, {cpu})
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

    return prepare


class Server:
    """One server process on a port of its own."""

    def __init__(self, name, command, port, cpu):
        self.name, self.port = name, port
        self.protocol = "memcached" if name == "memcached" else "resp"
        self.filled = None
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            command, stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL,
            preexec_fn=child_setup(cpu))
        atexit.register(self.stop)
        deadline = time.monotonic() + 20
        while True:
            if self.process.poll() is not None:
                self.log.seek(0)
                text = self.log.read().decode(errors="replace")
                raise RuntimeError(f"it ended at its start: {text.strip()[-400:]}")
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                if time.monotonic() > deadline:
                    self.stop()
                    raise RuntimeError(f"it does not listen on port {port}")
                time.sleep(0.05)

    @property
    def pid(self):
        return self.process.pid

    def stop(self):
        if self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def bench(options, server, keys, seconds, arguments):
    """One run of the client; the parsed JSON."""
    command = [
        options.cairn, "bench", "--protocol", server.protocol, "--port", str(server.port), "--keys",
        str(keys), "--cpus", str(options.client_cpu), "--server-pid", str(server.pid),
        "--duration", f"{seconds}s", "--quiet", "--json", "-", *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, preexec_fn=child_setup(options.client_cpu))
    if done.returncode != 0:
        said = done.stderr + done.stdout[-2000:]
        raise RuntimeError(f"{server.name}: {' '.join(command)}\n{said}")
    return json.loads(done.stdout)


def take_turns(runs, sides):
    """Runs A B A B ...: {side: [result, ...]} of {side: function}."""
    results = {name: [] for name in sides}
    for number in range(runs):
        for name, run in sides.items():
            results[name].append(run())
            say(f"    {number + 1}/{runs} {name}")
    return results


def value_at(result, path):
    for key in path.split("."):
        result = result[key]
    return result


def median(results, path):
    return statistics.median(value_at(result, path) for result in results)


def median_ratio(over, under, path):
    """The median of the ratios of neighbours in time: a slow minute hits both."""
    return statistics.median(
        value_at(a, path) / max(value_at(b, path), 1e-9) for a, b in zip(over, under))


def table(lines, markdown, left=1):
    """Lines of cells as text; the first is the heading, the first `left` columns are words."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    text = []
    for number, line in enumerate(lines):
        cells = [
            c.ljust(w) if i < left else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths))]
        text.append("| " + " | ".join(cells) + " |" if markdown else "  ".join(cells).rstrip())
        if number == 0 and markdown:
            text.append("|" + "|".join(
                "-" * (w + 2) if i < left else "-" * (w + 1) + ":" for i, w in enumerate(widths))
                + "|")
    return "\n".join(text)


def add_common_arguments(parser, report):
    parser.add_argument("--runs", type=int, help="rounds of every scenario")
    parser.add_argument("--seconds", type=float, help="measured time of a run")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    parser.add_argument("--json", default=os.path.join(ROOT, ".build", report))
    parser.add_argument("--cairn", default=os.path.join(ROOT, ".build", "release", "cairn"))
    parser.add_argument("--server-cpu", type=int, default=0)
    parser.add_argument("--client-cpu", type=int, default=1)


def check_machine(parser, options):
    """Ends with the reason where nothing could be measured."""
    if not os.access(options.cairn, os.X_OK):
        parser.error(f"{options.cairn} is not there: swift build -c release")
    usable = os.sched_getaffinity(0)
    if not {options.server_cpu, options.client_cpu} <= usable:
        parser.error(f"processors {options.server_cpu} and {options.client_cpu} are needed, "
                     f"usable are {sorted(usable)} (--server-cpu, --client-cpu)")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def write_json(path, document):
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1)
    say(f"written: {path}")
