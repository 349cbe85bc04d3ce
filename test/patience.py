# Copyright 2026 theylive_ros developers
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

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
