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

"""The planner's count of the light: it never counts less than there may have been."""

from __future__ import annotations

import pytest

from theylive_ros.mirrors.interface import ControllerStatus
from theylive_ros.mirrors.light import Light


class Sink:
    """A controller that only remembers what was asked of its light."""

    def __init__(self):
        self.asked = []

    def light(self, seconds):
        self.asked.append(seconds)


def status(time, lit):
    return ControllerStatus(time, (0, 0), False, lit, True, 0.0, True, False, False, False, "")


def test_light_counts_while_it_is_leased_or_reported_and_anew_after_a_rest():
    light = Light(Sink())
    light.count(0.0, status(0.0, False), 0.5)
    light.renew(0.0, 0.05)
    assert light.count(0.04, None, 0.5) == pytest.approx(0.04)
    assert light.count(0.05, status(0.05, True), 0.5) == pytest.approx(0.05)
    light.drop(0.05)
    assert light.count(0.3, status(0.3, False), 0.5) == pytest.approx(0.05)
    assert light.count(0.6, status(0.6, False), 0.5) == 0.0


def test_darkness_is_asked_for_once_or_whenever_it_must_be():
    sink = Sink()
    light = Light(sink)
    light.drop(0.0)
    assert sink.asked == []
    light.renew(0.0, 0.05)
    light.drop(0.01)
    light.drop(0.02)
    light.drop(0.03, always=True)
    assert sink.asked == [0.05, 0.0, 0.0]


def test_a_moment_is_lit_when_the_words_before_and_after_it_say_so():
    light = Light(Sink())
    for time, lit in ((1.0, False), (1.01, True), (1.02, True), (1.03, False)):
        light.count(time + 0.002, status(time, lit), 0.5)
    assert light.shone(1.015)
    assert light.shone(1.01)
    for moment in (0.5, 1.005, 1.025, 1.03, 2.0):
        assert not light.shone(moment)


def test_the_newest_word_alone_proves_nothing_yet():
    light = Light(Sink())
    light.count(1.0, status(1.0, True), 0.5)
    light.count(1.005, status(1.0, True), 0.5)
    assert not light.shone(1.0)


def test_the_share_of_light_counts_what_the_lease_still_allows():
    light = Light(Sink())
    light.count(0.0, status(0.0, False), 0.5)
    light.renew(0.0, 0.05)
    assert light.used(0.0, 2.0) == pytest.approx(0.05)
    light.count(0.03, status(0.03, True), 0.5)
    assert light.used(0.03, 2.0) == pytest.approx(0.05)
    light.drop(0.03)
    light.count(0.5, status(0.5, False), 0.5)
    assert light.used(0.5, 2.0) == pytest.approx(0.03)
    assert light.used(2.01, 2.0) == pytest.approx(0.02)
    assert light.used(2.1, 2.0) == 0.0
