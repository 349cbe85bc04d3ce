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

"""A replay runs detector and selector over a recording in lock-step: the same each time, and held against what was recorded."""

import dataclasses
import json
import random

import numpy as np
import pytest
from bag_bench import BEGIN, PixelDetector, qos, record_rig, scene, selection, stamp_of_frame, topic
from rosbags.typesys import Stores, get_typestore

from theylive_ros.bags.compare import Comparison, Tolerance
from theylive_ros.bags.decoded import seconds, stamp_of, to_picture
from theylive_ros.bags.errors import BagError
from theylive_ros.bags.frames import find_sources, frames
from theylive_ros.bags.others import load_others
from theylive_ros.bags.reader import BagReader
from theylive_ros.bags.replay import Replay
from theylive_ros.bags.results import Digest, from_row, to_row
from theylive_ros.bags.stages import make_selection, read_parameters, recorded_parameters
from theylive_ros.bags.topic import Definition, Topic
from theylive_ros.bags.writer import BagWriter
from theylive_ros.messages import from_compressed, from_time
from theylive_ros.nodes import conversions
from theylive_ros.share import share_path


def replayed(folder, detector=None, wanted=lambda frame: frame.processed, silent=lambda frame: frame.target is None):
    with BagReader(folder) as reader:
        sources = find_sources(reader)
        used = (detector or PixelDetector()) if sources.picture else None
        replay = Replay(reader, sources, used, selection, wanted, silent if sources.target else lambda frame: False)
        return list(replay), replay


def compared(results, tolerance=None):
    comparison = Comparison(tolerance)
    for r in results:
        comparison.add(r.stamp, r.detections, r.recorded_detections)
        if r.heard:
            comparison.add_target(r.stamp, r.target, r.recorded_target)
        else:
            comparison.begin_anew()
    return comparison


def test_what_was_recorded_comes_out_again_to_the_bit(tmp_path):
    results, replay = replayed(record_rig(tmp_path / "bag", frames=60))
    assert len(results) == 60
    assert all(r.detections.items == r.recorded_detections.items for r in results)
    assert all(r.target == r.recorded_target for r in results)
    assert any(r.target.track is not None for r in results)
    comparison = compared(results, Tolerance(px=0.0, score=0.0))
    assert comparison.same
    assert comparison.detections.compared == comparison.tracks.compared == comparison.choices.compared == 60
    assert not replay.broken


def test_two_replays_have_the_same_digest_and_another_detector_has_not(tmp_path):
    folder = record_rig(tmp_path / "bag")

    def digest(shift):
        made = Digest()
        for r in replayed(folder, PixelDetector(shift))[0]:
            made.add(to_row(r.stamp, r.detections, r.target))
        return made.text

    assert digest(0.0) == digest(0.0)
    assert digest(0.0) != digest(1e-9)


def test_frames_that_the_live_run_skipped_are_skipped_so_that_the_selector_remembers_the_same(tmp_path):
    skipped = {3, 4, 11, 12, 13, 30}
    results, replay = replayed(record_rig(tmp_path / "bag", skipped=skipped))
    assert len(results) == 40 - len(skipped)
    assert replay.skipped == len(skipped)
    assert all(r.target == r.recorded_target for r in results)


def test_every_frame_is_processed_when_that_is_wanted(tmp_path):
    results, _ = replayed(record_rig(tmp_path / "bag", skipped={5}), wanted=lambda frame: True, silent=lambda frame: False)
    assert [r.stamp for r in results] == [stamp_of_frame(n) for n in range(40)]
    assert results[5].detections.items
    assert results[5].recorded_detections is None


def test_a_picture_that_is_not_in_the_recording_leaves_the_recorded_detections_to_the_selector(tmp_path):
    results, _ = replayed(record_rig(tmp_path / "bag", pictures=False))
    assert len(results) == 40
    assert all(r.detections is None and r.target == r.recorded_target for r in results)


def test_a_detector_that_sees_otherwise_is_found_out_from_the_first_frame_on(tmp_path):
    comparison = compared(replayed(record_rig(tmp_path / "bag"), PixelDetector(0.2))[0])
    assert not comparison.same
    assert comparison.detections.differing == comparison.detections.compared == 40
    assert comparison.detections.first == BEGIN
    assert comparison.detections.worst_px == pytest.approx(0.2)
    assert comparison.detections.reason == "0.2 px apart"
    assert compared(replayed(tmp_path / "bag", PixelDetector(0.2))[0], Tolerance(px=0.3)).same


def test_a_head_that_is_missed_is_told_by_its_label(tmp_path):
    class Blind(PixelDetector):
        def detect(self, picture):
            picture = picture.copy()
            picture[2] = 0
            return super().detect(picture)

    comparison = compared(replayed(record_rig(tmp_path / "bag"), Blind())[0])
    assert comparison.detections.reason == "2 alien instead of 2 alien, 1 john"
    assert comparison.tracks.differing


def test_a_recording_that_begins_in_the_middle_of_a_run_is_compared_where_it_can_be(tmp_path):
    results, _ = replayed(record_rig(tmp_path / "bag", frames=130, begin=30))
    comparison = compared(results)
    assert comparison.same
    assert comparison.detections.compared == 100
    assert 30 <= comparison.tracks.compared <= 41
    assert comparison.choices.compared == 0


def test_where_the_selector_began_after_the_recorder_its_replay_begins_there_too(tmp_path):
    folder = record_rig(tmp_path / "bag", down=range(15))
    results, replay = replayed(folder)
    assert [r.heard for r in results] == [False] * 15 + [True] * 25
    assert all(r.target == r.recorded_target for r in results)
    comparison = compared(results, Tolerance(px=0.0, score=0.0))
    assert comparison.same
    assert comparison.detections.compared == 40
    assert comparison.tracks.compared == comparison.choices.compared == 25
    assert not replay.skipped


def test_a_selector_that_was_restarted_meanwhile_is_replayed_as_two(tmp_path):
    results, _ = replayed(record_rig(tmp_path / "bag", frames=70, down=range(30, 40)))
    assert all(r.target == r.recorded_target for r in results), "tracks are numbered from 1 again"
    comparison = compared(results, Tolerance(px=0.0, score=0.0))
    assert comparison.same
    assert comparison.tracks.compared == comparison.choices.compared == 60


@pytest.mark.parametrize("pictures", [True, False])
def test_words_of_the_selector_that_were_lost_are_no_restart(tmp_path, pictures):
    lost = {1, 12, 20, 21, 22, 39}
    results, _ = replayed(record_rig(tmp_path / "bag", lost=lost, pictures=pictures))
    assert all(r.heard and r.target for r in results)
    comparison = compared(results, Tolerance(px=0.0, score=0.0))
    assert comparison.same
    assert comparison.tracks.compared == comparison.choices.compared == 34


def test_a_selector_whose_first_words_were_lost_is_compared_where_it_can_be(tmp_path):
    """From the recording nobody knows when it began, so it is taken for one that began long ago."""
    comparison = compared(replayed(record_rig(tmp_path / "bag", frames=130, down=range(20, 40), lost={40, 41}))[0])
    assert comparison.same
    assert comparison.choices.compared == 20
    assert 20 + 25 <= comparison.tracks.compared <= 20 + 30


def test_where_only_targets_tell_what_was_processed_the_rest_is_skipped(tmp_path):
    skipped = {3, 4, 11}
    results, replay = replayed(record_rig(tmp_path / "bag", skipped=skipped, detections=False))
    assert replay.skipped == len(skipped)
    assert all(r.target == r.recorded_target for r in results)


def test_every_frame_goes_to_the_selector_when_that_is_wanted_and_the_comparison_stays_fair(tmp_path):
    results, _ = replayed(record_rig(tmp_path / "bag", frames=100, down=range(15)), silent=lambda frame: False)
    assert all(r.target for r in results)
    comparison = compared(results)
    assert comparison.same
    assert comparison.choices.compared == 0


def test_whatever_two_targets_differ_in_is_found():
    base = selection()
    target = None
    for n in range(5):
        target = base.update(PixelDetector().detect(scene(n)), 100.0 + n / 30)

    def difference(**changes):
        comparison = Comparison()
        comparison._in_step, comparison._begin = True, 0.0
        comparison.add_target(1, target, target)
        comparison.add_target(2, dataclasses.replace(target, **changes), target)
        return comparison

    assert difference().same
    assert difference(track=None, others=(*target.others, target.track)).choices.reason.startswith("the target is none instead of alien")
    assert "protected" in difference(protected=(), others=(*target.others, *target.protected)).tracks.reason
    assert "clears_protected" in difference(clears_protected=False).tracks.reason
    moved = dataclasses.replace(target.track, x=target.track.x + 1)
    assert difference(track=moved).tracks.worst_px == pytest.approx(1.0)
    assert difference(track=dataclasses.replace(target.track, id=99)).choices.differing == 1


def test_frames_come_in_the_order_of_their_stamps_and_few_wait_in_memory(tmp_path):
    writer = BagWriter(tmp_path / "bag")
    found = writer.add_topic(topic("/detections", "theylive_msgs/msg/Detections"))
    record_rig(tmp_path / "other", frames=90)
    with BagReader(tmp_path / "other") as reader:
        messages = list(reader.messages(["/detections"]))
    order = list(range(90))
    for at in range(0, 90, 9):  # out of order, within a third of a second
        order[at : at + 9] = reversed(order[at : at + 9])
    for log, n in enumerate(order):
        writer.write(found, BEGIN + log * 33_333_333, messages[n].data)
    writer.close()
    with BagReader(tmp_path / "bag") as reader:
        assert [f.stamp for f in frames(reader, find_sources(reader))] == [stamp_of_frame(n) for n in range(90)]


def test_several_cameras_are_told_apart(tmp_path):
    writer = BagWriter(tmp_path / "bag")
    record_rig(tmp_path / "one", frames=3)
    with BagReader(tmp_path / "one") as reader:
        (picture, *_) = reader.messages(["/image_raw"])
    for name in ("/left/image_raw", "/right/image_raw"):
        writer.write(writer.add_topic(topic(name, "sensor_msgs/msg/Image")), BEGIN, picture.data)
    writer.close()
    with BagReader(tmp_path / "bag") as reader:
        with pytest.raises(BagError, match="several cameras: /left/image_raw, /right/image_raw; choose one with --image"):
            find_sources(reader)
        assert find_sources(reader, "/right/image_raw").picture == "/right/image_raw"
        with pytest.raises(BagError, match="no pictures on /up; there are some on: /left/image_raw, /right/image_raw"):
            find_sources(reader, "/up")


def test_a_namespace_belongs_to_all_topics_of_a_rig(tmp_path):
    results, _ = replayed(record_rig(tmp_path / "bag", namespace="/green/rig"))
    assert all(r.target == r.recorded_target for r in results)


def test_a_recording_without_any_word_of_a_rig_is_refused(tmp_path):
    writer = BagWriter(tmp_path / "bag")
    writer.write(writer.add_topic(topic("/laser", "theylive_msgs/msg/LaserState")), 1, b"\0\1\0\0")
    writer.close()
    with BagReader(tmp_path / "bag") as reader, pytest.raises(BagError, match="neither pictures nor detections"):
        find_sources(reader)


def test_broken_messages_are_named_and_the_rest_is_replayed(tmp_path):
    writer = BagWriter(tmp_path / "bag")
    image = writer.add_topic(topic("/image_raw", "sensor_msgs/msg/Image", qos(reliable=False)))
    record_rig(tmp_path / "good", frames=20)
    with BagReader(tmp_path / "good") as reader:
        for n, message in enumerate(reader.messages(["/image_raw"])):
            data = {5: message.data[:40], 6: b"", 7: message.data[:12]}.get(n, message.data)
            writer.write(image, message.stamp, data)
    writer.close()
    results, replay = replayed(tmp_path / "bag", wanted=lambda frame: True)
    assert len(results) == 19  # one has not even a stamp
    assert sum(r.detections is None for r in results) == 2
    assert len(replay.broken) == 2


def test_messages_of_a_type_that_had_other_fields_then_are_named(tmp_path):
    writer = BagWriter(tmp_path / "bag")
    old = Definition("int32 sec\nuint32 nanosec\n", "")
    number = writer.add_topic(Topic("/detections", "theylive_msgs/msg/Detections", old))
    writer.write(number, BEGIN, b"\0\1\0\0" + bytes(8))
    writer.close()
    results, replay = replayed(tmp_path / "bag")
    assert results[0].recorded_detections is None
    (line,) = replay.broken
    assert line.startswith("/detections: theylive_msgs/msg/Detections was another type when this was recorded (")
    with pytest.raises(BagError, match="was another type"):
        load_others(tmp_path / "bag")


@pytest.mark.parametrize("encoding", ["bgr8", "rgb8", "mono8"])
def test_pictures_are_those_that_the_nodes_see(encoding):
    colours = np.random.default_rng(1).integers(0, 255, (24, 32, 3), np.uint8)
    picture = colours[:, :, 0].copy() if encoding == "mono8" else colours
    message = conversions.to_image(picture, conversions.header(conversions.to_time(1.0), "camera"))
    message.encoding = encoding
    np.testing.assert_array_equal(to_picture(message), conversions.from_image(message))
    jpeg = conversions.to_compressed(conversions.encode(colours, 90), message.header)
    np.testing.assert_array_equal(to_picture(jpeg), from_compressed(jpeg))


def larger_than_any_picture():
    """A JPEG file that claims to hold 4 gigapixels."""
    data = bytearray(conversions.encode(np.zeros((8, 8, 3), np.uint8), 90))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = b"\xff\xdc" * 2
    return np.frombuffer(bytes(data), np.uint8)


def test_pictures_that_are_none_are_refused():
    store = get_typestore(Stores.LATEST)
    image, compressed = store.types["sensor_msgs/msg/Image"], store.types["sensor_msgs/msg/CompressedImage"]
    data = np.zeros(10, np.uint8)
    for broken in (
        image(None, 240, 320, "bgr8", 0, 960, data),
        image(None, 240, 320, "yuv422", 0, 960, data),
        image(None, 2, 5, "bgr8", 0, 5, data),
        image(None, 0, 0, "bgr8", 0, 0, data),
        image(None, 9, 0, "mono8", 0, 0, data),
        compressed(None, "jpeg", larger_than_any_picture()),
        compressed(None, "jpeg", data),
        compressed(None, "jpeg", data[:0]),
    ):
        with pytest.raises(BagError, match=r"cannot be decoded|holds only|not read here"):
            to_picture(broken)


def test_a_stamp_in_seconds_is_the_one_that_the_nodes_use():
    for _ in range(200):
        stamp = random.randrange(2 * 10**18)
        time = conversions.Time(sec=stamp // 10**9, nanosec=stamp % 10**9)
        assert seconds(stamp) == from_time(time)
    with pytest.raises(BagError, match="holds no header"):
        stamp_of(b"\0\1\0\0")


def test_results_go_through_json_to_the_bit(tmp_path):
    for r in replayed(record_rig(tmp_path / "bag", frames=5))[0]:
        row = json.loads(json.dumps(to_row(r.stamp, r.detections, r.target)))
        stamp, detections, target = from_row(row)
        assert (stamp, detections.items, target) == (r.stamp, r.detections.items, r.target)
        assert to_row(stamp, detections, target) == to_row(r.stamp, r.detections, r.target)


def test_the_stages_are_set_as_the_files_of_the_nodes_say():
    for name in ("rig.yaml", "sim.yaml"):
        found = read_parameters(share_path("config", name))
        assert found["selector"]["selector.dwell"] == 0.6
        assert found["detector"]["detector.score_threshold"] == 0.5
        chosen = make_selection({**found["selector"], "confirm_hits": 1, "plugin": "nearest"})
        assert type(chosen.selector).__name__ == "NearestSelector"
    with pytest.raises(BagError, match="confirm_hits"):
        make_selection({"confirm_hits": "many"})


@pytest.mark.parametrize("text", ["", "a", "[]", "/**/detector: 3", "/**/detector: {}", "{"])
def test_a_file_that_is_none_of_parameters_is_refused(tmp_path, text):
    (tmp_path / "p.yaml").write_text(text)
    with pytest.raises(BagError, match="is no file of ROS parameters"):
        read_parameters(tmp_path / "p.yaml")


def test_recorded_parameters_are_those_that_the_recorder_told():
    told = {"parameters/detector": '{"plugin": "yolov8"}', "parameters/selector": "broken", "namespace": "/"}
    assert recorded_parameters(told) == {"detector": {"plugin": "yolov8"}}
