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

"""Two machines on one computer: network namespaces joined by a cable that can be cut, shaped, and freed of multicast.

What runs in one of them shares neither network nor shared memory with the rest, so that ROS must go over the cable; the monotonic clock
and the files are the same.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time

import pytest

RIG, LAPTOP = "rig", "laptop"


class Cable:
    """The two machines and the cable between them. Root only; ends with `close`."""

    def __init__(self):
        self.address = {RIG: "10.87.0.1", LAPTOP: "10.87.0.2"}
        self._spaces = {machine: f"theylive-{os.getpid()}-{machine}" for machine in (RIG, LAPTOP)}
        self._hosts = {}

    def lay(self):
        """Switch the machines on and join them. Raises OSError where that cannot be."""
        for space in self._spaces.values():
            _ip("netns", "add", space)
        rig, laptop = self._spaces.values()
        _ip("-n", rig, "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", laptop)
        for machine, space in self._spaces.items():
            _ip("-n", space, "address", "add", f"{self.address[machine]}/24", "dev", "cable")
            for device in ("lo", "cable"):
                _ip("-n", space, "link", "set", device, "up")
            # It stands for the machine: whoever runs there has its network and its shared memory.
            boot = ["ip", "netns", "exec", space, "sh", "-c", "mount -t tmpfs tmpfs /dev/shm && echo up && exec cat"]
            self._hosts[machine] = subprocess.Popen(boot, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            if not self._hosts[machine].stdout.readline():
                raise OSError(self._hosts[machine].stderr.read().decode(errors="replace").strip())
        # The kernel may be a second late in saying that a cable carries, and DDS never looks again at one that did not when it began.
        end = time.monotonic() + 10.0
        while not all(" state UP " in _ip("-n", space, "link", "show", "cable") for space in self._spaces.values()):
            if time.monotonic() > end:
                raise OSError("the cable between the namespaces does not come up")
            time.sleep(0.02)

    def on(self, machine, *command):
        """The command line that runs `command` on one of the machines."""
        return ("nsenter", "--target", self._hosts[machine].pid, "--net", "--mount", "--", *command)

    def cut(self):
        """Nothing comes through any more."""
        _ip("-n", self._spaces[LAPTOP], "link", "set", "cable", "down")

    def mend(self):
        """It does again."""
        _ip("-n", self._spaces[LAPTOP], "link", "set", "cable", "up")

    def forget_multicast(self):
        """Loses what is sent to many at once, as wireless networks may. Raises OSError where the kernel cannot."""
        for space in self._spaces.values():
            _tc(space, "qdisc", "replace", "dev", "cable", "root", "handle", "1:", "htb", "default", "10")
            for name in ("10", "20"):
                _tc(space, "class", "add", "dev", "cable", "parent", "1:", "classid", f"1:{name}", "htb", "rate", "1gbit")
            _tc(space, "qdisc", "add", "dev", "cable", "parent", "1:20", "pfifo", "limit", "0")
            to_many = ("u32", "match", "ip", "dst", "224.0.0.0/4", "flowid", "1:20")
            _tc(space, "filter", "add", "dev", "cable", "parent", "1:", "protocol", "ip", *to_many)

    def narrow(self, rate, queue="100ms"):
        """Lets through no more from the rig than a rate, such as 10mbit, and loses what would wait longer than `queue`. Raises OSError
        where the kernel cannot."""
        _tc(self._spaces[RIG], "qdisc", "replace", "dev", "cable", "root", "tbf", "rate", rate, "burst", "16kbit", "latency", queue)

    def close(self):
        for host in self._hosts.values():
            host.communicate()  # at the end of its input it ends
        for space in self._spaces.values():
            subprocess.run(["ip", "netns", "delete", space], capture_output=True)


@contextlib.contextmanager
def two_machines():
    """A cable with its machines; skips the test by name where there can be none."""
    if os.geteuid() or not shutil.which("ip"):
        pytest.skip("needs root and `ip netns` (package iproute2)")
    cable = Cable()
    try:
        try:
            cable.lay()
        except OSError as error:
            pytest.skip(f"no network namespaces here: {error}")
        yield cable
    finally:
        cable.close()


def _ip(*words):
    return _run("ip", *words)


def _tc(space, *words):
    _run("tc", "-n", space, *words)


def _run(*words):
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode:
        raise OSError(done.stderr.strip())
    return done.stdout
