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

"""A TFLite model, opened to be explained: by its shapes, and by running it with every result kept."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from theylive_ros.detector import manifest
from theylive_ros.detector.network import input_table
from theylive_training.errors import TrainingError
from theylive_training.explain.graph import ACTIVATION, CONV, Graph
from theylive_training.explain.net import Progress, middle, shares
from theylive_training.explain.tflite_graph import read_graph
from theylive_training.tflite.flatbuffer import GraphTensor


class TfliteNet:
    """Implements net.Net. A file has no gradient: what moves a cell is found by changing the picture patch by patch."""

    grain, rounds = 8, 4

    def __init__(self, path: Path) -> None:
        """Raises TrainingError for what is no model, or one that cannot be run here."""
        self.title, self.learned = path.name, "the weights of the file"
        self._path = path
        self._interpreter: Any = None
        self.graph: Graph
        self.graph, self._tensors = read_graph(path, self._constant)

    def results(self, picture: np.ndarray) -> dict[int, np.ndarray]:
        """See net.Net."""
        raw, is_bgr = self._bytes_to_raw()
        rgb = picture if is_bgr else picture[:, :, ::-1]
        ends = [step for ends in self.graph.blocks.values() for step in ends]
        made = self._run(raw[np.ascontiguousarray(rgb)], ends)
        return {step: one.reshape(self.graph.steps[step].output) for step, one in made.items()}

    def filters(self) -> np.ndarray:
        """See net.Net."""
        first = next(n for n, s in enumerate(self.graph.steps) if s.kind == CONV)
        operator = next(o for o in self._running()._get_ops_details() if self._detail(self._tensors[first])["index"] in o["outputs"])
        index = operator["inputs"][1]
        told = next(d for d in self._running().get_tensor_details() if d["index"] == index)
        weights, scales = self._running().get_tensor(index).astype(np.float32), told["quantization_parameters"]["scales"]
        return weights * scales.reshape(-1, 1, 1, 1) if len(scales) else weights

    def sensitivity(self, steps: Sequence[int], rounds: int, seed: int, progress: Progress) -> dict[int, np.ndarray]:
        """See net.Net: by how far a cell moves when a square of `grain` px is replaced by another random one; int8 rounds small moves away.

        Before the last activation: a score of zero hardly moves.
        """
        shape = self.graph.input
        watched = {s: self.graph.steps[s].inputs[0] if self.graph.steps[s].kind == ACTIVATION else s for s in steps}
        rng = np.random.default_rng(seed)
        raw, _ = self._bytes_to_raw()
        sums = {step: np.zeros(shape[:2]) for step in steps}
        corners = [(y, x) for y in range(0, shape.height, self.grain) for x in range(0, shape.width, self.grain)]
        for turn in range(rounds):
            picture = raw[rng.integers(0, 256, shape)]
            before = self._run(picture, list(watched.values()))
            moved = {step: np.zeros(shape[:2]) for step in steps}
            for number, (y, x) in enumerate(corners):
                changed = picture.copy()
                patch = changed[y : y + self.grain, x : x + self.grain]
                patch[:] = raw[rng.integers(0, 256, patch.shape)]
                after = self._run(changed, list(watched.values()))
                for step, seen in watched.items():
                    moved[step][y : y + self.grain, x : x + self.grain] = np.abs(self._cell(seen, after) - self._cell(seen, before)).mean()
                progress(turn * len(corners) + number + 1, rounds * len(corners))
            for step in steps:
                sums[step] += shares(moved[step])
        return {step: shares(total) for step, total in sums.items()}

    def _cell(self, step: int, made: dict[int, np.ndarray]) -> np.ndarray:
        grid = made[step].reshape(self.graph.steps[step].output)
        return grid[middle(grid.shape[0]), middle(grid.shape[1])]

    def _run(self, picture: np.ndarray, steps: Sequence[int]) -> dict[int, np.ndarray]:
        """Real values of the results of steps."""
        running = self._running()
        running.set_tensor(running.get_input_details()[0]["index"], picture[None])
        running.invoke()
        found = {}
        for step in steps:
            told = self._detail(self._tensors[step])
            scale, zero = told["quantization"]
            made = running.get_tensor(told["index"]).astype(np.float32)
            found[step] = (made - zero) * scale if scale else made
        return found

    def _bytes_to_raw(self) -> tuple[np.ndarray, bool]:
        """The 256 input values of a picture's bytes, and whether it is BGR: as the manifest says, else the tensor's whole range, RGB."""
        if manifest.path_of(self._path).is_file():
            told = manifest.load(self._path).input
            return input_table(told)[0], told.colour == "bgr"
        dtype = np.dtype(self._running().get_input_details()[0]["dtype"])
        if dtype == np.float32:
            return np.linspace(0, 1, 256, dtype=np.float32), False
        return (np.arange(256) + np.iinfo(dtype).min).astype(dtype), False

    def _constant(self, tensor: GraphTensor) -> np.ndarray:
        return self._running().get_tensor(self._detail(tensor)["index"])

    def _detail(self, tensor: GraphTensor) -> dict[str, Any]:
        return self._details[tensor.name, tensor.shape]

    def _running(self) -> Any:
        """The interpreter, made when it is first needed."""
        if self._interpreter is None:
            from ai_edge_litert.interpreter import Interpreter

            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # that keeping every result takes memory
                    self._interpreter = Interpreter(model_path=str(self._path), num_threads=1, experimental_preserve_all_tensors=True)
                    self._interpreter.allocate_tensors()
            except (RuntimeError, ValueError) as cause:
                said = " ".join(str(cause).split())[:120]
                raise TrainingError(f"{self._path} cannot be run here ({said}): give a model for the CPU, not a compiled one") from cause
            self._details = {(d["name"], tuple(map(int, d["shape"]))): d for d in self._interpreter.get_tensor_details()}
        return self._interpreter
