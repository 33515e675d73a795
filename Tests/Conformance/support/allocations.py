"""Reads what `native/count_allocations.c` counts in a running server: the layouts must agree."""

import bisect
import pathlib
import shutil
import struct
import subprocess

from .server import ROOT

SOURCE = ROOT / "Tests/Conformance/native/count_allocations.c"

THREADS, STACKS, FRAMES = 256, 64, 24
HEADER = struct.Struct("<16Q")
COUNTS = struct.Struct("<16Q")
STACK = struct.Struct(f"<{1 + FRAMES}Q")
ARMED_AT, STACKS_AT = 8, 16


def build(folder):
    """Compiles the counter; the path of the library."""
    library = folder / "count_allocations.so"
    # Swift brings clang, and needs a C tool chain to link.
    compiler = shutil.which("cc") or shutil.which("clang") or "gcc"
    subprocess.run(
        [compiler, "-O2", "-Wall", "-fPIC", "-shared", "-o", library, SOURCE, "-ldl"], check=True
    )
    return library


class Allocations:
    """The counts of one server's shards."""

    def __init__(self, path, pid):
        self.path = pathlib.Path(path)
        self.pid = pid

    def threads(self):
        """{kernel id: name} of the shards."""
        names = {}
        for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir():
            name = (task / "comm").read_text().strip()
            if name.startswith("shard-"):
                names[int(task.name)] = name
        return names

    def read(self):
        """{shard: (allocations, mappings)} since the start."""
        names = self.threads()
        data = self.path.read_bytes()
        counts = {name: (0, 0) for name in names.values()}
        for number in range(min(HEADER.unpack_from(data)[0], THREADS)):
            row = COUNTS.unpack_from(data, HEADER.size + number * COUNTS.size)
            thread, allocations, _, mappings = row[:4]
            if thread in names:
                counts[names[thread]] = (allocations, mappings)
        return counts

    def watch(self, thread):
        """From now on keeps the stacks of this thread's allocations (0: of nobody's)."""
        with open(self.path, "r+b") as file:
            file.seek(ARMED_AT)
            file.write(struct.pack("<QQ", thread, 0))

    def stacks(self):
        """What was kept since `watch`, as text, each stack once with its number."""
        data = self.path.read_bytes()
        kept = min(struct.unpack_from("<Q", data, STACKS_AT)[0], STACKS)
        base = HEADER.size + THREADS * COUNTS.size
        names = Names(self.pid)
        seen = {}
        for number in range(kept):
            row = STACK.unpack_from(data, base + number * STACK.size)
            # The first three frames are the counter's own.
            text = "\n    ".join(names.at(address) for address in row[4 : 1 + row[0]])
            seen[text] = seen.get(text, 0) + 1
        return "\n".join(f"{times} x\n    {text}" for text, times in seen.items())


class Names:
    """The functions of a running process by address."""

    def __init__(self, pid):
        self.files = {}
        self.maps = []
        for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
            parts = line.split(None, 5)
            if len(parts) == 6 and parts[5].startswith("/") and "x" in parts[1]:
                start, end = (int(x, 16) for x in parts[0].split("-"))
                self.maps.append((start, end, int(parts[2], 16), parts[5]))

    def at(self, address):
        for start, end, offset, path in self.maps:
            if start <= address < end:
                place = address - start + offset
                return f"{self.function(path, place)} ({pathlib.Path(path).name}+{place:#x})"
        return f"{address:#x}"

    def function(self, path, place):
        if not (shutil.which("nm") and shutil.which("readelf")):
            return "?"
        if path not in self.files:
            self.files[path] = self.table(path)
        starts, names = self.files[path]
        index = bisect.bisect_right(starts, place) - 1
        return names[index] if index >= 0 else "?"

    @staticmethod
    def table(path):
        """Addresses and names of a file's functions, by offset in the file."""
        listing = subprocess.run(["nm", "--defined-only", path], capture_output=True, text=True)
        if not listing.stdout:
            listing = subprocess.run(
                ["nm", "-D", "--defined-only", path], capture_output=True, text=True
            )
        shift = Names.shift(path)
        rows = []
        for line in listing.stdout.splitlines():
            parts = line.split()
            if len(parts) == 3 and parts[1] in "tTwW":
                rows.append((int(parts[0], 16) - shift, parts[2]))
        rows.sort()
        return [row[0] for row in rows], [row[1] for row in rows]

    @staticmethod
    def shift(path):
        """What an address of the code is above its offset in the file."""
        headers = subprocess.run(["readelf", "-lW", path], capture_output=True, text=True).stdout
        for line in headers.splitlines():
            parts = line.split()
            if len(parts) > 7 and parts[0] == "LOAD" and "E" in parts[6:-1]:
                return int(parts[2], 16) - int(parts[1], 16)
        return 0
