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

"""Run the nodes: camera, detector, selector, mirrors, calibrator and visualizer, or a simulated rig in place of camera and hardware.

  theylive run                                        the rig of config/rig.yaml
  theylive run --camera images --source pictures/     the same nodes on pictures (a folder, a glob or a file), motors and laser simulated
  theylive run --sim crowd --arm                      a simulated rig, armed (scenarios: config/scenarios)

The laser stays dark until somebody calls the service mirrors/arm, or --arm is given. Everything after --ros-args goes to ROS, e.g.
  theylive run --camera images --source pictures/ --ros-args -p camera:camera.rate:=5.0
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from theylive_ros.nodes.said import said
from theylive_ros.share import share_path

if TYPE_CHECKING:
    from theylive_ros.nodes.figures import Figures

RIG = ("camera", "detector", "selector", "mirrors", "calibrator", "visualizer")
SIM = ("simulator", "detector", "selector", "mirrors", "calibrator", "visualizer")
_BEFORE_END = 0.5  # s for the last frames to pass through


class RunError(Exception):
    """A command line that cannot be; one line with the cure."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--camera", metavar="PLUGIN", help="camera plugin: v4l2, video, images, or one that you installed")
    what.add_argument("--sim", metavar="SCENARIO", nargs="?", const="default", help="a simulated rig (default scenario: %(const)s)")
    parser.add_argument(
        "--source", metavar="PATH", help="what the camera plugin (without --camera: v4l2) opens: a device, a video, a folder or glob"
    )
    parser.add_argument("--model", help="model file, or the name of one in the package's models folder")
    parser.add_argument("--device", choices=("auto", "cpu", "edgetpu"), help="where the model runs")
    parser.add_argument("--params-file", metavar="FILE", help="parameters of the nodes (default: the package's rig.yaml or sim.yaml)")
    parser.add_argument("--namespace", metavar="NAME", help="namespace of all nodes; a second rig takes one of its own")
    parser.add_argument("--nodes", metavar="A,B,...", help=f"default: {','.join(RIG)}; with --sim: {','.join(SIM)}")
    parser.add_argument("--processes", action="store_true", help="each node as its own process")
    parser.add_argument("--arm", action="store_true", help="arm the laser once, when the mirrors are ready")
    parser.add_argument("--seconds", type=float, metavar="N", help="end after this time (default: at Ctrl-C, or after the last frame)")
    parser.add_argument("--quiet", action="store_true", help="no status line and no summary")
    parser.add_argument("--ros-args", nargs=argparse.REMAINDER, default=[], metavar="...", help="for ROS: -p, -r, --params-file, ...")


def run(args: argparse.Namespace) -> int:
    """Run until the end; 0, 1 if a node could not do its work at the end, 2 for what cannot be. Raises RunError."""
    from theylive_ros.nodes.addressees import for_nobody
    from theylive_ros.nodes.compose import NODES
    from theylive_ros.nodes.ros_arguments import ros_arguments

    names = tuple(args.nodes.split(",")) if args.nodes else (SIM if args.sim else RIG)
    unknown = [name for name in names if name not in NODES]
    if unknown:
        raise RunError(f"no node {', '.join(unknown)}; there are: {', '.join(NODES)}")
    if args.seconds is not None and not 0 < args.seconds < float("inf"):
        raise RunError(f"--seconds is {args.seconds}; it must be more than 0")
    for name in addressed(args.ros_args):
        if name not in names:
            raise RunError(f"-p {name}:... is for no node of this run; there are: {', '.join(names)}")
    params = Path(args.params_file) if args.params_file else share_path("config", "sim.yaml" if args.sim else "rig.yaml")
    if not params.is_file():
        raise RunError(f"no parameter file {params}")
    for words in for_nobody(params, list(NODES), namespace(args)):
        print(f"theylive run: {words}", file=sys.stderr)
    with ros_arguments(params, said_by(args), args.namespace or "") as arguments:
        run_nodes = _in_processes if args.processes else _in_one
        return run_nodes(names, [*arguments, *args.ros_args], args)


def namespace(args: argparse.Namespace) -> str:
    """Where the nodes stand: `--namespace`, or as a launch says it, `-r __ns:=/NAME`."""
    told = [rule.removeprefix("__ns:=") for rule in _after(args.ros_args, "-r", "--remap") if rule.startswith("__ns:=")]
    return args.namespace or next(iter(told), "")


def addressed(ros_arguments: Sequence[str]) -> list[str]:
    """The nodes that `-p NODE:NAME:=VALUE` names. ROS itself says nothing of one that is not there."""
    rules = _after(ros_arguments, "-p", "--param")
    return [node for rule in rules for node, colon, rest in [rule.partition(":")] if colon and not rest.startswith("=") and "/" not in node]


def _after(ros_arguments: Sequence[str], *options: str) -> list[str]:
    return [after for word, after in itertools.pairwise(ros_arguments) if word in options]


def said_by(args: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """What the command line says to each node; None where it says nothing. Raises RunError, SaidError, PluginError."""
    if args.source and args.sim:
        raise RunError("--source is for a camera; a simulated rig takes --sim SCENARIO")
    return said(camera=args.camera, source=args.source, scenario=args.sim, model=args.model, device=args.device)


def _in_one(names: tuple[str, ...], arguments: list[str], args: argparse.Namespace) -> int:
    import rclpy

    from theylive_ros.nodes.armer import Armer
    from theylive_ros.nodes.compose import compose
    from theylive_ros.nodes.figures import OwnFigures
    from theylive_ros.nodes.process import start_ros, stop_signals
    from theylive_ros.nodes.spin import spin

    try:
        with stop_signals() as stop:
            start_ros(arguments)
            nodes = compose(names)
            if args.arm:
                Armer(nodes[0])
            figures = OwnFigures(nodes)
            with _Status(figures, args.quiet) as status:
                spin(nodes, stop, _Ending(figures, args.seconds, status.tell))
    finally:
        rclpy.try_shutdown()
    troubled = [f"{name}: {node.trouble}" for name, node in zip(names, nodes, strict=True) if node.trouble]
    for words in troubled:
        print(f"theylive run: {words}", file=sys.stderr)
    return 1 if troubled else 0


def _in_processes(names: tuple[str, ...], arguments: list[str], args: argparse.Namespace) -> int:
    import rclpy
    from rclpy.node import Node

    from theylive_ros.nodes.armer import Armer
    from theylive_ros.nodes.compose import end, launch
    from theylive_ros.nodes.figures import HeardFigures
    from theylive_ros.nodes.process import start_ros, stop_signals
    from theylive_ros.nodes.spin import spin

    processes = []
    try:
        with stop_signals() as stop:
            start_ros(arguments)
            helper = Node("run")
            processes = launch(names, arguments)
            if args.arm:
                Armer(helper)
            figures = HeardFigures(helper, names)
            with _Status(figures, args.quiet) as status:
                over = _Ending(figures, args.seconds, status.tell)
                spin([helper], stop, lambda: over() or any(p.poll() is not None for p in processes))
        ended = [(name, p.returncode) for name, p in zip(names, processes, strict=True) if p.poll() is not None]
        for name, code in ended:
            print(f"theylive run: node {name} ended with status {code}", file=sys.stderr)
        return 2 if ended else 0
    finally:
        end(processes)
        rclpy.try_shutdown()


class _Ending:
    """When to stop by itself: after a time, or a little after the camera's last frame."""

    def __init__(self, figures: Figures, seconds: float | None, tick: Callable[[], None]) -> None:
        self._until = time.monotonic() + seconds if seconds else float("inf")
        self._figures = figures
        self._tick = tick

    def __call__(self) -> bool:
        self._tick()
        if self._figures.ended:
            self._until = min(self._until, time.monotonic() + _BEFORE_END)
        return time.monotonic() >= self._until


class _Status(contextlib.AbstractContextManager):
    """How it goes: a line that is renewed on a terminal, one line at the end where there is none."""

    def __init__(self, figures: Figures, quiet: bool) -> None:
        self._figures = figures
        self._quiet = quiet
        self._live = sys.stderr.isatty() and not quiet
        self._next = 0.0

    def tell(self) -> None:
        """Renew the line, once a second."""
        if self._live and time.monotonic() >= self._next:
            self._next = time.monotonic() + 1.0
            self._write()

    def __exit__(self, *failure: object) -> None:
        if self._live:
            self._write()
            sys.stderr.write("\n")
        elif not self._quiet and failure[0] is None:
            print(f"theylive run: {self._figures.words()}", file=sys.stderr)

    def _write(self) -> None:
        sys.stderr.write("\r\x1b[K" + self._figures.words()[:160])
        sys.stderr.flush()
