"""The main job on real input: a directory of real files, stored and read back byte for byte."""

import hashlib
import os
import pathlib
import subprocess

import pytest
import redis

from support.server import BINARY, MIB

DIRECTORIES = [pathlib.Path(p) for p in ("/usr/share/doc", "/usr/share", "/usr/lib/python3")]
BUDGET = 48 * MIB


@pytest.fixture(scope="module")
def files():
    """Paths, contents and digests of up to 48 MiB of real files."""
    found, total = {}, 0
    for directory in DIRECTORIES:
        for folder, folders, names in os.walk(directory):
            folders.sort()
            for name in sorted(names):
                path = pathlib.Path(folder, name)
                if path.is_symlink() or not path.is_file() or not os.access(path, os.R_OK):
                    continue
                if total + path.stat().st_size > BUDGET:
                    continue
                found[str(path)] = path.read_bytes()
                total += len(found[str(path)])
        if total > BUDGET // 2:
            break
    if total < MIB:
        pytest.skip("no directory of real files on this machine")
    return found


def test_real_files_come_back_byte_for_byte(files, server, protocol):
    with redis.Redis(port=server.port, protocol=protocol) as client:
        with client.pipeline(transaction=False) as pipe:
            for path, content in files.items():
                pipe.set(path, content)
                if len(pipe) >= 100:
                    assert all(pipe.execute())
            pipe.execute()
        assert client.dbsize() == len(files)
        wrong = []
        names = list(files)
        for start in range(0, len(names), 64):
            batch = names[start : start + 64]
            for name, content in zip(batch, client.mget(batch)):
                if content != files[name]:
                    wrong.append(name)
        assert wrong == []
        assert {k.decode("utf-8", "surrogateescape") for k in client.scan_iter(count=1000)} == set(
            names
        )


def test_real_files_come_back_through_other_ways_of_reading(files, server):
    largest = sorted(files, key=lambda name: len(files[name]))[-20:]
    with redis.Redis(port=server.port) as client:
        for name in largest:
            content = files[name]
            half = len(content) // 2
            client.set(name, content[:half])
            assert client.append(name, content[half:]) == len(content)
            parts = [
                client.getrange(name, at, min(at + 65_535, len(content) - 1))
                for at in range(0, len(content), 65_536)
            ]
            assert hashlib.sha256(b"".join(parts)).digest() == hashlib.sha256(content).digest()


@pytest.mark.cairn_only
def test_the_load_generator_verifies_real_files(server):
    done = subprocess.run(
        [
            BINARY,
            "bench",
            "--host",
            "127.0.0.1",
            "--port",
            str(server.port),
            "--files",
            "/usr/share/doc",
            "--connections",
            "8",
            "--pipeline",
            "8",
            "--duration",
            "2s",
            "--verify",
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
