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

"""`theylive record` over real DDS: what is said is in the recording, however it ends."""

import json
import signal
import subprocess
import sys
import threading
import time

import pytest
import ros_bench
from bag_bench import scene, topic
from processes import BIN, programs

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")

from rcl_interfaces.msg import ParameterEvent
from rclpy.duration import Duration
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Image
from theylive_msgs.msg import LaserState, Target

from theylive_ros import cli
from theylive_ros.bags.errors import BagError
from theylive_ros.bags.profile import Profile, Wanted
from theylive_ros.bags.reader import BagReader
from theylive_ros.bags.recording import Recording
from theylive_ros.bags.writer import Storage
from theylive_ros.nodes import conversions, qos
from theylive_ros.nodes.recorder import Recorder


@pytest.fixture
def start():
    with programs() as starter:
        yield starter


@pytest.fixture
def recorder(bench, tmp_path):
    """A recorder of some topics in this process; ended by `recorder()`, which returns what it wrote."""
    made = []

    def begin(*topics, custom=None, **qos_of):
        recording = Recording(tmp_path / "bag", Storage(), custom)
        node = bench.add(Recorder, profile=Profile(topics, Storage(), qos_of), recording=recording)
        made.append(recording)

        def end():
            bench.executor.remove_node(node)
            bench.nodes.remove(node)
            node.destroy_node()
            recording.close()
            return BagReader(tmp_path / "bag")

        end.node, end.recording = node, recording
        return end

    yield begin
    for recording in made:
        recording.close()


def target(stamp):
    return Target(header=conversions.header(conversions.to_time(stamp), "camera"), width=320)


def test_every_message_is_there_bit_for_bit_with_the_qos_of_its_publisher(bench, recorder):
    said = [target(float(n)) for n in range(20)]
    publisher = bench.say(Target, "target", qos.RESULT)
    end = recorder("target")
    bench.until(lambda: publisher.get_subscription_count() == 1)
    for message in said:
        publisher.publish(message)
        time.sleep(0.002)
    bench.until(lambda: end.recording.counts["/target"] == 20)
    with end() as reader:
        assert [reader.decode(m).header.stamp.sec for m in reader.messages()] == list(range(20))
        facts = reader.topics["/target"]
        assert (facts.type, facts.count) == ("theylive_msgs/msg/Target", 20)
        assert facts.qos[0].reliability.name == "RELIABLE"
        assert reader.custom["namespace"] == "/"


def test_what_holds_until_the_next_word_is_recorded_although_it_was_said_before(bench, recorder):
    publisher = bench.say(LaserState, "laser", qos.STATE)
    publisher.publish(LaserState(reasons=["disarmed"]))
    end = recorder("laser")
    bench.until(lambda: end.recording.counts["/laser"] == 1)
    with end() as reader:
        (message,) = reader.messages()
        assert reader.decode(message).reasons == ["disarmed"]


def test_a_burst_of_pictures_at_120_hz_is_recorded_whole(bench, recorder):
    publisher = bench.say(Image, "image_raw", qos.IMAGE)
    end = recorder("image_raw", image_raw=Wanted(depth=120, reliability="best_effort"))
    bench.until(lambda: publisher.get_subscription_count() == 1)
    picture = scene(1)
    begin = time.monotonic()
    for n in range(60):
        publisher.publish(conversions.to_image(picture, conversions.header(conversions.to_time(float(n)), "camera")))
        time.sleep(max(0.0, begin + (n + 1) / 120 - time.monotonic()))
    bench.until(lambda: end.recording.counts["/image_raw"] >= 59)  # best effort: a machine under load may lose one
    with end() as reader:
        assert reader.count >= 59
        assert not reader.damage


def test_a_publisher_that_comes_later_is_found_and_one_that_never_comes_is_named(bench, recorder):
    end = recorder("target", "laser")
    assert end.node.missing == ["/laser", "/target"]
    publisher = bench.say(Target, "target", qos.RESULT)
    bench.until(lambda: publisher.get_subscription_count() == 1)
    publisher.publish(target(1.0))
    bench.until(lambda: end.recording.counts["/target"] == 1)
    assert end.node.missing == ["/laser"]
    with end() as reader:
        assert list(reader.topics) == ["/target"]


def test_a_topic_of_two_types_is_left_out_and_the_rest_is_recorded(bench, recorder):
    bench.say(Target, "mixed", qos.RESULT)
    publisher = bench.say(Target, "target", qos.RESULT)
    with ros_bench.open_bench() as elsewhere:
        elsewhere.say(LaserState, "mixed", qos.RESULT)
        bench.until(lambda: len(bench.ear_node.get_publishers_info_by_topic("/mixed")) == 2)
        end = recorder("mixed", "target")
        bench.until(lambda: publisher.get_subscription_count() == 1)
        publisher.publish(target(1.0))
        bench.until(lambda: end.recording.counts["/target"] == 1)
        with end() as reader:
            assert list(reader.topics) == ["/target"]


def test_the_parameters_of_detector_and_selector_are_kept(bench, recorder):
    from theylive_ros.nodes.selector import SelectorNode

    bench.add(SelectorNode, "-p", "selector.dwell:=1.25", "-p", "target_labels:=[alien,ufo]")
    end = recorder("target")
    bench.until(lambda: all(stage.done for stage in end.node._stages if "selector" in stage.name))
    with end() as reader:
        kept = json.loads(reader.custom["parameters/selector"])
        assert kept["selector.dwell"] == 1.25
        assert kept["target_labels"] == ["alien", "ufo"]


def test_messages_that_a_slow_disk_cannot_take_are_dropped_and_counted(tmp_path):
    recording = Recording(tmp_path / "bag", Storage(), patience=1000)
    recording.announce(topic("/target", "theylive_msgs/msg/Target"))
    held = threading.Event()
    recording._leave(lambda writer: held.wait(10), 0)
    time.sleep(0.05)
    for n in range(20):
        recording.put("/target", n + 1, b"x" * 100)
    held.set()
    recording.close()
    assert recording.counts["/target"] == 10
    assert recording.dropped["/target"] == 10
    with BagReader(tmp_path / "bag") as reader:
        assert reader.count == 10


@pytest.mark.parametrize(("number", "kind"), [(signal.SIGINT, "--mcap"), (signal.SIGTERM, "--sqlite3")])
def test_a_signal_closes_the_recording_properly(bench, start, tmp_path, number, kind):
    publisher = bench.say(ParameterEvent, "/rig/events", QoSProfile(depth=90))
    program = start(BIN / "theylive", "record", tmp_path / "bag", kind, "--namespace", "rig", "--topics", "events", "--max-size", 6000)
    bench.until(lambda: publisher.get_subscription_count() == 1, 40)
    for n in range(90):
        publisher.publish(ParameterEvent(node="x" * 100 + str(n)))
    assert publisher.wait_for_all_acked(Duration(seconds=20))
    program.ask_to_end(number)
    assert program.end() == 0, program.text
    assert "/rig/events" in program.text
    with BagReader(tmp_path / "bag") as reader:
        assert not reader.damage
        assert len(reader.files) > 1
        assert [reader.decode(m).node[100:] for m in reader.messages()] == [str(n) for n in range(90)]


def test_nothing_recorded_is_no_success_and_names_the_cause(start, tmp_path):
    program = start(BIN / "theylive", "record", tmp_path / "bag", "--seconds", "1")
    assert program.end() == 1
    assert "nothing was recorded: are the nodes running, in this namespace and ROS_DOMAIN_ID?" in program.text


def test_a_folder_that_is_there_is_refused_before_anything_runs(start, tmp_path):
    program = start(BIN / "theylive", "record", tmp_path, "--seconds", "1")
    assert program.end() == 2
    assert program.lines == [f"theylive record: {tmp_path} is already there: choose another name, nothing is overwritten"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ("--topics", "bad name"),
            "'bad name' is no name of a topic (Invalid topic name: topic name must not contain",
        ),
        (("--topics", "target", ""), "'' is no name of a topic"),
        (("--max-duration", "nan"), "--max-size and --max-duration must be 0 or more"),
        (("--command", "--max-duration", "inf"), "--max-size and --max-duration must be 0 or more"),
        (("--seconds", "nan"), "--seconds is nan; it must be more than 0"),
        (("--compress", "--sqlite3"), "only mcap files are compressed"),
        (("--profile", "/no/such.yaml"), "/no/such.yaml cannot be read"),
    ],
)
def test_what_cannot_be_is_one_line_and_leaves_no_folder(words, says, tmp_path, capfd):
    with pytest.raises(SystemExit) as end:
        cli.main(["record", str(tmp_path / "bag"), *words])
    assert end.value.code == 2
    (line,) = capfd.readouterr().err.splitlines()
    assert says in line
    assert not (tmp_path / "bag").exists()


def test_a_folder_whose_name_cannot_stand_in_the_metadata_is_refused(tmp_path):
    with pytest.raises(BagError, match="cannot stand in the metadata, which is UTF-8: choose another name"):
        Recording(tmp_path / "a\udcffb", Storage())
    assert not list(tmp_path.iterdir())


def test_spaces_and_umlauts_in_a_name_do_no_harm(tmp_path):
    recording = Recording(tmp_path / "Öl auf dem Brett 日本", Storage("sqlite3"))
    recording.announce(topic("/target", "theylive_msgs/msg/Target"))
    recording.put("/target", 1, b"x" * 100)
    recording.close()
    with BagReader(tmp_path / "Öl auf dem Brett 日本") as reader:
        assert reader.count == 1
        assert not reader.damage


def test_whatever_breaks_the_writing_is_raised_at_the_end(tmp_path):
    recording = Recording(tmp_path / "bag", Storage())
    recording._leave(lambda writer: 1 / 0, 0)
    with pytest.raises(ZeroDivisionError):
        recording.close()
    assert recording.failed


def test_an_impatient_second_signal_costs_nothing(bench, start, tmp_path):
    """While the rest is written: a slow disk takes its time."""
    program = """if True:
        import time
        from theylive_ros.bags.writer import BagWriter
        from theylive_ros.cli import main
        close = BagWriter.close
        BagWriter.close = lambda self: (time.sleep(1.5), close(self))
        main()
    """
    program = start(sys.executable, "-c", program, "record", tmp_path / "bag", "--topics", "target")
    publisher = bench.say(Target, "target", qos.RESULT)
    bench.until(lambda: publisher.get_subscription_count() == 1, 40)
    publisher.publish(target(1.0))
    assert publisher.wait_for_all_acked(Duration(seconds=20))
    program.ask_to_end(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        program.process.wait(1.0)
    program.ask_to_end(signal.SIGINT)
    program.ask_to_end(signal.SIGTERM)
    assert program.end() == 0, program.text
    with BagReader(tmp_path / "bag") as reader:
        assert reader.count == 1
        assert not reader.damage


def test_the_line_for_rosbag2_names_the_same_topics(start, tmp_path):
    program = start(BIN / "theylive", "record", "out", "--command", "--namespace", "rig")
    assert program.end() == 0
    (line,) = program.lines
    words = line.split()
    assert words[:6] == ["ros2", "bag", "record", "-o", "out", "-s"]
    assert {"/rig/image_raw/compressed", "/rig/detections", "/diagnostics"} <= set(words)
