"""Work in several threads that fails the test when a thread fails, and never outlives it."""

import threading
import time


class Together:
    """Runs `work(number)` in `count` threads: Together(4, work).finish()"""

    def __init__(self, count, work, deadline=120.0):
        self.failures = []
        self.stop = threading.Event()
        self.end = time.monotonic() + deadline
        # Daemons: a thread that hangs with a hung server must not keep the run from ending.
        self.threads = [
            threading.Thread(target=self.guard, args=(work, number), daemon=True)
            for number in range(count)
        ]
        for thread in self.threads:
            thread.start()

    def call(self, work, number):
        work(number)

    def guard(self, work, number):
        try:
            self.call(work, number)
        except BaseException as failure:
            self.failures.append(failure)

    def finish(self):
        for thread in self.threads:
            thread.join(max(0.0, self.end - time.monotonic()))
        if self.failures:
            raise self.failures[0]
        assert not any(thread.is_alive() for thread in self.threads), "a thread hangs"


class Background(Together):
    """Runs `work(number, stopping)` while a `with` block lasts; work ends when `stopping()`."""

    def call(self, work, number):
        work(number, self.stop.is_set)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.stop.set()
        if kind is None:
            self.finish()
