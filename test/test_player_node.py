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

"""The node player puts a recording in the camera's place: messages as they were sent, their QoS, and the time that goes with them."""

import itertools
import time

import pytest
from bag_bench import BEGIN, header, live_run, qos, record_rig, topic

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")

from lifecycle_msgs.msg import State
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message, serialize_message
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image
from theylive_msgs.msg import Detections, LaserState, Target

from theylive_ros.bags.reader import BagReader
from theylive_ros.bags.timeline import Timeline
from theylive_ros.bags.writer import BagWriter
from theylive_ros.nodes import qos as profiles
from theylive_ros.nodes.base import ManagedNode
from theylive_ros.nodes.player import PlayerNode
from theylive_ros.nodes.selector import SelectorNode


def seconds(clock):
    return (clock.clock.sec * 10**9 + clock.clock.nanosec - BEGIN) / 1e9


def play(bench, folder, *arguments):
    words = [word for argument in (f"bag:={folder}", "patience:=0.0", "delay:=0.5", *arguments) for word in ("-p", argument)]
    return bench.add(PlayerNode, *words)


def test_pictures_come_as_they_were_sent_and_detections_do_not(bench, tmp_path):
    folder = record_rig(tmp_path / "bag", frames=30)
    with BagReader(folder) as reader:
        sent = {m.data for m in reader.messages(["/image_raw"])}
    heard = []
    queue = QoSProfile(depth=50, reliability=ReliabilityPolicy.BEST_EFFORT)
    bench.ear_node.create_subscription(Image, "image_raw", heard.append, queue, raw=True)
    others = [bench.hear(Detections, "detections", profiles.RESULT), bench.hear(Target, "target", profiles.RESULT)]
    player = play(bench, folder, "rate:=2.0")
    bench.until(lambda: player.ended)
    bench.until(lambda: len(heard) >= 28)  # best effort
    assert set(heard) <= sent
    assert not any(ear.messages for ear in others)
    assert player.health()[1] == "end of stream"


def test_the_clock_goes_on_with_the_recording_at_its_rate(bench, tmp_path):
    ticks = bench.hear(Clock, "/clock", profiles.CLOCK)
    player = play(bench, record_rig(tmp_path / "bag", frames=45), "rate:=3.0")
    told, tick = [], player._tick
    player._tick = lambda stamp: (told.append((time.monotonic(), stamp)), tick(stamp))
    stamps = [seconds(heard) for heard in ticks.wait(lambda heard: heard and seconds(heard[-1]) > 1.46)]
    bench.until(lambda: player.ended)
    assert stamps == sorted(stamps)
    assert stamps[0] == pytest.approx(0.001)
    # by the player's own watch: what a busy machine takes until the words are heard is not its doing
    first, *_, last = [(clock, stamp) for clock, stamp in told if stamp > BEGIN + 10_000_000]
    assert (last[1] - first[1]) / 1e9 / (last[0] - first[0]) == pytest.approx(3.0, rel=0.1)


def test_it_stands_still_while_paused_and_begins_where_it_is_told(bench, tmp_path):
    ticks = bench.hear(Clock, "/clock", profiles.CLOCK)
    player = play(bench, record_rig(tmp_path / "bag", frames=60), "offset:=0.5", "paused:=true")
    ticks.wait(lambda heard: len(heard) > 80)
    assert [seconds(tick) for tick in ticks.messages] == pytest.approx([0.501] * len(ticks.messages))
    assert player.health()[1] == "paused"
    player.set_parameters([Parameter("paused", value=False), Parameter("rate", value=10.0)])
    ticks.wait(lambda heard: seconds(heard[-1]) > 1.95)
    bench.until(lambda: player.ended)


def test_at_the_end_it_begins_again_when_told_so(bench, tmp_path):
    ticks = bench.hear(Clock, "/clock", profiles.CLOCK)
    player = play(bench, record_rig(tmp_path / "bag", frames=10), "loop:=true")

    def times_back(heard):
        return sum(seconds(later) < seconds(earlier) for earlier, later in itertools.pairwise(heard))

    ticks.wait(lambda heard: times_back(heard) >= 2)
    assert not player.ended


def test_a_single_message_that_is_played_again_and_again_does_not_flood_the_others(bench, tmp_path):
    writer = BagWriter(tmp_path / "bag")
    writer.write(writer.add_topic(topic("/laser", "theylive_msgs/msg/LaserState")), BEGIN, serialize_message(LaserState()))
    writer.close()
    heard = bench.hear(LaserState, "laser", profiles.RESULT)
    play(bench, tmp_path / "bag", "loop:=true", "delay:=0.0")
    heard.wait()
    begin, before = time.monotonic(), len(heard.messages)
    heard.wait(lambda messages: len(messages) >= before + 20)
    assert time.monotonic() - begin > 0.15


def test_the_beginning_waits_until_somebody_hears_the_pictures(bench, tmp_path):
    ticks = bench.hear(Clock, "/clock", profiles.CLOCK)
    player = play(bench, record_rig(tmp_path / "bag", frames=8), "patience:=20.0", "delay:=0.3")
    ticks.wait(lambda heard: len(heard) > 60)
    assert {seconds(tick) for tick in ticks.messages} == {seconds(ticks.messages[0])}
    images = bench.hear(Image, "image_raw", QoSProfile(depth=20, reliability=ReliabilityPolicy.BEST_EFFORT))
    images.wait(lambda heard: len(heard) == 8)
    bench.until(lambda: player.ended)


def test_a_state_is_published_as_one_that_holds(bench, tmp_path):
    writer = BagWriter(tmp_path / "bag")
    number = writer.add_topic(topic("/laser", "theylive_msgs/msg/LaserState", qos(latched=True, depth=1)))
    writer.write(number, BEGIN, serialize_message(LaserState(header=header(BEGIN), reasons=["disarmed"])))
    writer.close()
    player = play(bench, tmp_path / "bag", "delay:=0.0")
    bench.until(lambda: player.ended)
    assert bench.hear(LaserState, "laser", profiles.STATE).wait()[0].reasons == ["disarmed"]
    (info,) = bench.ear_node.get_publishers_info_by_topic("/laser")
    assert info.qos_profile.durability == DurabilityPolicy.TRANSIENT_LOCAL


def test_a_rig_of_another_namespace_is_played_in_the_players_own(bench, tmp_path):
    folder = record_rig(tmp_path / "bag", namespace="/far/rig", frames=5)
    images = bench.hear(Image, "/near/image_raw", profiles.IMAGE)
    words = [word for a in (f"bag:={folder}", "patience:=10.0", "delay:=0.3") for word in ("-p", a)]
    bench.add(PlayerNode, *words, "-r", "__ns:=/near")
    images.wait()


def test_topics_can_be_chosen(bench, tmp_path):
    folder = record_rig(tmp_path / "bag", frames=20)
    found = bench.hear(Detections, "detections", profiles.RESULT)
    player = play(bench, folder, "topics:=[detections]", "exclude:=['']")
    bench.until(lambda: player.ended)
    assert found.wait(lambda heard: len(heard) == 20)
    assert bench.ear_node.get_publishers_info_by_topic("/image_raw") == []


def test_a_replay_through_the_nodes_says_the_recorded_targets(bench, tmp_path):
    """Detections are reliable, so none is lost; the selector is the real one."""
    folder = record_rig(tmp_path / "bag", frames=40)
    targets = bench.hear(Target, "target", profiles.RESULT)
    bench.add(SelectorNode, "-p", "use_sim_time:=true")
    bench.until(lambda: bench.nodes[-1].active)
    player = play(bench, folder, "topics:=[detections]", "exclude:=['']", "delay:=1.5")
    bench.until(lambda: player.ended)
    targets.wait(lambda heard: len(heard) == 40)
    assert targets.messages == [deserialize_message(m.target, Target) for m in live_run(40)]


def test_simulated_time_is_for_the_others(bench, tmp_path):
    player = play(bench, record_rig(tmp_path / "bag", frames=5), "use_sim_time:=true")
    bench.until(lambda: player.ended)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("bag:=''",), "parameter bag is empty: name a recording, e.g. bag:=monday"),
        (("bag:=/no/such",), "there is no /no/such"),
        (("topics:=[nothing]",), "holds nothing to play; it has: /detections, /image_raw, /target"),
        (("offset:=100.0",), "offset is 100.0 s; "),
    ],
)
def test_what_cannot_be_played_is_said_and_tried_again(bench, tmp_path, arguments, says):
    folder = record_rig(tmp_path / "bag", frames=3)
    player = play(bench, folder, *arguments)
    bench.until(lambda: player.trouble)
    assert says in player.trouble
    assert "\n" not in player.trouble
    assert not player.active


def test_each_transition_by_hand_and_a_second_time(bench, tmp_path):
    player = play(bench, record_rig(tmp_path / "bag", frames=5), "autostart:=false", "delay:=0.0")
    for _ in range(2):
        for step in ("configure", "activate", "deactivate", "cleanup"):
            assert getattr(player, f"trigger_{step}")().name == "SUCCESS"
    assert ManagedNode._is_in(player, State.PRIMARY_STATE_UNCONFIGURED)
    bench.until(lambda: not bench.ear_node.get_publishers_info_by_topic("/image_raw"))


def test_recorded_time_goes_with_the_clock_its_rate_and_its_pauses():
    timeline = Timeline(1000)
    assert timeline.advance(5.0, 1.0) == 1000  # the first look begins it
    assert timeline.advance(6.0, 2.0) == 1000 + 2 * 10**9
    assert timeline.wait_for(timeline.at + 10**9, 2.0) == 0.5
    assert timeline.wait_for(timeline.at - 1, 2.0) == 0.0
    assert timeline.advance(9.0, 0.0) == 1000 + 2 * 10**9
    assert timeline.wait_for(timeline.at + 1, 0.0) == float("inf")
    assert timeline.advance(8.0, 1.0) == 1000 + 2 * 10**9  # a clock that goes back moves nothing
