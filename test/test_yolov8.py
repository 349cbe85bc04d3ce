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

import csv
import dataclasses
import shutil

import cv2
import numpy as np
import pytest
import tiny_tflite

from theylive_ros import plugins
from theylive_ros.detector import edgetpu, manifest, network
from theylive_ros.detector.interface import DetectorError
from theylive_ros.detector.tflite import DTYPES
from theylive_ros.detector.yolov8 import YoloV8Detector
from theylive_ros.types import Region

RED, BLUE, BLACK = (0, 0, 255), (255, 0, 0), (0, 0, 0)  # BGR


def with_manifest(path, labels=("alien", "john"), **facts):
    manifest.save(manifest.make(path, labels, **facts), manifest.path_of(path))
    return path


def squares(folder, dtype="int8", name="squares.tflite", **facts):
    return with_manifest(tiny_tflite.squares(folder / name, dtype), **facts)


def loaded(path, **settings):
    detector = YoloV8Detector(YoloV8Detector.Config(**{"model": str(path), "device": "cpu", **settings}))
    detector.load()
    return detector


def board(size, *heads):
    """A black frame of (width, height) with squares (colour, x, y, width, height)."""
    frame = np.zeros((size[1], size[0], 3), np.uint8)
    for colour, x, y, width, height in heads:
        frame[y : y + height, x : x + width] = colour
    return frame


def brief(found):
    return [(d.label, d.x, d.y, d.width, d.height) for d in found.items]


@pytest.mark.parametrize("dtype", DTYPES)
def test_aliens_and_johns_are_told_by_colour_and_found_in_place(tmp_path, dtype):
    detector = loaded(squares(tmp_path, dtype), score_threshold=0.6)
    found = detector.detect(board((32, 32), (RED, 0, 0, 16, 16), (BLUE, 16, 16, 16, 16)))
    assert sorted(brief(found)) == [("alien", 8, 8, 32, 32), ("john", 24, 24, 32, 32)]
    assert (found.labels, found.exhaustive, found.width, found.height) == (("alien", "john"), True, 32, 32)
    assert found.inference_time > 0


def test_a_manifest_that_says_bgr_is_believed(tmp_path):
    found = loaded(squares(tmp_path, colour="bgr")).detect(board((32, 32), (RED, 0, 0, 16, 16)))
    assert [d.label for d in found.items] == ["john"]


@pytest.mark.parametrize(("dtype", "limits"), [("int8", (0.0, 1.0)), ("int8", (1.0, 0.0)), ("uint8", (0.0, 1.0)), ("float32", (-1.0, 1.0))])
@pytest.mark.parametrize("colour", ["rgb", "bgr"])
def test_the_network_gets_the_bytes_of_the_frame_through_the_table(tmp_path, dtype, limits, colour, monkeypatch):
    detector = loaded(squares(tmp_path, dtype, input_range=limits, colour=colour))
    inner, given = detector._network, []
    frame = np.random.default_rng(1).integers(0, 256, (32, 32, 3), np.uint8)
    real_run = inner._model.run
    monkeypatch.setattr(inner._model, "run", lambda picture: given.append(picture.copy()) or real_run(picture))
    detector.detect(frame)
    ordered = frame[..., ::-1] if colour == "rgb" else frame
    assert (given[0][0] == network.input_table(inner.manifest.input)[0][ordered]).all()


def test_outputs_that_are_not_finite_are_an_error_not_an_empty_board(tmp_path, monkeypatch):
    detector = loaded(squares(tmp_path, "float32"))
    outputs = detector._network._model.run(np.zeros((1, 32, 32, 3), np.float32))
    outputs[1][0, 0, 0, 0] = np.nan
    monkeypatch.setattr(detector._network._model, "run", lambda picture: outputs)
    with pytest.raises(DetectorError, match="not finite"):
        detector.detect(board((32, 32)))


def test_labels_come_from_the_manifest_in_its_order(tmp_path):
    detector = loaded(squares(tmp_path, labels=("john", "alien")))
    assert detector.labels == ("john", "alien")
    assert [d.label for d in detector.detect(board((32, 32), (RED, 0, 0, 16, 16))).items] == ["john"]


@pytest.mark.parametrize(
    ("fit", "seen", "place"),
    [
        # 80x40 px into 32x32: scale 0.4 and 8 px borders; cell (0, 0) is centred at network (8, 8)
        ("letterbox", Region(0, 0, 80, 40), ("alien", 20, 0, 80, 80)),
        # the middle 40x40 px, scale 0.8
        ("crop", Region(20, 0, 60, 40), ("alien", 30, 10, 40, 40)),
        ("stretch", Region(0, 0, 80, 40), ("alien", 20, 10, 80, 40)),
    ],
)
def test_boxes_come_back_in_pixels_of_the_frame_with_the_region_that_was_seen(tmp_path, fit, seen, place):
    detector = loaded(squares(tmp_path), fit=fit, score_threshold=0.2)
    size = (80, 40)
    cell = {"letterbox": (0, 0, 40, 20), "crop": (20, 0, 20, 20), "stretch": (0, 0, 40, 20)}[fit]
    found = detector.detect(board(size, (RED, *cell)))
    assert found.seen == seen
    assert brief(found) == [pytest.approx(place)]
    assert (found.width, found.height) == size


def test_the_fit_of_the_training_is_used_unless_another_is_asked_for(tmp_path):
    path, frame = squares(tmp_path, fit="crop"), board((64, 32))
    assert loaded(path).detect(frame).seen == Region(16, 0, 48, 32)
    assert loaded(path, fit="stretch").detect(frame).seen == Region(0, 0, 64, 32)


def test_thresholds_changed_at_run_time_count_from_the_next_frame_on(tmp_path):
    detector = loaded(squares(tmp_path))
    frame = board((32, 32), ((0, 0, 150), 0, 0, 16, 16), (RED, 16, 16, 16, 16))
    assert len(detector.detect(frame).items) == 2
    detector.config = dataclasses.replace(detector.config, score_threshold=0.8)
    assert len(detector.detect(frame).items) == 1
    detector.config = dataclasses.replace(detector.config, score_threshold=0.5, max_detections=1)
    assert [d.x for d in detector.detect(frame).items] == [24]
    detector.config = dataclasses.replace(detector.config, max_detections=10, iou_threshold=0.1)
    assert [d.x for d in detector.detect(frame).items] == [24]  # the two boxes of 32 px share a seventh


def test_the_best_comes_first(tmp_path):
    found = loaded(squares(tmp_path)).detect(board((32, 32), ((0, 0, 180), 0, 0, 16, 16), (BLUE, 16, 0, 16, 16)))
    assert [d.label for d in found.items] == ["john", "alien"]


@pytest.mark.parametrize(
    "frame",
    [np.zeros((32, 32), np.uint8), np.zeros((32, 32, 4), np.uint8), np.zeros((32, 32, 3), np.float32), np.zeros((0, 32, 3), np.uint8)],
)
def test_a_frame_that_is_no_bgr_picture_is_refused(tmp_path, frame):
    with pytest.raises(DetectorError, match="give uint8 BGR"):
        loaded(squares(tmp_path)).detect(frame)


def test_frames_may_be_views_of_other_pictures(tmp_path):
    large = board((64, 64), (RED, 16, 16, 16, 16))
    assert brief(loaded(squares(tmp_path)).detect(large[16:48, 16:48]))[0][:3] == ("alien", 8, 8)
    assert brief(loaded(squares(tmp_path)).detect(large[16:48, 16:48][::-1, ::-1]))[0][:3] == ("alien", 24, 24)


def test_a_model_that_cannot_name_john_is_refused(tmp_path):
    path = squares(tmp_path, labels=("alien", "human"))
    with pytest.raises(DetectorError, match="cannot name john, only alien, human"):
        loaded(path)
    assert loaded(path, required_labels=["alien"]).labels == ("alien", "human")


def test_a_model_of_another_architecture_is_refused(tmp_path):
    path = with_manifest(tiny_tflite.one_head(tmp_path / "m.tflite"), ("background", "alien", "john"), architecture="mobilenetv2")
    with pytest.raises(DetectorError, match="choose the detector mobilenetv2"):
        loaded(path)


def test_an_unknown_model_lists_the_shipped_ones(monkeypatch, tmp_path):
    (tmp_path / "models").mkdir()
    squares(tmp_path / "models", name="shipped.tflite")
    monkeypatch.setattr(network, "share_path", tmp_path.joinpath)
    with pytest.raises(DetectorError, match=r"no model nowhere\.tflite.*shipped\.tflite"):
        loaded("nowhere.tflite")
    assert loaded("shipped.tflite").labels == ("alien", "john")


def test_before_load_and_after_close_it_says_so(tmp_path):
    detector = YoloV8Detector(YoloV8Detector.Config(model=str(squares(tmp_path)), device="cpu"))
    detector.close()
    with pytest.raises(DetectorError, match="not loaded"):
        detector.detect(board((32, 32)))
    detector.load()
    detector.load()
    detector.close()
    detector.close()
    with pytest.raises(DetectorError, match="not loaded"):
        _ = detector.labels


def test_it_is_found_as_a_plugin_and_its_settings_are_checked(tmp_path):
    detector = plugins.create(plugins.DETECTORS, "yolov8", model=str(squares(tmp_path)), device="cpu", score_threshold=1)
    detector.load()
    assert detector.device.startswith("CPU")
    with pytest.raises(plugins.PluginError, match="score_threshold"):
        plugins.create(plugins.DETECTORS, "yolov8", score_threshold=1.5)


def twins(folder):
    """A model and its compiled twin."""
    squares(folder, name="m.tflite")
    return with_manifest(tiny_tflite.compiled(folder / "m_edgetpu.tflite")), folder / "m.tflite"


@pytest.mark.parametrize("named", ["m.tflite", "m_edgetpu.tflite"])
def test_auto_falls_back_to_the_cpu_and_says_why(tmp_path, named, monkeypatch):
    twins(tmp_path)
    monkeypatch.setattr(edgetpu, "LIBRARY", "libnowhere.so")
    device = loaded(tmp_path / named, device="auto").device
    assert device.startswith("CPU, ai-edge-litert")
    assert "Edge TPU not used: libnowhere.so is not installed" in device


@pytest.mark.parametrize("named", ["m.tflite", "m_edgetpu.tflite"])
@pytest.mark.parametrize("device", ["auto", "edgetpu"])
def test_the_compiled_twin_runs_where_there_is_a_tpu(tmp_path, named, device, monkeypatch):
    compiled, plain = twins(tmp_path)
    asked = []

    def opened(path):
        asked.append(path)
        model = network.tflite.open_on_cpu(plain, 1)
        model.device = "Edge TPU, pretended"
        return model

    monkeypatch.setattr(edgetpu, "open_on_edgetpu", opened)
    # the pretended TPU runs the plain file, whose scales the manifest of the compiled one must then tell
    shutil.copy(plain, compiled)
    monkeypatch.setattr(network.tflite, "is_compiled", lambda path: "_edgetpu" in path.name)
    with_manifest(compiled)
    assert loaded(tmp_path / named, device=device).device == "Edge TPU, pretended"
    assert asked == [compiled]


def test_a_compiled_model_alone_does_not_run_on_the_cpu(tmp_path, monkeypatch):
    path = with_manifest(tiny_tflite.compiled(tmp_path / "m_edgetpu.tflite"))
    with pytest.raises(DetectorError, match="compiled for the Edge TPU and cannot run on the CPU"):
        loaded(path, device="cpu")
    monkeypatch.setattr(edgetpu, "LIBRARY", "libnowhere.so")
    with pytest.raises(DetectorError, match="libnowhere"):
        loaded(path, device="auto")


def test_auto_says_when_a_coral_lies_idle_for_want_of_a_compiled_model(tmp_path, monkeypatch):
    monkeypatch.setattr(edgetpu, "coral_on_usb", lambda: "18d1:9302")
    assert "squares.tflite is not compiled for it" in loaded(squares(tmp_path), device="auto").device


@pytest.fixture(scope="module", params=["compact_yolo_224_int8.tflite", "yolov8n_224_int8.tflite"])
def real_model(data_dir, tmp_path_factory, request):
    path = tmp_path_factory.mktemp("real") / request.param
    shutil.copy(data_dir / "bootstrap" / request.param, path)
    return with_manifest(path)


def heads(data_dir):
    """(picture, label, centre x, centre y) of the validation set."""
    folder = data_dir / "humanxalien" / "data_yolov8n" / "targets"
    for path in sorted((folder / "images" / "val").glob("*.jpg")):
        kind, x, y, *_ = (folder / "labels" / "val" / f"{path.stem}.txt").read_text().split()
        picture = cv2.imread(str(path))
        yield picture, ("alien", "john")[int(kind)], float(x) * picture.shape[1], float(y) * picture.shape[0]


@pytest.mark.parametrize("frame", ["as it is", "whole camera frame"])
def test_on_real_pictures_every_head_is_found_and_named_and_aliens_are_centred(real_model, data_dir, frame):
    detector, errors = loaded(real_model), []
    for picture, label, x, y in heads(data_dir):
        if frame == "whole camera frame":
            picture = cv2.copyMakeBorder(picture, 0, 16, 0, 96, cv2.BORDER_REPLICATE)
        found = detector.detect(picture)
        assert [d.label for d in found.items] == [label]
        if label == "alien":
            errors.append(np.hypot(found.items[0].x - x, found.items[0].y - y))
    assert len(errors) == 53
    assert np.percentile(errors, 95) <= 4


def test_on_real_pictures_without_a_head_nothing_is_found(real_model, data_dir):
    folder = data_dir / "humanxalien" / "data_mnetv2"
    with (folder / "labels_mnetv2.csv").open() as file:
        names = [row[0] for row in csv.reader(file) if row[3] == "2"][::4]
    detector = loaded(real_model)
    assert len(names) > 100
    assert [n for n in names if detector.detect(cv2.imread(str(folder / "targets" / n))).items] == []
