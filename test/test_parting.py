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

"""A process whose work is done ends, even where the middleware does not."""

import subprocess
import sys
import time

import pytest

# As Fast DDS does it: something that Python takes down last sleeps, and gives nothing else in Python a chance.
PROGRAM = """
import ctypes, sys
sys.modules["rclpy"] = sys
from theylive_ros.parting import leave
class Participant:
    def __del__(self):
        ctypes.PyDLL(None).sleep(60)
participant = Participant()
print("said")
leave(int(sys.argv[1]))
"""


@pytest.mark.parametrize("status", [0, 2])
def test_a_middleware_that_does_not_come_to_its_end_is_left_behind_with_nothing_lost(status):
    begun = time.monotonic()
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(status)], stdout=subprocess.PIPE, text=True, timeout=50, check=False)
    assert (done.returncode, done.stdout) == (status, "said\n")
    assert time.monotonic() - begun < 30


def test_without_ros_nothing_is_cut_short():
    slow = "from theylive_ros.parting import leave; import atexit, time; atexit.register(time.sleep, 4); leave(3)"
    begun = time.monotonic()
    assert subprocess.run([sys.executable, "-c", slow], timeout=50, check=False).returncode == 3
    assert time.monotonic() - begun >= 4
