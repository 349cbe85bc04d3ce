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

"""What a lifecycle manager may ask of a node, and what it must not be able to break."""

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState

from theylive_ros.nodes.selector import SelectorNode


@pytest.fixture
def selector(bench):
    return bench.add(SelectorNode, "-p", "autostart:=false")


def change(bench, number=0, label=""):
    request = ChangeState.Request(transition=Transition(id=number, label=label))
    return bench.call(ChangeState, "selector/change_state", request).success


def state(bench):
    return bench.call(GetState, "selector/get_state", GetState.Request()).current_state.label


def test_a_node_that_does_not_start_by_itself_takes_every_step_by_number_or_by_name(bench, selector):
    assert state(bench) == "unconfigured"
    for number, label, then in (
        (Transition.TRANSITION_CONFIGURE, "", "inactive"),
        (0, "activate", "active"),
        (Transition.TRANSITION_DEACTIVATE, "", "inactive"),
        (0, "cleanup", "unconfigured"),
        (0, "shutdown", "finalized"),
    ):
        assert change(bench, number, label)
        assert state(bench) == then


@pytest.mark.parametrize(("number", "label"), [(Transition.TRANSITION_ACTIVATE, ""), (0, "deactivate"), (0, "dance"), (77, ""), (0, "")])
def test_a_step_that_the_state_does_not_have_is_refused_and_the_node_lives_on(bench, selector, number, label):
    assert not change(bench, number, label)
    assert state(bench) == "unconfigured"
    assert change(bench, Transition.TRANSITION_CONFIGURE)
