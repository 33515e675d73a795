"""Servers for the tests: one for the whole run, others on demand.

CAIRN_BINARY        the server (default .build/release/cairn)
CAIRN_TEST_SHARDS   its shards (default 1)
CAIRN_TEST_TARGET   `redis` runs the same tests against Redis, to judge the tests themselves
CAIRN_TEST_REDIS    which redis-server that is, and which one Cairn is compared with
CAIRN_TEST_SEED     the seed of the random tests; printed by a failing one
CAIRN_TEST_PATIENCE seconds a test waits for one answer (default 20)
CAIRN_SOAK          1: the random tests take many more steps
"""

import os
import pathlib
import random
import resource

import pytest

pytest.register_assert_rewrite("support.cases", "support.wire")

from support import server as servers  # noqa: E402  (after the line above)
from support.wire import PATIENCE  # noqa: E402

# Thousands of connections: as many descriptors as this user may have, at both ends.
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def pytest_report_header(config):
    if servers.TARGET == "redis":
        return f"target: redis ({servers.REDIS})"
    return f"target: {servers.BINARY}, {servers.SHARDS} shards"


def pytest_collection_modifyitems(items):
    if servers.TARGET != "redis":
        return
    for item in items:
        if item.get_closest_marker("cairn_only"):
            item.add_marker(pytest.mark.skip(reason="states what Cairn alone promises"))


class Shared:
    """The server most tests use, and its successors if it ends or stops answering."""

    def __init__(self, factory):
        self.factory = factory
        self.last_test = "none"
        self.faults = []
        self.server = servers.start(factory.mktemp("shared"))

    def emptied(self, test):
        """The server without keys. If the test before has spoilt it, a new one takes its place, so
        that one fault fails one test and the run."""
        before, self.last_test = self.last_test, test
        try:
            with self.server.connect(timeout=10.0) as wire:
                assert wire("FLUSHALL") == "OK"
        except Exception as failure:
            fault = f"after {before}: {failure!r}\n{self.server.output()[-2000:]}"
            self.faults.append(fault)
            self.server.kill()
            self.server = servers.start(self.factory.mktemp("shared"))
        return self.server


@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    """It must survive all tests and then stop with status 0."""
    holder = Shared(tmp_path_factory)
    yield holder
    holder.emptied("the end")
    assert holder.server.stop() == 0, holder.server.output()
    assert holder.faults == [], "the server ended or hung:\n" + "\n".join(holder.faults)


@pytest.fixture
def server(shared, request):
    """The shared server, emptied."""
    made = shared.emptied(request.node.name)
    marker = request.node.get_closest_marker("redis_from")
    if marker and not made.is_cairn and made.version() < marker.args:
        pytest.skip(f"needs Redis {marker.args}")
    return made


@pytest.fixture
def connect(server):
    """Makes raw connections to the shared server and closes them."""
    wires = []

    def make(protocol=2, timeout=PATIENCE):
        wires.append(server.connect(protocol, timeout))
        return wires[-1]

    yield make
    for wire in wires:
        wire.close()


@pytest.fixture
def wire(connect):
    return connect()


@pytest.fixture(params=[2, 3], ids=["RESP2", "RESP3"])
def protocol(request):
    return request.param


@pytest.fixture
def start(tmp_path):
    """Starts servers of the test's own; each must stop with status 0."""
    running = []

    def make(**options):
        running.append(servers.start(tmp_path / f"server{len(running)}", **options))
        return running[-1]

    yield make
    statuses = [(s, s.stop()) for s in running]
    for stopped, status in statuses:
        assert status == 0, stopped.output()


@pytest.fixture(scope="session")
def redis_reference(tmp_path_factory):
    """A Redis to compare with."""
    if not servers.REDIS:
        pytest.skip("no redis-server to compare with: run tools/setup --test")
    server = servers.RedisServer(tmp_path_factory.mktemp("reference"))
    yield server
    assert server.stop() == 0


@pytest.fixture
def rng(request):
    """Random numbers from a seed that a failing test shows."""
    seed = int(os.environ.get("CAIRN_TEST_SEED") or random.SystemRandom().getrandbits(48))
    print(f"replay with: CAIRN_TEST_SEED={seed} pytest -k {request.node.name!r}")
    return random.Random(seed)


@pytest.fixture(scope="session")
def soak():
    """Factor for the number of steps of random tests."""
    return 20 if os.environ.get("CAIRN_SOAK") == "1" else 1


@pytest.fixture(scope="session")
def corpus():
    """Requests the fuzzers found or were given."""
    folder = servers.ROOT / "Tests/Fuzz/corpus/resp"
    return sorted(p for p in pathlib.Path(folder).rglob("*") if p.is_file() and "orpus" in str(p))
