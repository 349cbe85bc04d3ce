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

"""A trained YOLO as TFLite files: torch -> ONNX -> TensorFlow -> int8, calibrated on training pictures, and float32."""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from theylive_training.nets.detectors import RawOutputs, build
from theylive_training.nets.spec import NetSpec
from theylive_training.tflite import quantise
from theylive_training.train.detector import load_weights

Report = Callable[[str], None]
# onnx2tf reads this file from the working directory, and would otherwise try to download it
_SAMPLE = "calibration_image_sample_data_20x128x128x3_float32.npy"


def convert_files(weights: Path, spec: NetSpec, calibration: Sequence[np.ndarray], int8: Path, floating: Path, report: Report) -> None:
    """Write the net with these weights as an int8 and as a float32 file. calibration: pictures like those it will see, uint8
    (side, side, 3) BGR, 100 or more.

    Input: (1, side, side, 3) RGB; in int8 the bytes 0..255 as -128..127, in float32 as 0..1. Outputs: the box and score maps of
    detectors.RawOutputs, NHWC. Scraps are left beside `int8`: give a folder that goes afterwards. Raises TrainingError.
    """
    net = build(spec)
    load_weights(net, weights)
    maps = RawOutputs(net).eval()
    _join_slices(maps)
    folder = int8.parent
    with quantise.step("the net in TensorFlow", folder, report):
        saved_model = _to_tensorflow(_to_onnx(maps, spec.side, folder), folder)
    quantise.write_both(lambda tf: tf.lite.TFLiteConverter.from_saved_model(str(saved_model)), calibration, int8, floating, report)


def _join_slices(net: torch.nn.Module) -> None:
    """Let each C2f hand its first convolution's result on whole, where ultralytics cuts it in two and joins both halves again.

    The numbers stay the same to the bit; the file loses an operator a block and is some 4 % faster.
    """
    from ultralytics.nn.modules.block import C2f

    for module in net.modules():
        if isinstance(module, C2f):
            module.forward = types.MethodType(_c2f, module)


def _c2f(self: Any, x: torch.Tensor) -> torch.Tensor:
    parts = [self.cv1(x)]
    last = parts[0][:, self.c :]
    for block in self.m:
        last = block(last)
        parts.append(last)
    return self.cv2(torch.cat(parts, 1))


def _to_onnx(net: RawOutputs, side: int, folder: Path) -> Path:
    import onnx
    import onnxslim

    path = folder / "net.onnx"
    picture = torch.zeros(1, 3, side, side)
    torch.onnx.export(net, (picture,), path, opset_version=17, input_names=["picture"], dynamo=False)
    onnx.save(onnxslim.slim(onnx.load(path)), path)
    return path


def _to_tensorflow(onnx_file: Path, folder: Path) -> Path:
    import onnx2tf
    import tensorflow as tf

    tf.keras.backend.clear_session()  # else layers are numbered on from earlier nets, and the same net would not give the same bytes
    np.save(folder / _SAMPLE, np.random.default_rng(0).random((20, 128, 128, 3), np.float32))
    target = folder / "saved_model"
    onnx2tf.convert(
        input_onnx_file_path=str(onnx_file),
        output_folder_path=str(target),
        not_use_onnxsim=True,
        verbosity="error",
        output_signaturedefs=True,
        disable_group_convolution=True,
    )
    return target
