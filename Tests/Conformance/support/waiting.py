"""Waiting for conditions. The only place of the tests that may let time pass."""

import time


class DeadlinePassed(AssertionError):
    pass


def wait_until(condition, what, deadline=10.0):
    """Returns the first true value of `condition()`; fails after `deadline` seconds."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise DeadlinePassed(f"not within {deadline} s: {what}")
        time.sleep(0.005)
