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

"""A node holds its parameters to what its dataclasses say."""

import dataclasses

import pytest
import yaml

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")

from rcl_interfaces.msg import ParameterType
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter

from theylive_ros.nodes.base import ManagedNode
from theylive_ros.nodes.mirrors import MirrorsNode
from theylive_ros.nodes.parameters import ConfigurationError
from theylive_ros.nodes.ros_arguments import ros_arguments
from theylive_ros.nodes.selector import SelectorNode
from theylive_ros.settings import setting


@dataclasses.dataclass(frozen=True)
class Config:
    rate: float = setting(30.0, "How often", unit="Hz", low=1.0, high=100.0)
    count: int = setting(3, "How many", low=0)
    mode: str = setting("fast", "How", choices=("fast", "slow"))
    labels: list[str] = setting(["alien"], "Whom")
    path: str = setting("", "Where from", read_only=True)


class Toy(ManagedNode):
    def __init__(self, **options):
        super().__init__("toy", **options)
        self.heard = []
        self.group = self.declare(Config, "toy", self.heard.append)
        self.ready()


def start(bench, *arguments):
    return bench.add(Toy, "-p", "autostart:=false", *arguments)


def test_overrides_reach_the_config_and_an_int_does_for_a_float(bench):
    toy = start(bench, "-p", "toy.rate:=5", "-p", "toy.labels:=[a, b]", "-p", "toy.path:=/x")
    assert toy.group.value == Config(rate=5.0, labels=["a", "b"], path="/x")
    assert isinstance(toy.group.value.rate, float)
    assert toy.heard == [toy.group.value]


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("toy.rate:=0.5", r"toy\.rate is 0\.5; it must be float from 1\.0 to 100\.0 Hz"),
        ("toy.rate:=quick", r"toy\.rate is 'quick'; it must be float"),
        ("toy.count:=1.5", r"toy\.count is 1\.5; it must be int"),
        ("toy.mode:=warp", r"toy\.mode is 'warp'; it must be one of fast, slow"),
        ("toy.labels:=3", r"toy\.labels is 3; it must be list"),
        ("toy.rat:=5.0", r"toy: no parameter toy\.rat; this node has: .*toy\.rate"),
    ],
)
def test_an_override_that_does_not_fit_is_refused_by_name(bench, override, says):
    with pytest.raises(ConfigurationError, match=says):
        start(bench, "-p", override)


def test_rclpys_own_parameters_are_refused_in_one_line_too(bench):
    with pytest.raises(ConfigurationError, match=r"toy: .*use_sim_time.* to '1' of type 'INTEGER', expecting type 'BOOL'"):
        start(bench, "-p", "use_sim_time:=1")


def test_parameters_that_contradict_each_other_are_refused_with_the_dataclass_words(bench):
    with pytest.raises(ConfigurationError, match="forbids max_rate 5000; it must be at most"):
        bench.add(MirrorsNode, "-p", "controller.max_rate:=5000.0")


@pytest.mark.parametrize("names", [["/**", "/**/toy"], ["/**/toy", "/left/toy"], ["/left/toy", "/**/toy"], []])
def test_what_was_typed_overrules_a_file_whatever_that_calls_the_node(bench, tmp_path, names):
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump({name: {"ros__parameters": {"toy.rate": 5.0 + n}} for n, name in enumerate(names)}, sort_keys=False))
    with ros_arguments(file, {"toy": {"toy.rate": 50, "toy.path": "1", "toy.mode": None}}, "left") as (_, *arguments):
        toy = start(bench, *arguments)
    assert toy.get_namespace() == "/left"
    assert toy.group.value == Config(rate=50.0, path="1")


def test_settings_of_plugins_that_are_not_chosen_may_stand_in_the_file_but_no_plugins_may_not(bench):
    chosen = bench.add(SelectorNode, "-p", "plugin:=nearest", "-p", "selector.dwell:=0.5", "-p", "autostart:=false")
    assert not chosen.has_parameter("selector.dwell")
    with pytest.raises(ConfigurationError, match=r"no parameter selector\.dwel; this node has"):
        bench.add(SelectorNode, "-p", "plugin:=nearest", "-p", "selector.dwel:=0.5", "-p", "selector.dwell:=0.5")


def test_a_change_at_run_time_is_honoured_or_refused_with_the_reason(bench):
    toy = start(bench)
    assert toy.set_parameters([Parameter("toy.rate", value=50)])[0].successful
    assert toy.group.value.rate == 50.0
    for name, value, reason in (("toy.rate", 500.0, "Max: 100.0"), ("toy.mode", "warp", "fast, slow"), ("toy.path", "/y", "read-only")):
        result = toy.set_parameters([Parameter(name, value=value)])[0]
        assert not result.successful
        assert reason in result.reason
    assert toy.group.value == Config(rate=50.0)


def test_a_change_of_what_is_not_there_is_refused_with_what_is(bench):
    start(bench)
    wanted = SetParameters.Request(parameters=[Parameter("toy.rat", value=5.0).to_parameter_msg()])
    (result,) = bench.call(SetParameters, "toy/set_parameters", wanted).results
    assert not result.successful
    assert result.reason.startswith("no parameter toy.rat; this node has: ")
    assert "toy.rate" in result.reason


def test_a_change_that_the_owner_cannot_take_is_refused_with_its_words(bench):
    toy = start(bench)

    def refuse(config):
        raise ValueError("not while it rains")

    toy.group.on_change = refuse
    assert toy.set_parameters([Parameter("toy.rate", value=50.0)])[0].reason == "not while it rains"
    assert toy.group.value.rate == 30.0


def test_descriptors_say_unit_range_and_whether_it_may_change(bench):
    toy = start(bench)
    rate = toy.describe_parameter("toy.rate")
    assert rate.description == "How often (Hz)"
    assert rate.type == ParameterType.PARAMETER_DOUBLE
    assert (rate.floating_point_range[0].from_value, rate.floating_point_range[0].to_value) == (1.0, 100.0)
    assert toy.describe_parameter("toy.count").additional_constraints == "at least 0"
    assert toy.describe_parameter("toy.mode").additional_constraints == "one of: fast, slow"
    assert toy.describe_parameter("toy.path").read_only
