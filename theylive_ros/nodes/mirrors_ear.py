"""What the mirrors node hears: `target`. Kept by the node's spinning thread, handed to the planner by its ticking one."""

from __future__ import annotations

import collections
import dataclasses

from theylive_msgs import msg

from theylive_ros.mirrors.clock import ClockWatch
from theylive_ros.mirrors.pointer import Pointer
from theylive_ros.nodes import conversions, qos
from theylive_ros.nodes.base import ManagedNode
from theylive_ros.types import Target, Track


class Ear:
    """Subscribes when made; ends with `close`."""

    def __init__(self, node: ManagedNode, clocks: ClockWatch) -> None:
        self._node = node
        self._clocks = clocks
        self._targets: collections.deque[msg.Target] = collections.deque(maxlen=4)
        self._subscriptions = [node.create_subscription(msg.Target, "target", self._on_target, qos.RESULT)]

    def close(self) -> None:
        """Hear no more."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)
        self._subscriptions = []

    def hand_over(self, pointer: Pointer, now: float, ros_now: float) -> msg.Target | None:
        """Give the planner what has come since the last call; now, ros_now: both clocks, read together (s). The newest target, if any."""
        heard = None
        while self._targets:
            message = self._targets.popleft()
            target = conversions.from_target(message)
            stamp = self._clocks.stamp(target.stamp, ros_now, now)
            if stamp is None:
                self._node.meter.count("impossible_stamps")
                continue
            heard = message
            pointer.on_target(_on_monotonic(target, stamp), now)
        return heard

    def _on_target(self, message: msg.Target) -> None:
        self._targets.append(message)


def _on_monotonic(target: Target, stamp: float) -> Target:
    """A target with all its stamps moved from ROS time to the monotonic clock, on which its own is `stamp`."""
    shift = stamp - target.stamp

    def moved(track: Track) -> Track:
        return dataclasses.replace(track, last_seen=track.last_seen + shift)

    return dataclasses.replace(
        target,
        stamp=stamp,
        track=moved(target.track) if target.track is not None else None,
        protected=tuple(map(moved, target.protected)),
        others=tuple(map(moved, target.others)),
    )
