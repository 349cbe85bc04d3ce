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

"""Record what the rig sees, decides and does: a ROS 2 bag, with or without rosbag2 installed.

  theylive record monday                              what config/record.yaml names, into the folder monday
  theylive record monday --seconds 60 --namespace /rig2
  theylive record monday --topics image_raw/compressed detections

Ctrl-C (or SIGTERM) ends it; the files are closed properly. `ros2 bag play monday` plays it on Humble and everything newer,
`theylive replay monday` runs detector and selector over it again.
"""

from __future__ import annotations

import argparse
import dataclasses
import shlex
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from theylive_ros import __version__
from theylive_ros.bags.errors import BagError
from theylive_ros.bags.profile import Profile, load_profile
from theylive_ros.bags.recording import Recording
from theylive_ros.share import share_path

if TYPE_CHECKING:
    from theylive_ros.nodes.recorder import Recorder

_LINGER = 0.5  # s
_TOLD_AFTER = 5.0  # s until it is said what nobody publishes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("out", type=Path, metavar="OUT", help="folder of the recording; must not be there yet")
    parser.add_argument("--profile", type=Path, metavar="FILE", help="what is recorded (default: the package's config/record.yaml)")
    parser.add_argument("--topics", nargs="+", metavar="NAME", help="these topics instead of the profile's")
    parser.add_argument("--namespace", metavar="NAME", default="", help="of the rig that is recorded")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--mcap", dest="storage", action="store_const", const="mcap", help="as mcap files (default: the profile's word)")
    kind.add_argument("--sqlite3", dest="storage", action="store_const", const="sqlite3", help="as sqlite3 files, rosbag2's own of Humble")
    parser.add_argument("--compress", action="store_true", help="with zstd; mcap alone")
    parser.add_argument("--max-size", type=int, metavar="BYTES", help="a new file after so many bytes; 0: never")
    parser.add_argument("--max-duration", type=float, metavar="S", help="a new file after so many seconds; 0: never")
    parser.add_argument("--seconds", type=float, metavar="N", help="end after this time (default: at Ctrl-C)")
    parser.add_argument("--quiet", action="store_true", help="no status line and no summary")
    parser.add_argument("--command", action="store_true", help="only print the line for `ros2 bag record` that records the same")
    parser.add_argument("--ros-args", nargs=argparse.REMAINDER, default=[], metavar="...", help="for ROS: -r, -p use_sim_time:=true, ...")


def run(args: argparse.Namespace) -> int:
    """Record until told to end; 0, 1 if messages were dropped or none came. Raises BagError."""
    if args.seconds is not None and not 0 < args.seconds < float("inf"):
        raise BagError(f"--seconds is {args.seconds}; it must be more than 0")
    path = args.profile or share_path("config", "record.yaml")
    profile = _changed(load_profile(path), args)
    if args.command:
        print(_command(profile, args, path))
        return 0
    import rclpy

    from theylive_ros.controller.stop_flag import StopFlag
    from theylive_ros.nodes.process import start_ros, stop_signals
    from theylive_ros.nodes.recorder import Recorder, check_names
    from theylive_ros.nodes.spin import spin

    check_names(profile.topics)
    arguments = ["--ros-args", *(["-r", f"__ns:=/{args.namespace.strip('/')}"] if args.namespace else []), *args.ros_args]
    recording = None
    with stop_signals() as stop:  # until all is written: who is impatient may lose nothing
        try:
            start_ros(arguments)
            recording = Recording(args.out, profile.storage, {"recorder": f"theylive_ros {__version__}"})
            node = Recorder(profile, recording)
            status = _Status(node, recording, args)
            ending = _Ending(lambda: stop.is_set() or status.over(), recording.counts.total)
            spin([node], StopFlag(), ending)
        finally:
            rclpy.try_shutdown()
            if recording is not None:
                recording.close()
    return status.sum_up()


class _Ending:
    """When to end: what was sent before that and still waits to be heard is waited for, a moment at most."""

    def __init__(self, over: Callable[[], bool], heard: Callable[[], int]) -> None:
        self._over, self._heard = over, heard
        self._last: tuple[float, int] | None = None

    def __call__(self) -> bool:
        if self._last is None:
            if self._over():
                self._last = time.monotonic() + _LINGER, -1
            return False
        until, before = self._last
        self._last = until, self._heard()
        return self._last[1] == before or time.monotonic() >= until


class _Status:
    """How it goes: a line that is renewed on a terminal, some lines at the end."""

    def __init__(self, node: Recorder, recording: Recording, args: argparse.Namespace) -> None:
        self._node, self._recording, self._args = node, recording, args
        self._begin = self._next = time.monotonic()
        self._live = sys.stderr.isatty() and not args.quiet
        self._told = False

    def over(self) -> bool:
        """Renew the line once a second; whether it is time to end."""
        now = time.monotonic()
        if self._live and now >= self._next:
            self._next = now + 1.0
            sys.stderr.write(f"\r\x1b[K{self._words()}"[:160])
            sys.stderr.flush()
        if not self._told and now - self._begin >= _TOLD_AFTER and not self._recording.counts:
            self._told = True
            missing = ", ".join(self._node.missing)
            self._say(f"nothing to record yet: {'nobody publishes ' + missing if missing else 'nobody has said anything'}")
        return self._recording.failed or (self._args.seconds is not None and now - self._begin >= self._args.seconds)

    def sum_up(self) -> int:
        """Say what was recorded; the exit status."""
        if self._live:
            sys.stderr.write("\r\x1b[K")
        recording = self._recording
        if not self._args.quiet:
            self._say(f"{self._words()} in {self._args.out}")
            for topic, count in sorted(recording.counts.items()):
                print(f"  {topic:<32} {count}", file=sys.stderr)
        if recording.dropped:
            lost = ", ".join(f"{count} of {topic}" for topic, count in recording.dropped.items())
            self._say(f"dropped {lost}: the disk is too slow; record less, or compressed pictures")
        if not recording.counts:
            self._say("nothing was recorded: are the nodes running, in this namespace and ROS_DOMAIN_ID?")
        return 1 if recording.dropped or not recording.counts else 0

    def _words(self) -> str:
        seconds = time.monotonic() - self._begin
        return f"{seconds:.0f} s, {self._recording.counts.total()} messages, {self._recording.size / 1e6:.1f} MB"

    @staticmethod
    def _say(words: str) -> None:
        print(f"theylive record: {words}", file=sys.stderr)


def _changed(profile: Profile, args: argparse.Namespace) -> Profile:
    """The profile, changed by what the command line says."""
    said = {"kind": args.storage, "compress": args.compress or None, "max_size": args.max_size, "max_duration": args.max_duration}
    storage = dataclasses.replace(profile.storage, **{name: value for name, value in said.items() if value is not None})
    if storage.max_size < 0 or not 0 <= storage.max_duration < float("inf"):
        raise BagError("--max-size and --max-duration must be 0 or more")
    return dataclasses.replace(profile, storage=storage, topics=tuple(args.topics or profile.topics))


def _command(profile: Profile, args: argparse.Namespace, path: Path) -> str:
    """What rosbag2 of Humble or newer is called with."""
    space = f"/{args.namespace.strip('/')}".rstrip("/")
    storage = profile.storage
    words = ["ros2", "bag", "record", "-o", str(args.out), "-s", storage.kind]
    words += ["--max-bag-size", str(storage.max_size), "--max-bag-duration", str(round(storage.max_duration))]
    words += ["--storage-preset-profile", "zstd_fast"] if storage.compress else []
    if not space and not args.profile:  # its overrides name topics outside of a namespace
        words += ["--qos-profile-overrides-path", str(path.parent / "record_qos.yaml")]
    words += [topic if topic.startswith("/") else f"{space}/{topic}" for topic in profile.topics]
    return shlex.join(words)
