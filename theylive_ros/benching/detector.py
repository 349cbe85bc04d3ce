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

"""How long a detector takes for a picture, beside the bare interpreter and beside a peer."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from theylive_ros.benching.figures import spread_ms
from theylive_ros.benching.pictures import PICTURES, pictures
from theylive_ros.detector import tflite
from theylive_ros.detector.network import find_model
from theylive_ros.detector.yolov8 import DEFAULT_MODEL, YoloV8Detector


def measure(model: str, peer: str, device: str, runs: int) -> dict[str, Any]:
    """Spreads (ms) over `runs` pictures; model, peer: files or names, peer empty for none; device: cpu, edgetpu or auto."""

    def load(name: str) -> YoloV8Detector:
        detector = YoloV8Detector(YoloV8Detector.Config(model=name, device=device))
        detector.load()
        return detector

    ours = load(model)
    shown = pictures()
    calls: dict[str, Callable[[np.ndarray], object]] = {"detect": ours.detect, "interpreter": _bare_interpreter(model)}
    if peer:
        calls["peer_detect"] = load(peer).detect
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(1 + -(-runs // PICTURES)):
        # In turn, so that a machine whose speed drifts treats all alike; in rounds, so that each has the caches to itself, as at work.
        for name, call in calls.items():
            for picture in shown:
                begin = time.perf_counter()
                call(picture)
                if turn:
                    times[name].append(time.perf_counter() - begin)
    report: dict[str, Any] = {"device": ours.device, "runs": runs}
    report |= {f"{name}_ms": spread_ms(taken) for name, taken in times.items()}
    median = {name: float(np.median(taken)) for name, taken in times.items()}
    for name in calls:
        if name != "detect":
            report[f"detect_to_{name.removesuffix('_detect')}"] = round(median["detect"] / median[name], 3)
    return report


def _bare_interpreter(model: str) -> Callable[[np.ndarray], object]:
    """Nothing but the model itself, on the CPU, on a grey input: what no detector around it can be faster than."""
    bare = tflite.open_on_cpu(find_model(model or DEFAULT_MODEL), 1)
    tensor = bare.inputs[0]
    grey = np.zeros(tensor.shape, tensor.dtype)
    return lambda picture: bare.run(grey)
