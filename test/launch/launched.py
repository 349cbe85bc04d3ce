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

"""What the launch tests share. They start the real launch files, as they are installed, and hold them to the product's promises.

They are written for launch_testing, not for launch_pytest. Both come from upstream's repository `launch`; but launch_testing is what
ROS 2's own page on integration tests teaches, what `ros_base` installs, and what `launch_test FILE` runs; its pytest hook runs the same
files under `pytest`, and so under `colcon test`. What launch_pytest has above it, choosing and marking single tests, is not worth much
here, where the tests of a file share one rig that takes seconds to start.
"""

from __future__ import annotations

import atexit
import importlib
import os
import signal
import sys
import time
import unittest
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

# Who imports this file first is skipped with it.
pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")
pytest.importorskip("launch_testing", reason="needs ROS 2's launch_testing, which is no wheel: source a ROS 2 installation")

import conftest  # noqa: F401 - a ROS domain of its own, also under launch_test
import launch_testing.actions
from ament_index_python.packages import PackageNotFoundError, get_package_share_directory
from launch import LaunchDescription
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from processes import children
from ros_bench import open_bench
from running_rig import RunningRig

END = 5.0  # s from Ctrl-C until all has ended
_TIMEOUT = 600  # s for a whole file, on a machine that is busy with other things


def launch_test(describe):
    """Mark a `generate_test_description`; it is skipped by name where the package is not installed."""
    try:
        get_package_share_directory("theylive_ros")
        absent = False
    except PackageNotFoundError:
        absent = True
    marks = (
        pytest.mark.launch_test,
        pytest.mark.timeout(_TIMEOUT),
        pytest.mark.skipif(absent, reason="theylive_ros is not in the ament index: source the workspace it is installed in"),
    )
    for mark in marks:
        describe = mark(describe)
    return describe


def there(module):
    """Whether a module is installed. A test that needs it is marked: `importorskip` would skip the whole folder, see conftest."""
    try:
        importlib.import_module(module)
    except ImportError:
        return False
    return True


def include(file, **arguments):
    """A launch file of the package with launch arguments."""
    path = Path(get_package_share_directory("theylive_ros"), "launch", file)
    return IncludeLaunchDescription(PythonLaunchDescriptionSource(str(path)), launch_arguments=arguments.items())


def description(*actions):
    """What `generate_test_description` returns: the tests begin at once, for they wait for what they need."""
    return LaunchDescription([*actions, launch_testing.actions.ReadyToTest()])


class Rigs:
    """Ears on the rigs of a launch, from the first test until all has ended: the tests after that ask for the last word."""

    def __init__(self, *namespaces):
        self._namespaces = namespaces
        self._stack = ExitStack()
        self._ending = 0.0
        atexit.register(self.close)  # a test that was broken off gets no further

    def keep(self, thing):
        """Enter a context that is left when all is over."""
        return self._stack.enter_context(thing)

    def open(self):
        """The rigs, one for each namespace."""
        bench = self.keep(open_bench())
        self.rigs = [RunningRig(bench, namespace) for namespace in self._namespaces]
        return self.rigs

    def end(self):
        """Launch ends all after this, as at Ctrl-C."""
        self._ending = time.monotonic()

    def close(self):
        """Hear no more, and leave no process."""
        self._stack.close()
        for pid in _launched():
            os.kill(pid, signal.SIGKILL)

    def check_the_end(self, proc_info):
        """All has ended in time, in order and dark; called as soon as all has."""
        took = time.monotonic() - self._ending
        launch_testing.asserts.assertExitCodes(proc_info)
        assert took < END, f"it took {took:.1f} s"
        assert not any(rig.laser.messages and rig.laser.messages[-1].on for rig in self.rigs)


def the_end(rigs):
    """The tests after all has ended, the same in every file. Made here, for a class that is imported would be one of each file's own."""

    @launch_testing.post_shutdown_test()
    class TestTheEnd(unittest.TestCase):
        @classmethod
        def tearDownClass(cls):
            rigs.close()

        def test_all_end_in_time_in_order_and_dark(self, proc_info):
            rigs.check_the_end(proc_info)

    return TestTheEnd


def kill(executable, namespace=""):
    """SIGKILL to the launched process of an executable of the package."""
    (pid,) = [pid for pid, (name, words) in _launched().items() if name == executable and (not namespace or f"__ns:=/{namespace}" in words)]
    os.kill(pid, signal.SIGKILL)


def _launched():
    """Process -> the executable of the package that it runs, and its arguments."""
    found = {}
    for pid in children(os.getpid()):
        with suppress(OSError):  # it has ended meanwhile
            words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
            for word in words:
                folder, _, name = word.rpartition("/")
                if folder.endswith("/theylive_ros"):
                    found.setdefault(pid, (name, words))
    return found
