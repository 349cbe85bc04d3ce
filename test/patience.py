"""Waiting for a controller, in tests of real time."""

import time


def wait_for(link, condition, seconds=10.0):
    """The first status of a link's controller for which `condition(status)`; fails the test otherwise."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        link.pump()
        status = link.status()
        if status is not None and condition(status):
            return status
        time.sleep(0.002)
    raise AssertionError(f"never came: {link.status()} {link.take_errors()}")


def eventually(condition, seconds=5.0):
    """Whether `condition()` comes to hold."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.002)
    return bool(condition())
