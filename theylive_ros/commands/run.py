"""Run the nodes: camera, detector, selector, mirrors and visualizer of a rig, or a simulated rig in place of camera and hardware.

The laser stays dark until somebody calls the service mirrors/arm, or --arm is given. Everything after --ros-args goes to ROS, e.g.
  theylive run --camera images --source pictures/ --ros-args -p camera:camera.rate:=5.0
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from theylive_ros.share import share_path

RIG = ("camera", "detector", "selector", "mirrors", "visualizer")
SIM = ("simulator", "detector", "selector", "mirrors", "visualizer")
_BEFORE_END = 0.5  # s for the last frames to pass through


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--camera", metavar="PLUGIN", help="camera plugin: v4l2, video, images, or one that you installed")
    what.add_argument("--sim", metavar="SCENARIO", nargs="?", const="default", help="a simulated rig (default scenario: %(const)s)")
    parser.add_argument("--source", metavar="PATH", help="what the camera plugin opens: a device, a video, a folder or glob")
    parser.add_argument("--model", help="model file, or the name of one in the package's models folder")
    parser.add_argument("--device", choices=("auto", "cpu", "edgetpu"), help="where the model runs")
    parser.add_argument("--params-file", metavar="FILE", help="parameters of the nodes (default: the package's rig.yaml or sim.yaml)")
    parser.add_argument("--nodes", metavar="A,B,...", help=f"default: {','.join(RIG)}; with --sim: {','.join(SIM)}")
    parser.add_argument("--processes", action="store_true", help="each node as its own process")
    parser.add_argument("--arm", action="store_true", help="arm the laser once, when the mirrors are ready")
    parser.add_argument("--seconds", type=float, metavar="N", help="end after this time (default: at Ctrl-C, or at the last frame)")
    parser.add_argument("--quiet", action="store_true", help="no status line")
    parser.add_argument("--ros-args", nargs=argparse.REMAINDER, default=[], metavar="...", help="for ROS: -p, -r, --params-file, ...")


def run(args: argparse.Namespace) -> int:
    """Run until the end; 0, or 2 for parameters that cannot be."""
    from theylive_ros.nodes.compose import NODES

    names = tuple(args.nodes.split(",")) if args.nodes else (SIM if args.sim else RIG)
    unknown = [name for name in names if name not in NODES]
    if unknown:
        print(f"theylive run: no node {', '.join(unknown)}; there are: {', '.join(NODES)}", file=sys.stderr)
        return 2
    params = Path(args.params_file) if args.params_file else share_path("config", "sim.yaml" if args.sim else "rig.yaml")
    if not params.is_file():
        print(f"theylive run: no parameter file {params}", file=sys.stderr)
        return 2
    arguments = ros_arguments(params, args)
    return _in_processes(names, arguments, args) if args.processes else _in_one(names, arguments, args)


def ros_arguments(params: Path, args: argparse.Namespace) -> list[str]:
    """What ROS is told: the file first, then what the command line says, then what the user tells ROS."""
    words = ["--ros-args", "--params-file", str(params)]
    said = {
        "camera:plugin": args.camera,
        "camera:camera.path": args.source,
        "simulator:scenario": args.sim,
        "detector:detector.model": args.model,
        "detector:detector.device": args.device,
    }
    for name, value in said.items():
        if value is not None:
            words += ["-p", f"{name}:={yaml_string(value)}"]
    return [*words, *args.ros_args]


def yaml_string(value: str) -> str:
    """A value that ROS reads as a string whatever it looks like; an absolute path where it names a file."""
    text = str(Path(value).resolve()) if Path(value).exists() else value
    return "'" + text.replace("'", "''") + "'"


def _in_one(names: tuple[str, ...], arguments: list[str], args: argparse.Namespace) -> int:
    import rclpy
    from rclpy.signals import SignalHandlerOptions

    from theylive_ros.nodes.armer import Armer
    from theylive_ros.nodes.base import stop_signals
    from theylive_ros.nodes.compose import compose
    from theylive_ros.nodes.spin import spin

    rclpy.init(args=arguments, signal_handler_options=SignalHandlerOptions.NO)
    try:
        with stop_signals() as stop:
            nodes = compose(names)
            if args.arm:
                Armer(nodes[0])
            status = _Status(nodes, args.quiet)
            ends = _Ending(nodes, args.seconds)
            try:
                spin(nodes, stop, lambda: status.tell() or ends())
            finally:
                status.close()
    finally:
        rclpy.try_shutdown()
    return 0


def _in_processes(names: tuple[str, ...], arguments: list[str], args: argparse.Namespace) -> int:
    import rclpy
    from rclpy.node import Node
    from rclpy.signals import SignalHandlerOptions

    from theylive_ros.nodes.armer import Armer
    from theylive_ros.nodes.base import stop_signals
    from theylive_ros.nodes.compose import end, launch

    rclpy.init(args=arguments, signal_handler_options=SignalHandlerOptions.NO)
    processes = launch(names, arguments)
    try:
        with stop_signals() as stop:
            helper = Node("run")
            if args.arm:
                Armer(helper)
            until = time.monotonic() + args.seconds if args.seconds else float("inf")
            while not stop.is_set() and time.monotonic() < until and all(p.poll() is None for p in processes):
                rclpy.spin_once(helper, timeout_sec=0.1)
            helper.destroy_node()
        failed = [(name, p.returncode) for name, p in zip(names, processes, strict=True) if p.returncode]
        for name, code in failed:
            print(f"theylive run: node {name} ended with status {code}", file=sys.stderr)
        return 2 if failed else 0
    finally:
        end(processes)
        rclpy.try_shutdown()


class _Ending:
    """When to stop by itself: after a time, or a little after the camera's last frame."""

    def __init__(self, nodes: list[object], seconds: float | None) -> None:
        self._until = time.monotonic() + seconds if seconds else float("inf")
        self._cameras = [node for node in nodes if hasattr(node, "ended")]

    def __call__(self) -> bool:
        if self._cameras and all(camera.ended for camera in self._cameras):
            self._until = min(self._until, time.monotonic() + _BEFORE_END)
            self._cameras = []
        return time.monotonic() >= self._until


class _Status:
    """One line on a terminal that says how it goes."""

    def __init__(self, nodes: list[object], quiet: bool) -> None:
        self._meters = {node.get_name(): node.meter for node in nodes}
        self._on = sys.stderr.isatty() and not quiet
        self._next = 0.0

    def tell(self) -> bool:
        """Print the line once a second; never asks to end."""
        if not self._on or time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + 1.0
        words = [f"{name} {meter.counts().get('frames', 0)} frames" for name, meter in self._meters.items() if "frames" in meter.counts()]
        selector = self._meters.get("selector")
        spread = selector.latencies().get("capture_to_target") if selector else None
        if spread:
            words.append(f"capture to target {1e3 * spread['p50']:.1f} ms (p95 {1e3 * spread['p95']:.1f})")
        sys.stderr.write("\r\x1b[K" + "   ".join(words)[:160])
        sys.stderr.flush()
        return False

    def close(self) -> None:
        """Leave the line."""
        if self._on:
            sys.stderr.write("\n")
