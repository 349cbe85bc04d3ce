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

"""Between a recording's QoS and rclpy's."""

from __future__ import annotations

from rclpy.duration import Duration
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from rosbags.interfaces import Qos, QosDurability, QosHistory, QosLiveliness, QosReliability, QosTime

# How rosbag2 writes "without end".
_ENDLESS = QosTime(9223372036, 854775807)


def to_bag(profile: QoSProfile) -> Qos:
    """A publisher's QoS for a recording. The numbers of the policies are rmw's in both."""
    return Qos(
        QosHistory(int(profile.history)),
        profile.depth,
        QosReliability(int(profile.reliability)),
        QosDurability(int(profile.durability)),
        _time(profile.deadline),
        _time(profile.lifespan),
        QosLiveliness(int(profile.liveliness)),
        _time(profile.liveliness_lease_duration),
        profile.avoid_ros_namespace_conventions,
    )


def from_bag(recorded: list[Qos], depth: int = 10) -> QoSProfile:
    """What publishes a recorded topic anew: reliable and latched if one of those who published it was. Deadlines are left out: a
    recording keeps none. depth: where the recording does not tell."""
    reliable = any(q.reliability == QosReliability.RELIABLE for q in recorded) or not recorded
    latched = any(q.durability == QosDurability.TRANSIENT_LOCAL for q in recorded)
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=max((q.depth for q in recorded if q.history == QosHistory.KEEP_LAST and q.depth > 0), default=depth),
        reliability=ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE,
    )


def _time(duration: Duration) -> QosTime:
    seconds, rest = divmod(duration.nanoseconds, 1_000_000_000)
    return QosTime(seconds, rest) if 0 < seconds < _ENDLESS.sec or rest else _ENDLESS
