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

"""`theylive replay` and `theylive info`: exit status and words, a report, and one run against another."""

import json
import os
import signal
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest
from bag_bench import header, no_file_longer_than, record_rig, stamp_of_frame, topic
from processes import THEYLIVE, programs
from rclpy.serialization import serialize_message
from theylive_msgs.msg import Detections

from theylive_ros import cli
from theylive_ros.bags.writer import BagWriter, Storage
from theylive_ros.nodes import conversions


def call(*words):
    with pytest.raises(SystemExit) as end:
        cli.main([str(word) for word in words])
    return end.value.code


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """A recording of pictures alone: an alien's head on a board, as the simulator draws it."""
    from theylive_ros.simulator.scenario import load_scenario
    from theylive_ros.simulator.world import World

    folder = tmp_path_factory.mktemp("bags") / "pictures"
    world = World(load_scenario("default"), 1)
    writer = BagWriter(folder)
    number = writer.add_topic(topic("/image_raw/compressed", "sensor_msgs/msg/CompressedImage"))
    for n in range(12):
        world.at(1.0 + n / 30)
        jpeg = conversions.encode(world.frame(None), 95)
        writer.write(number, stamp_of_frame(n), serialize_message(conversions.to_compressed(jpeg, header(stamp_of_frame(n)))))
    writer.close()
    return folder


def test_a_replay_against_an_earlier_one_is_the_same_to_the_bit(pictures, tmp_path, capsys):
    assert call("replay", pictures, "--report", tmp_path / "first.json") == 0
    told = capsys.readouterr().out
    assert "12 frames" in told
    assert "detections: nothing to compare with" in told
    assert call("replay", pictures, "--against", tmp_path / "first.json", "--report", tmp_path / "second.json") == 0
    assert "detections: 12 frames the same, at most 0 px and 0 of score apart" in capsys.readouterr().out
    first, second = (json.loads((tmp_path / f"{name}.json").read_text()) for name in ("first", "second"))
    assert first["digest"] == second["digest"]
    assert first["results"] == second["results"]
    assert sum(len(row["detections"]["items"]) for row in first["results"]) > 12
    assert any(row["target"]["track"] for row in first["results"])
    assert second["comparison"]["choices"]["compared"] == 12
    assert first["settings"]["detector"]["plugin"] == "yolov8"


def test_another_model_differs_and_the_exit_status_says_so(pictures, tmp_path, capsys):
    one, other = ("--model", "yolov8n_224_int8.tflite"), ("--model", "compact_yolo_224_int8.tflite")
    assert call("replay", pictures, "--report", tmp_path / "r.json", "--quiet", *one) == 0
    assert call("replay", pictures, "--against", tmp_path / "r.json", *other) == 1
    assert "NOT the same" in capsys.readouterr().out


def test_a_recording_of_detections_runs_the_selector_alone(tmp_path, capsys):
    folder = record_rig(tmp_path / "bag", pictures=False)
    assert call("replay", folder) == 0
    told = capsys.readouterr().out
    assert "choices: 40 frames the same" in told
    assert call("replay", folder, "--selector", "nearest") in (0, 1)


def test_one_recording_is_held_against_another(tmp_path, capsys):
    one = record_rig(tmp_path / "one", pictures=False)
    other = record_rig(tmp_path / "other", skipped={5, 6}, pictures=False)
    assert call("replay", one, "--against", other) == 0
    told = capsys.readouterr().out
    assert "2 frames were skipped by the run that it is compared with" in told
    assert "choices: 38 frames the same" in told


def test_a_selector_that_was_not_always_there_is_replayed_alike_from_the_recording_and_from_a_report(tmp_path, capsys):
    folder = record_rig(tmp_path / "bag", frames=70, down=[*range(10), *range(30, 40)], pictures=False)
    assert call("replay", folder, "--report", tmp_path / "first.json") == 0
    told = capsys.readouterr().out
    assert "20 frames came while the selector of that run was not at work; here, too, it begins after them" in told
    assert "choices: 50 frames the same" in told
    assert call("replay", folder, "--against", tmp_path / "first.json", "--report", tmp_path / "second.json") == 0
    assert "choices: 50 frames the same" in capsys.readouterr().out
    first, second = (json.loads((tmp_path / f"{name}.json").read_text()) for name in ("first", "second"))
    assert first["digest"] == second["digest"]
    assert first["unheard"] == second["unheard"] == [stamp_of_frame(n) for n in (*range(10), *range(30, 40))]
    whole = record_rig(tmp_path / "whole", frames=70, pictures=False)
    assert call("replay", whole, "--against", folder) == 0
    assert "choices: 50 frames the same" in capsys.readouterr().out
    assert call("replay", folder, "--all") == 0
    told = capsys.readouterr().out
    assert "not at work" not in told
    assert "choices: nothing to compare with" in told, "one selector all along is not what was recorded"


def test_a_lost_file_is_named_by_info(tmp_path, capsys):
    folder = record_rig(tmp_path / "bag", storage=Storage(max_size=3_000_000), custom={"namespace": "/"})
    (folder / "bag_1.mcap").unlink()
    assert call("info", folder) == 1
    assert "damaged: bag_1.mcap: No such file or directory" in capsys.readouterr().out


def test_an_empty_recording_has_no_date(tmp_path, capsys):
    BagWriter(tmp_path / "bag").close()
    assert call("info", tmp_path / "bag") == 0
    assert "bag: 0 messages, 0.0 MB" in capsys.readouterr().out


def test_whose_settings_are_used_is_said_where_the_recording_tells_none(pictures, tmp_path, capsys):
    said = "they run with those of config/rig.yaml"
    assert call("replay", pictures) == 0
    told = capsys.readouterr().out
    assert said in told
    assert f"against {pictures}: nothing to compare with" in told
    folder = record_rig(tmp_path / "bag", pictures=False, custom={"parameters/selector": '{"plugin": "nearest"}'})
    call("replay", folder)
    assert said not in capsys.readouterr().out


def test_a_report_that_cannot_be_written_to_its_end_is_said_and_not_left_half_done(tmp_path, capsys):
    folder = record_rig(tmp_path / "bag", pictures=False)
    with no_file_longer_than(20_000):
        assert call("replay", folder, "--report", tmp_path / "r.json") == 2
    assert "r.json cannot be written (File too large): choose another place" in capsys.readouterr().err
    assert not [path for path in tmp_path.iterdir() if path != folder]


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_replay_that_is_ended_leaves_nothing_half_done(tmp_path, number, status):
    folder = tmp_path / "bag"
    writer = BagWriter(folder)
    found = writer.add_topic(topic("/detections", "theylive_msgs/msg/Detections"))
    for n in range(10_000):
        writer.write(found, stamp_of_frame(n), serialize_message(Detections(header=header(stamp_of_frame(n)))))
    writer.close()
    with programs() as start:
        program = start(*THEYLIVE, "replay", folder, "--report", tmp_path / "r.json")
        part = tmp_path / ".r.json.part"
        while not (part.exists() and part.stat().st_size):
            assert program.process.poll() is None, program.text
            time.sleep(0.005)
        program.ask_to_end(number)
        assert program.end() == status, program.text
        assert "Traceback" not in program.text
    assert not [path for path in tmp_path.iterdir() if path != folder]


def test_what_is_damaged_is_said_and_the_rest_is_replayed(tmp_path, capsys):
    folder = record_rig(tmp_path / "bag", pictures=False)
    path = folder / "bag_0.mcap"
    path.write_bytes(path.read_bytes()[:-20_000])
    assert call("replay", folder) == 0
    told = capsys.readouterr().out
    assert "cannot be read: bag_0.mcap: has no end" in told
    assert call("info", folder) == 1
    assert "damaged: bag_0.mcap: has no end" in capsys.readouterr().out


def test_info_tells_all_for_a_person_and_for_a_machine(tmp_path, capsys):
    folder = record_rig(tmp_path / "bag", custom={"namespace": "/"})
    assert call("info", folder) == 0
    told = capsys.readouterr().out
    assert "120 messages, 1.3 s" in told
    assert "/detections" in told
    assert call("info", folder, "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["messages"] == 120
    assert facts["bytes"] > 40 * 230_400
    assert {"name": "/target", "type": "theylive_msgs/msg/Target", "messages": 40, "per_second": pytest.approx(30.5, abs=1)} in facts[
        "topics"
    ]
    assert facts["damage"] == []


def test_a_replay_needs_no_ros(pictures):
    blocked = "rclpy", "theylive_msgs", "sensor_msgs", "ament_index_python"
    program = f"import sys; sys.modules.update(dict.fromkeys({blocked!r})); from theylive_ros.cli import main; main(sys.argv[1:])"
    done = subprocess.run([sys.executable, "-c", program, "replay", str(pictures)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("12 frames")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("replay", "/no/such/bag"), "there is no /no/such/bag: give the folder of a recording"),
        (("info", "/no/such/bag"), "there is no /no/such/bag"),
        (("replay", "BAG", "--tolerance-px", "-1"), "must be 0 or more"),
        (("replay", "BAG", "--tolerance-px", "nan"), "must be 0 or more"),
        (("replay", "BAG", "--against", "/no/such.json"), "/no/such.json cannot be read"),
        (("replay", "BAG", "--against", "TEXT"), "is no report of 'theylive replay --report'"),
        (("replay", "BAG", "--against", "OTHER"), "says nothing of what is in"),
        (("replay", "UNSTAMPED"), "holds no frame that could be replayed"),
        (("replay", "BAG", "--params-file", "/no/such.yaml"), "/no/such.yaml cannot be read"),
        (("replay", "BAG", "--params-file", "YAML"), "holds no parameters of detector or selector"),
        (("replay", "BAG", "--report", "PIPE"), "pipe is no file: choose another place for the report"),
        (("replay", "BAG", "--report", ""), ". is no file: choose another place for the report"),
        (("replay", "BAG", "--model", "none.tflite"), "none.tflite"),
        (("replay", "BAG", "--selector", "nobody"), "no plugin 'nobody'"),
        (("replay", "BAG", "--report", "/no/such/folder/r.json"), "/no/such/folder/r.json cannot be written"),
        (("replay", "BAG", "--image", "/up"), "no pictures on /up"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(words, says, pictures, tmp_path, capfd):
    (tmp_path / "text").write_text("{}")
    (tmp_path / "yaml").write_text("/**/camera: {ros__parameters: {plugin: video}}")
    writer = BagWriter(tmp_path / "unstamped")
    writer.write(writer.add_topic(topic("/detections", "theylive_msgs/msg/Detections")), 1, b"\0\1\0\0")
    writer.close()
    (tmp_path / "other").write_text('{"results": [{"stamp": 1, "detections": null, "target": null}]}')
    os.mkfifo(tmp_path / "pipe")
    names = {"BAG": pictures, **{name.upper(): tmp_path / name for name in ("text", "yaml", "unstamped", "other", "pipe")}}
    places = {name: str(path) for name, path in names.items()}
    assert call(*(places.get(word, word) for word in words)) == 2
    told = [line for line in capfd.readouterr().err.splitlines() if not line.startswith("INFO: Created TensorFlow Lite")]
    assert len(told) == 1, told
    assert says in told[0]


def test_a_picture_of_another_size_is_replayed_too(tmp_path):
    writer = BagWriter(tmp_path / "bag")
    number = writer.add_topic(topic("/camera/image_raw", "sensor_msgs/msg/Image"))
    picture = cv2.resize(np.full((10, 10, 3), 90, np.uint8), (640, 480))
    for n in range(2):
        writer.write(number, stamp_of_frame(n), serialize_message(conversions.to_image(picture, header(stamp_of_frame(n)))))
    writer.close()
    assert call("replay", tmp_path / "bag", "--quiet") == 0
