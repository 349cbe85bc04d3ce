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

"""Every test run keeps to itself: a ROS domain and log folder of its own, nothing heard from other machines, nothing left running."""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from needs_ros import needs_ros

from theylive_ros import parting

_MARK = "THEYLIVE_TEST_RUN"


def _keep_to_itself() -> None:
    """Set before anything imports rclpy or messages: both read it once."""
    logs = tempfile.mkdtemp(prefix="theylive-test-log-")
    atexit.register(shutil.rmtree, logs, ignore_errors=True)
    for name in (
        "ROS_DISCOVERY_SERVER",
        "ROS_STATIC_PEERS",
        "FASTRTPS_DEFAULT_PROFILES_FILE",
        "FASTDDS_DEFAULT_PROFILES_FILE",
        "CYCLONEDDS_URI",
    ):
        os.environ.pop(name, None)
    # Humble and older know only the second; newer ones warn of it.
    local = (
        {"ROS_LOCALHOST_ONLY": "1"} if os.environ.get("ROS_DISTRO", "jazzy") < "iron" else {"ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
    )
    os.environ.pop("ROS_LOCALHOST_ONLY", None)
    os.environ.update(
        local,
        ROS_DOMAIN_ID=str(os.getpid() % 101 + 1),
        ROS_PYTHON_CHECK_FIELDS="1",
        ROS_LOG_DIR=logs,
        **{_MARK: str(os.getpid())},
    )


_keep_to_itself()
parting.end_later = lambda status: None  # a main() that is called by a test ends no tests


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs ROS 2, and of that what makes nodes in its own process: most of what another distribution can break, and quick."""
    for item in items:
        makes_nodes = "bench" in getattr(item, "fixturenames", ())
        if makes_nodes:
            item.add_marker("nodes")
        if makes_nodes or needs_ros(item.path):
            item.add_marker("ros")


if int(pytest.__version__.partition(".")[0]) >= 7:  # Humble's names the file otherwise

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
        """launch_testing's own hook imports every file while it lists the folder: one that skips itself would take all others along."""
        return None if module_path.parent.name == "launch" else pytest.Module.from_parent(parent, path=module_path)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder with the real pictures and models, named by THEYLIVE_DATA."""
    folder = os.environ.get("THEYLIVE_DATA")
    if not folder:
        pytest.skip("THEYLIVE_DATA does not name the folder with the real pictures")
    if not Path(folder).is_dir():
        pytest.fail(f"THEYLIVE_DATA is {folder}, which is no folder")
    return Path(folder)


@pytest.fixture(scope="session", autouse=True)
def nothing_left_running():
    """Fail the run when it leaves processes or threads behind that would keep the light's line or a port."""
    yield
    deadline = time.monotonic() + 5.0
    while (left := [*_threads(), *_processes()]) and time.monotonic() < deadline:
        time.sleep(0.05)
    if left:
        pytest.fail("left running at the end: " + "; ".join(left), pytrace=False)


@pytest.fixture(scope="module", autouse=True)
def participants_freed():
    """What rclpy keeps of a node in cycles of references keeps its DDS participant, and of those only so many find each other."""
    yield
    if "rclpy" in sys.modules:
        gc.collect()


def _threads() -> list[str]:
    return [f"thread {t.name}" for t in threading.enumerate() if not t.daemon and t is not threading.main_thread()]


def _processes() -> list[str]:
    """Every other process that was started by this run, also one whose parent is gone: it has inherited the mark."""
    mark = f"{_MARK}={os.getpid()}".encode()
    left = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended meanwhile, or is another user's
            if int(folder.name) != os.getpid() and mark in (folder / "environ").read_bytes().split(b"\0"):
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                left.append(f"process {folder.name} ({command[:120]})")
    return left


@pytest.fixture
def bench():
    """ROS nodes spun over real DDS, see ros_bench.Bench."""
    ros_bench = pytest.importorskip("ros_bench", reason="needs ROS 2 (rclpy)")
    with ros_bench.open_bench() as made:
        yield made
