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

"""From capture to target over topics: camera, detector and selector as nodes, in one process or one each."""

from __future__ import annotations

import tempfile
import time
from typing import Any

import cv2
import rclpy
from rclpy.node import Node
from theylive_msgs.msg import Target

from theylive_ros.benching.figures import BenchError, spread_ms
from theylive_ros.benching.pictures import pictures
from theylive_ros.messages import from_time
from theylive_ros.nodes import qos
from theylive_ros.nodes.compose import compose, end, launch
from theylive_ros.nodes.process import start_ros, stop_signals
from theylive_ros.nodes.ros_arguments import ros_arguments
from theylive_ros.nodes.spin import spin
from theylive_ros.share import share_path

_SETTLING = 2.0  # s that are not counted: discovery, first runs
_NODES = ("camera", "detector", "selector")


def measure(model: str, device: str, fps: float, seconds: float, processes: bool) -> dict[str, Any]:
    """Spreads (ms) over so many seconds. processes: each node as its own process. Raises BenchError."""
    with tempfile.TemporaryDirectory() as folder:
        for n, picture in enumerate(pictures()):
            cv2.imwrite(f"{folder}/{n:03}.jpg", picture)
        said = {
            "camera": {"plugin": "images", "camera.path": folder, "camera.rate": fps, "camera.loop": True},
            "detector": {"detector.model": model or None, "detector.device": device},
        }
        with ros_arguments(share_path("config", "rig.yaml"), said) as words:
            words += ["--log-level", "warn"]
            start_ros(words)
            try:
                heard = _listen(words, seconds, processes)
            finally:
                rclpy.try_shutdown()
    return {"nodes": "one process each" if processes else "all in one process", "frames_sent_per_second": fps, **_report(heard)}


def _listen(words: list[str], seconds: float, processes: bool) -> list[tuple[float, float]]:
    """When each target came (monotonic s), and how old its frame was (s)."""
    ear = Node("bench")
    heard: list[tuple[float, float]] = []

    def on_target(message: Target) -> None:
        now = ear.get_clock().now().nanoseconds * 1e-9
        heard.append((time.monotonic(), now - from_time(message.header.stamp)))

    ear.create_subscription(Target, "target", on_target, qos.RESULT)

    def over() -> bool:
        return bool(heard) and time.monotonic() - heard[0][0] > _SETTLING + seconds

    with stop_signals() as stop:
        if not processes:
            spin([*compose(_NODES), ear], stop, over)
            return heard
        children = launch(_NODES, words)
        try:
            while not (stop.is_set() or over()):
                if any(p.poll() is not None for p in children):
                    raise BenchError("a node has ended; its reason is above")
                rclpy.spin_once(ear, timeout_sec=0.1)
        finally:
            end(children)
            ear.destroy_node()
    return heard


def _report(heard: list[tuple[float, float]]) -> dict[str, Any]:
    counted = [(t, late) for t, late in heard if t - heard[0][0] > _SETTLING]
    if len(counted) < 8:
        raise BenchError(f"only {len(counted)} targets were heard")
    quarter = len(counted) // 4
    late = [x for _, x in counted]
    return {
        "targets_per_second": round(len(counted) / (counted[-1][0] - counted[0][0]), 2),
        "capture_to_target_ms": spread_ms(late),
        "first_quarter_ms": spread_ms(late[:quarter]),
        "last_quarter_ms": spread_ms(late[-quarter:]),
    }
