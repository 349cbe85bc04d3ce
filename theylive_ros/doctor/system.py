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

"""Checks of permissions, the clock and real-time scheduling."""

from __future__ import annotations

import ctypes
import grp
import os
import resource
from collections.abc import Callable, Collection

from theylive_ros.doctor.finding import RIG, SET_UP, Finding, rig_lacks, well

OWN_GROUP = "theylive"
_GROUPS = (OWN_GROUP, "video", "dialout")
_PRIORITY = 50  # of the controller's SCHED_FIFO
_TIME_ERROR = 5  # what adjtimex(2) answers while the clock is not synchronised


def check_system() -> list[Finding]:
    """All of them, in the order of a report."""
    there = {g.gr_name: g.gr_gid for g in grp.getgrall()}
    mine = set(os.getgroups()) | {os.getegid()}
    groups = check_groups(there, {name for name, number in there.items() if number in mine}, os.geteuid() == 0)
    return [
        groups,
        check_clock(),
        check_realtime(resource.getrlimit(resource.RLIMIT_RTPRIO)[0], resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]),
    ]


def check_groups(there: Collection[str], mine: Collection[str], root: bool) -> Finding:
    """Whether the user is in each of the groups that devices belong to. there: the machine's groups; root: needs none."""
    if root:
        return well("groups", "root needs none", RIG)
    lacks = [g for g in _GROUPS if g in there and g not in mine]
    if lacks:
        return rig_lacks("groups", f"you are not in {', '.join(lacks)}", f"`sudo usermod -aG {','.join(lacks)} $USER`, then log in again")
    if OWN_GROUP not in there:
        return rig_lacks("groups", f"this machine has no group {OWN_GROUP}, to which GPIO, PWM and Coral would belong", SET_UP)
    return well("groups", ", ".join(g for g in _GROUPS if g in mine), RIG)


def check_clock(adjtimex: Callable[[object], int] | None = None) -> Finding:
    """Whether the clock is synchronised: a board without a battery jumps when it finds the network."""
    state = ctypes.create_string_buffer(256)  # struct timex, all zero: nothing is set
    try:
        answer = (adjtimex or ctypes.CDLL(None).adjtimex)(state)
    except (OSError, AttributeError):
        answer = _TIME_ERROR
    if answer in (-1, _TIME_ERROR):
        return rig_lacks("clock", "not synchronised: it may jump", "wait for the network, or `sudo timedatectl set-ntp true`")
    return well("clock", "synchronised", RIG)


def check_realtime(priority: int, memory: int) -> Finding:
    """Whether the controller may run with SCHED_FIFO and lock its memory. priority, memory: the limits RTPRIO and MEMLOCK (bytes)."""
    unlimited = resource.RLIM_INFINITY
    prompt = priority == unlimited or priority >= _PRIORITY
    if os.geteuid() == 0 or (prompt and (memory == unlimited or memory >= 64 << 20)):
        return well("real time", "SCHED_FIFO and locked memory are allowed", RIG)
    what = f"only {memory >> 10} KiB may be locked (ulimit -l)" if prompt else f"no SCHED_FIFO at {_PRIORITY} (ulimit -r is {priority})"
    return rig_lacks("real time", what, SET_UP)
