"""Scores the stack against the simulator's ground truth, and hands what it sees to whoever films it."""

from __future__ import annotations

import collections
import math
from collections.abc import Callable

from rclpy.node import Node
from theylive_msgs import msg

from theylive_ros.nodes import qos
from theylive_ros.nodes.conversions import from_time
from theylive_ros.simulator.score import Score
from theylive_ros.simulator.truth import LitSample, TrueHead

_PATIENCE = 0.2  # s until the aim of a frame's light is surely known


class Judge:
    """Hears ground_truth and pointing. Light is scored against the aim that held at its very moment, between two messages."""

    def __init__(self, node: Node, score: Score, on_frame: Callable[[], None] = lambda: None) -> None:
        self.score = score
        self._on_frame = on_frame
        self._frames: collections.deque[msg.GroundTruth] = collections.deque()
        self._aims: collections.deque[tuple[float, int, float, float]] = collections.deque(maxlen=256)
        node.create_subscription(msg.GroundTruth, "ground_truth", self._on_truth, qos.RESULT)
        node.create_subscription(msg.Pointing, "pointing", self._on_pointing, qos.RESULT)

    def finish(self) -> None:
        """Score what still waits."""
        while self._frames:
            self._feed(self._frames.popleft())

    def aim_at(self, t: float) -> tuple[float, float]:
        """The aim (px) that held at ROS time t (s), in a straight line between what was said before and after; NaN if nothing was."""
        before = after = None
        for said in self._aims:
            if said[0] > t:
                after = said
                break
            before = said
        if before is None:
            return math.nan, math.nan
        if after is None or after[1] != before[1]:
            return before[2], before[3]
        u = (t - before[0]) / (after[0] - before[0])
        return before[2] + u * (after[2] - before[2]), before[3] + u * (after[3] - before[3])

    def _on_pointing(self, message: msg.Pointing) -> None:
        self._aims.append((from_time(message.header.stamp) + message.latency, message.track_id, message.aim_x, message.aim_y))

    def _on_truth(self, message: msg.GroundTruth) -> None:
        self._frames.append(message)
        while from_time(message.header.stamp) - from_time(self._frames[0].header.stamp) > _PATIENCE:
            self._feed(self._frames.popleft())
        self._on_frame()

    def _feed(self, message: msg.GroundTruth) -> None:
        t = from_time(message.header.stamp)
        heads = [TrueHead(h.id, h.label, h.x, h.y, h.width, h.height, h.visible, h.vx, h.vy, t - h.age) for h in message.heads]
        lit = [
            LitSample(t - age, x, y, *self.aim_at(t - age)) for x, y, age in zip(message.lit_x, message.lit_y, message.lit_age, strict=True)
        ]
        self.score.feed(t, heads, lit)
