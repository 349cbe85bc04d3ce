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

"""A trained one-head net as TFLite files, full int8 and float32."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from theylive_training.nets.mobilenetv2 import build, load_weights  # isort: skip  before keras: it chooses the backend

import keras
import numpy as np

from theylive_training.nets.spec import NetSpec
from theylive_training.tflite import quantise

Report = Callable[[str], None]


def convert_files(weights: Path, spec: NetSpec, calibration: Sequence[np.ndarray], int8: Path, floating: Path, report: Report) -> None:
    """Write the net with these weights as an int8 and as a float32 file. calibration: pictures like those it will see, uint8
    (side, side, 3) BGR, 100 or more. Scraps are left beside `int8`: give a folder that goes afterwards.

    Input: (1, side, side, 3) RGB; in int8 the bytes 0..255 as -128..127, in float32 as 0..1. Outputs: the classes' probabilities (1, 3)
    and the centre (1, 2) in shares of the picture. Raises TrainingError.
    """
    net = build(spec)
    load_weights(net, weights)
    saved_model = int8.parent / "saved_model"
    with quantise.step("the net in TensorFlow", int8.parent, report):
        picture = keras.InputSpec("float32", (1, spec.side, spec.side, 3), name="picture")  # fixed: the Edge TPU knows no other shapes
        net.export(saved_model, verbose=False, input_signature=[picture])
    quantise.write_both(lambda tf: tf.lite.TFLiteConverter.from_saved_model(str(saved_model)), calibration, int8, floating, report)
