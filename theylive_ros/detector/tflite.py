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

"""The TFLite interpreter: finds the runtime, opens a model on the CPU or the Edge TPU, runs it."""

from __future__ import annotations

import dataclasses
import importlib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from theylive_ros.detector.interface import DetectorError

RUNTIMES = (("ai_edge_litert.interpreter", "ai-edge-litert"), ("tflite_runtime.interpreter", "tflite-runtime"))
DTYPES = ("int8", "uint8", "float32")
_COMPILED = b"edgetpu-custom-op"


@dataclasses.dataclass(frozen=True)
class Tensor:
    """An input or output of a model. real value = (raw - zero_point) * scale; scale is 0 in a float32 tensor."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    scale: float
    zero_point: int

    def range(self) -> tuple[float, float]:
        """The least and greatest real value that a quantised tensor can hold."""
        limits = np.iinfo(self.dtype)
        return (limits.min - self.zero_point) * self.scale, (limits.max - self.zero_point) * self.scale

    def real(self, raw: np.ndarray) -> np.ndarray:
        """Raw values as real ones, float32."""
        values = raw.astype(np.float32)
        return values if self.dtype == "float32" else (values - np.float32(self.zero_point)) * np.float32(self.scale)


@dataclasses.dataclass(frozen=True)
class Runtime:
    """An installed TFLite runtime: its distribution's name and version, and the module with Interpreter and load_delegate."""

    name: str
    version: str
    module: Any

    def __str__(self) -> str:
        """Name and version, for a person."""
        return f"{self.name} {self.version}".rstrip()


class Model:
    """An open model. `run` is called from one thread."""

    def __init__(self, interpreter: Any, path: Path, device: str) -> None:
        self._interpreter = interpreter
        self._path = path
        self.device = device
        inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
        self.inputs, self.outputs = tensors_of(interpreter, path)
        if len(self.inputs) != 1:
            raise DetectorError(f"{path.name} has {len(self.inputs)} inputs; a model with one picture as its input is needed")
        self._input_index = inputs[0]["index"]
        self._output_indices = [o["index"] for o in outputs]

    def run(self, picture: np.ndarray) -> list[np.ndarray]:
        """The raw outputs, in the order of `outputs`, for the raw input tensor. Raises DetectorError when the device is lost."""
        if self._interpreter is None:
            raise DetectorError(f"{self._path.name} is closed; load it before detecting")
        try:
            self._interpreter.set_tensor(self._input_index, picture)
            self._interpreter.invoke()
        except (RuntimeError, ValueError) as cause:
            cure = "plug the Coral in again and load the model anew" if "TPU" in self.device else "load the model anew"
            raise DetectorError(f"{self._path.name} failed on {self.device}: {one_line(cause)}; {cure}") from cause
        return [self._interpreter.get_tensor(i) for i in self._output_indices]

    def close(self) -> None:
        """Give the model and its device back. Safe to call twice."""
        self._interpreter = None


def find_runtime() -> Runtime:
    """The TFLite runtime to use: ai-edge-litert, else tflite-runtime. DetectorError names why neither can be had."""
    reasons = []
    for module_name, distribution in RUNTIMES:
        try:
            module = importlib.import_module(module_name)
        except ModuleNotFoundError as cause:
            if cause.name not in (module_name, module_name.split(".")[0]):
                reasons.append(f"{distribution}: {one_line(cause)}")
            continue
        except Exception as cause:  # a runtime built for another NumPy raises whatever it likes
            reasons.append(f"{distribution}: {type(cause).__name__}: {one_line(cause)}")
            continue
        return Runtime(distribution, _version(distribution), module)
    why = f" ({'; '.join(reasons)})" if reasons else ""
    raise DetectorError(f"no TFLite runtime works here{why}: pip install ai-edge-litert")


def check_file(path: Path) -> None:
    """Raise DetectorError unless `path` is a file that begins as a TFLite model does."""
    if not path.is_file():
        raise DetectorError(f"there is no model {path}: give the path of a .tflite file, or the name of one in the package's models/")
    with path.open("rb") as file:
        head = file.read(8)
    if head[4:8] != b"TFL3":
        raise DetectorError(f"{path} is not a TFLite model: give a .tflite file, as the export writes it")


def is_compiled(path: Path) -> bool:
    """Whether the model was compiled for the Edge TPU."""
    return _COMPILED in path.read_bytes()


def read_tensors(path: Path) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Inputs and outputs of a model file, compiled or not, without running it. Raises DetectorError."""
    check_file(path)
    return tensors_of(_interpreter(find_runtime(), path), path)


def open_on_cpu(path: Path, threads: int) -> Model:
    """Open a model on the CPU. Raises DetectorError, also for one that is compiled for the Edge TPU."""
    check_file(path)
    if is_compiled(path):
        raise DetectorError(
            f"{path.name} is compiled for the Edge TPU and cannot run on the CPU: use device edgetpu, or the model as it was before"
        )
    runtime = find_runtime()
    interpreter = _interpreter(runtime, path, num_threads=threads)
    return allocate(interpreter, path, f"CPU, {runtime}, {threads} thread{'s' if threads > 1 else ''}")


def allocate(interpreter: Any, path: Path, device: str) -> Model:
    """Ready an interpreter for `run`. Raises DetectorError for a model that this runtime cannot run."""
    try:
        interpreter.allocate_tensors()
    except (RuntimeError, ValueError) as cause:
        raise DetectorError(
            f"{path.name} cannot run on {device}: {one_line(cause)}; export it again with operators that this runtime knows"
        ) from cause
    return Model(interpreter, path, device)


def tensors_of(interpreter: Any, path: Path) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Inputs and outputs of an interpreter. Raises DetectorError for a type that is neither int8, uint8 nor float32."""
    inputs = tuple(_tensor(d, path) for d in interpreter.get_input_details())
    return inputs, tuple(_tensor(d, path) for d in interpreter.get_output_details())


def one_line(cause: BaseException) -> str:
    """The message of a foreign error, on one line."""
    return " ".join(str(cause).split()) or type(cause).__name__


def _interpreter(runtime: Runtime, path: Path, **options: Any) -> Any:
    try:
        return runtime.module.Interpreter(model_path=str(path), **options)
    except (RuntimeError, ValueError) as cause:
        raise DetectorError(f"{path} is damaged or truncated: copy or export it again ({one_line(cause)})") from cause


def _tensor(details: dict[str, Any], path: Path) -> Tensor:
    dtype = np.dtype(details["dtype"]).name
    name = str(details["name"])
    if dtype not in DTYPES:
        raise DetectorError(f"{path.name}: tensor {name} is {dtype}; export the model as int8, uint8 or float32")
    scale, zero_point = details["quantization"]
    if dtype != "float32" and not scale > 0:
        raise DetectorError(f"{path.name}: {dtype} tensor {name} has no scale; export the model with full-integer quantisation")
    shape = tuple(int(n) for n in details["shape"])
    return Tensor(name, shape, dtype, 0.0 if dtype == "float32" else float(scale), 0 if dtype == "float32" else int(zero_point))


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""
