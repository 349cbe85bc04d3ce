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

"""What every detector does alike: find the model, take a device, fit frames, fill the input, run."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path

import cv2
import numpy as np

from theylive_ros.detector import edgetpu, manifest, tflite
from theylive_ros.detector.decode import Output
from theylive_ros.detector.fit import FITS, Fitter, Mapping
from theylive_ros.detector.interface import DetectorError
from theylive_ros.settings import setting
from theylive_ros.share import share_path

DEVICES = ("auto", "cpu", "edgetpu")
_COMPILED_SUFFIX = "_edgetpu"  # as edgetpu_compiler names what it writes

_log = logging.getLogger(__name__)


@dataclasses.dataclass
class NetworkConfig:
    """Settings that all detectors share."""

    model: str = setting("", "model file, or the name of one in the package's models folder; empty: the shipped one", read_only=True)
    device: str = setting("auto", "where the model runs; auto takes an Edge TPU that is there", choices=DEVICES, read_only=True)
    fit: str = setting("manifest", "how a frame becomes the network's input", choices=("manifest", *FITS), read_only=True)
    threads: int = setting(1, "threads of the model on the CPU", low=1, high=64, read_only=True)
    required_labels: list[str] = setting(["alien", "john"], "labels that the model must name", read_only=True)


class Network:
    """An open model with its manifest. `run` is called from one thread."""

    def __init__(self, model: tflite.Model, told: manifest.Manifest, config: NetworkConfig, architecture: str, device: str = "") -> None:
        """model: a tflite.Model, or what has its `inputs`, `outputs`, `device`, `run` and `close`. architecture: the detector's.

        device: in words, model.device if empty. Raises DetectorError where these do not fit together.
        """
        self._model, self.manifest, self.device = model, told, device or model.device
        if told.architecture != architecture:
            raise DetectorError(f"{told.model} is a {told.architecture} model, not {architecture}: choose the detector {told.architecture}")
        missing = [label for label in config.required_labels if label not in told.labels]
        if missing:
            raise DetectorError(
                f"{told.model} cannot name {', '.join(missing)}, only {', '.join(told.labels)}: use a model that can, "
                "or change required_labels to what is shot and protected"
            )
        self.outputs: list[Output] = manifest.check_tensors(told, self._model.inputs, self._model.outputs)
        self.labels = told.labels
        self.width, self.height = told.input.width, told.input.height
        self._fitter = Fitter(told.fit if config.fit == "manifest" else config.fit, self.width, self.height)
        self._table = input_table(told.input)
        self._picture = np.empty((1, self.height, self.width, 3), told.input.tensor.dtype)
        # the usual int8 table only turns a byte's top bit, which NumPy does ten times faster than a look-up
        usual = self._table.dtype == np.int8 and np.array_equal(self._table.view(np.uint8)[0], np.arange(256) ^ 0x80)
        self._flipped = self._picture[0].view(np.uint8) if usual else None
        self._rgb = np.empty((self.height, self.width, 3), np.uint8) if told.input.colour == "rgb" else None
        self.run(np.zeros((self.height, self.width, 3), np.uint8))  # the first run is slow, and shows a device that fails

    def run(self, image: np.ndarray) -> tuple[list[np.ndarray], Mapping]:
        """The raw outputs for a uint8 BGR image, in the order of `outputs`, and how the network's px lie in the image."""
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
            raise DetectorError(f"a frame of {image.dtype} {list(image.shape)} cannot be used: give uint8 BGR (height, width, 3)")
        fitted, mapping = self._fitter.fit(image)
        if self._rgb is not None:
            fitted = cv2.cvtColor(fitted, cv2.COLOR_BGR2RGB, dst=self._rgb)
        if self._flipped is not None:
            np.bitwise_xor(fitted, np.uint8(0x80), out=self._flipped)
        else:
            cv2.LUT(fitted, self._table, dst=self._picture[0])
        raw = self.infer()
        # a comparison with NaN is false: a head would silently be missing
        if any(output.dtype.kind == "f" and not np.isfinite(output).all() for output in raw):
            raise DetectorError(f"{self.manifest.model} gives numbers that are not finite: export it again")
        return raw, mapping

    def infer(self) -> list[np.ndarray]:
        """The raw outputs for the picture of the last `run` once more: the model alone, which benchmarks time."""
        return self._model.run(self._picture)

    def close(self) -> None:
        """Give the device back. Safe to call twice."""
        self._model.close()


def open_network(config: NetworkConfig, default_model: str, architecture: str) -> Network:
    """The model file that the config asks for, on the device that it asks for. Raises DetectorError."""
    model, told, device = _open(find_model(config.model or default_model), config)
    return Network(model, told, config, architecture, device)


def find_model(name: str) -> Path:
    """A model by path, or by name in the package's models folder. DetectorError lists those that are there."""
    shipped = share_path("models")
    for path in (Path(name).expanduser(), shipped / name):
        if path.is_file():
            return path
    there = ", ".join(sorted(p.name for p in shipped.glob("*.tflite"))) or "none"
    raise DetectorError(f"there is no model {name}: give the path of a .tflite file, or one of {shipped} ({there})")


def input_table(given: manifest.Input) -> np.ndarray:
    """The 256 raw input values, one for each byte of a picture; shaped (1, 256) as cv2.LUT takes it."""
    real = given.low + np.arange(256) * ((given.high - given.low) / 255)
    tensor = given.tensor
    if tensor.dtype == "float32":
        return real.astype(np.float32)[None]
    limits = np.iinfo(tensor.dtype)
    return np.clip(np.round(real / tensor.scale + tensor.zero_point), limits.min, limits.max).astype(tensor.dtype)[None]


def _open(path: Path, config: NetworkConfig) -> tuple[tflite.Model, manifest.Manifest, str]:
    """The model on the device that the config asks for.

    auto and edgetpu take the twin compiled for the Edge TPU of a plain model; auto falls back to the plain twin of a compiled one.
    """
    tflite.check_file(path)
    plain, compiled = _twins(path)
    if config.device == "edgetpu":
        chosen = compiled or path
        told = manifest.load(chosen)
        model = edgetpu.open_on_edgetpu(chosen)
        return model, told, model.device
    why = ""
    if config.device == "auto" and compiled:
        told = manifest.load(compiled)
        try:
            model = edgetpu.open_on_edgetpu(compiled)
            return model, told, model.device
        except DetectorError as error:
            if plain is None:
                raise
            why = str(error)
            _log.warning("%s runs on the CPU: %s", plain.name, why)
        path = plain
    if config.device == "auto" and not compiled and edgetpu.coral_on_usb():
        why = f"{path.name} is not compiled for it"
    told = manifest.load(path)
    model = tflite.open_on_cpu(path, config.threads)
    return model, told, f"{model.device} (Edge TPU not used: {why})" if why else model.device


def _twins(path: Path) -> tuple[Path | None, Path | None]:
    """The plain and the compiled file of a model, of which at least `path` is there."""
    if tflite.is_compiled(path):
        plain = path.with_name(path.name.replace(_COMPILED_SUFFIX, ""))
        return (plain if plain != path and plain.is_file() and not tflite.is_compiled(plain) else None), path
    compiled = path.with_name(path.stem + _COMPILED_SUFFIX + path.suffix)
    return path, (compiled if compiled.is_file() else None)
