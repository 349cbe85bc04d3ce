"""Measure. detector: from a picture to detections, beside the bare interpreter. latency: from capture to target, over topics."""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

_PICTURES = 24
_SETTLING = 2.0  # s that are not counted: discovery, first runs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("name", choices=("detector", "latency"))
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the figures as JSON, too")
    parser.add_argument("--model", default="", help="model file, or the name of one in the package's models folder")
    parser.add_argument("--peer", default="", metavar="MODEL", help="detector: another model, timed in turn with the first")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "edgetpu"))
    parser.add_argument("--runs", type=int, default=500, metavar="N", help="detector: how many pictures (default: %(default)s)")
    parser.add_argument("--fps", type=float, default=30.0, help="latency: frames per second (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=10.0, metavar="N", help="latency: how long (default: %(default)s)")
    parser.add_argument("--processes", action="store_true", help="latency: each node as its own process")


def run(args: argparse.Namespace) -> int:
    """Measure, print, write the report."""
    for name in ("runs", "fps", "seconds"):
        if not 0 < getattr(args, name) < float("inf"):
            raise BenchError(f"--{name} is {getattr(args, name)}; it must be more than 0")
    report = _detector(args) if args.name == "detector" else _latency(args)
    for name, value in report.items():
        words = "   ".join(f"{k} {v:.3f}" for k, v in value.items()) if isinstance(value, dict) else value
        print(f"{name:<26}{words}")
    if args.report:
        args.report.write_text(json.dumps(report, indent=1) + "\n")
    return 0


def spread(seconds: list[float]) -> dict[str, float]:
    """p50, p95, p99 and max in milliseconds."""
    p50, p95, p99, most = np.percentile(np.asarray(seconds) * 1e3, [50, 95, 99, 100])
    return {"p50": round(float(p50), 3), "p95": round(float(p95), 3), "p99": round(float(p99), 3), "max": round(float(most), 3)}


def _pictures() -> list[np.ndarray]:
    """Simulated camera pictures of 320x240, the same at every call."""
    from theylive_ros.simulator.scenario import load_scenario
    from theylive_ros.simulator.world import World

    world = World(load_scenario("crowd"), 1)
    pictures = []
    for _ in range(_PICTURES):
        world.advance(0.5)
        pictures.append(world.frame())
    return pictures


def _detector(args: argparse.Namespace) -> dict[str, Any]:
    from theylive_ros.detector.yolov8 import YoloV8Detector

    def load(model: str) -> YoloV8Detector:
        detector = YoloV8Detector(YoloV8Detector.Config(model=model, device=args.device))
        detector.load()
        return detector

    ours = load(args.model)
    pictures = _pictures()
    calls: dict[str, Callable[[np.ndarray], object]] = {"detect": ours.detect, "interpreter": _bare_interpreter(args.model)}
    if args.peer:
        calls["peer_detect"] = load(args.peer).detect
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(1 + -(-args.runs // _PICTURES)):
        # In turn, so that a machine whose speed drifts treats all alike; in rounds, so that each has the caches to itself, as at work.
        for name, call in calls.items():
            for picture in pictures:
                begin = time.perf_counter()
                call(picture)
                if turn:
                    times[name].append(time.perf_counter() - begin)
    report: dict[str, Any] = {"device": ours.device, "runs": args.runs}
    report |= {f"{name}_ms": spread(taken) for name, taken in times.items()}
    median = {name: float(np.median(taken)) for name, taken in times.items()}
    for name in calls:
        if name != "detect":
            report[f"detect_to_{name.removesuffix('_detect')}"] = round(median["detect"] / median[name], 3)
    return report


def _bare_interpreter(model: str) -> Callable[[np.ndarray], object]:
    """Nothing but the model itself, on the CPU, on a grey input: what no detector around it can be faster than."""
    from theylive_ros.detector import tflite
    from theylive_ros.detector.network import find_model
    from theylive_ros.detector.yolov8 import DEFAULT_MODEL

    bare = tflite.open_on_cpu(find_model(model or DEFAULT_MODEL), 1)
    tensor = bare.inputs[0]
    grey = np.zeros(tensor.shape, tensor.dtype)
    return lambda picture: bare.run(grey)


def _latency(args: argparse.Namespace) -> dict[str, Any]:
    import cv2
    import rclpy

    from theylive_ros.nodes.base import start_ros
    from theylive_ros.nodes.ros_arguments import ros_arguments
    from theylive_ros.share import share_path

    with tempfile.TemporaryDirectory() as folder:
        for n, picture in enumerate(_pictures()):
            cv2.imwrite(f"{folder}/{n:03}.jpg", picture)
        said = {
            "camera": {"plugin": "images", "camera.path": folder, "camera.rate": args.fps, "camera.loop": True},
            "detector": {"detector.model": args.model or None, "detector.device": args.device},
        }
        with ros_arguments(share_path("config", "rig.yaml"), said) as words:
            words += ["--log-level", "warn"]
            start_ros(words)
            try:
                return _listen(args, words)
            finally:
                rclpy.try_shutdown()


def _listen(args: argparse.Namespace, words: list[str]) -> dict[str, Any]:
    import rclpy
    from rclpy.node import Node
    from theylive_msgs.msg import Target

    from theylive_ros.nodes import qos
    from theylive_ros.nodes.base import stop_signals
    from theylive_ros.nodes.compose import compose, end, launch
    from theylive_ros.nodes.conversions import from_time
    from theylive_ros.nodes.spin import spin

    ear = Node("bench")
    heard: list[tuple[float, float]] = []

    def on_target(message: Target) -> None:
        now = ear.get_clock().now().nanoseconds * 1e-9
        heard.append((time.monotonic(), now - from_time(message.header.stamp)))

    ear.create_subscription(Target, "target", on_target, qos.RESULT)

    def over() -> bool:
        return bool(heard) and time.monotonic() - heard[0][0] > _SETTLING + args.seconds

    names = ("camera", "detector", "selector")
    with stop_signals() as stop:
        if args.processes:
            processes = launch(names, words)
            try:
                while not (stop.is_set() or over()):
                    if any(p.poll() is not None for p in processes):
                        raise BenchError("a node has ended; its reason is above")
                    rclpy.spin_once(ear, timeout_sec=0.1)
            finally:
                end(processes)
                ear.destroy_node()
        else:
            spin([*compose(names), ear], stop, over)
    counted = [(t, late) for t, late in heard if t - heard[0][0] > _SETTLING]
    if len(counted) < 8:
        raise BenchError(f"only {len(counted)} targets were heard")
    quarter = len(counted) // 4
    late = [x for _, x in counted]
    return {
        "nodes": "one process each" if args.processes else "all in one process",
        "frames_sent_per_second": args.fps,
        "targets_per_second": round(len(counted) / (counted[-1][0] - counted[0][0]), 2),
        "capture_to_target_ms": spread(late),
        "first_quarter_ms": spread(late[:quarter]),
        "last_quarter_ms": spread(late[-quarter:]),
    }


class BenchError(Exception):
    """Nothing was measured; one line with the cause."""
