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

"""The manifest beside a model: what the file itself does not say. docs/models.md describes the format.

`model.tflite` has `model.json`. Labels are read from nowhere else: a guessed order could take John for an alien.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from theylive_ros.detector import tflite
from theylive_ros.detector.decode import BINS, DISTANCES, LOGIT, NORMALISED, PIXELS, PROBABILITY, VALUES, Output
from theylive_ros.detector.fit import FITS
from theylive_ros.detector.interface import DetectorError
from theylive_ros.detector.layout import ARCHITECTURES, BOXES, MEANINGS, SCORES, find_meanings, guess_architecture
from theylive_ros.detector.tflite import Tensor

SCHEMA = 1
COLOURS = ("rgb", "bgr")
_USUAL_RANGES = ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0))


@dataclasses.dataclass(frozen=True)
class Input:
    """The picture tensor (1, height, width, 3). colour: order of its channels; low, high: real values of the bytes 0 and 255."""

    tensor: Tensor
    colour: str
    low: float
    high: float

    @property
    def width(self) -> int:
        """Columns of the picture (px)."""
        return self.tensor.shape[2]

    @property
    def height(self) -> int:
        """Rows of the picture (px)."""
        return self.tensor.shape[1]


@dataclasses.dataclass(frozen=True)
class Manifest:
    """All that is known of a model. model: its file name; fit: how frames were fitted in training; training: open facts."""

    model: str
    sha256: str
    architecture: str
    labels: tuple[str, ...]
    fit: str
    input: Input
    outputs: tuple[Output, ...]
    training: dict[str, Any]


def path_of(model: Path) -> Path:
    """Where a model's manifest lies."""
    return model.with_suffix(".json")


def load(model: Path) -> Manifest:
    """The manifest of a model file, its hash checked against the file. Raises DetectorError."""
    path = path_of(model)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise DetectorError(
            f"{model} has no manifest {path.name}: run `theylive manifest {model} --labels alien,john` with the labels in the model's order"
        ) from None
    except (OSError, UnicodeDecodeError) as cause:
        raise DetectorError(f"manifest {path} cannot be read ({tflite.one_line(cause)}): mend or copy it again") from cause
    manifest = _parse(path, text)
    if sha256(model) != manifest.sha256:
        raise DetectorError(
            f"{model} is not the file that {path.name} describes (other sha256): copy both again, or, if it was replaced on purpose, "
            f"run `theylive manifest {model} --labels {','.join(manifest.labels)} --force`"
        )
    return manifest


def save(manifest: Manifest, path: Path) -> None:
    """Write a manifest, whole or not at all. Raises DetectorError."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(json.dumps(to_json(manifest), indent=2) + "\n", encoding="utf-8")
        os.replace(temporary, path)
    except OSError as cause:
        temporary.unlink(missing_ok=True)
        raise DetectorError(f"manifest {path} cannot be written ({cause.strerror}): copy the model to a folder of your own") from cause


def make(
    model: Path,
    labels: Sequence[str],
    *,
    architecture: str = "",
    fit: str = "letterbox",
    colour: str = "rgb",
    input_range: tuple[float, float] | None = None,
    meanings: Sequence[str] = (),
    training: dict[str, Any] | None = None,
) -> Manifest:
    """A manifest for a model that has none, from its tensors; what they do not tell is measured on a grey picture or must be given.

    labels: in the order of the model's classes. architecture: one of ARCHITECTURES, "" to tell it from the shapes. meanings: of the
    outputs in the file's order. training: facts to keep (data hash, seed, versions, metrics, licence). Raises DetectorError.
    """
    labels = _checked_labels(labels)
    inputs, outputs = tflite.read_tensors(model)
    tensor = _checked_input(inputs, model)
    low, high = input_range or _guess_range(tensor)
    architecture = architecture or guess_architecture(outputs)
    if meanings and len(meanings) != len(outputs):
        raise DetectorError(f"{model.name} has {len(outputs)} outputs ({', '.join(o.name for o in outputs)}): give a meaning for each")
    if not set(meanings) <= set(MEANINGS):
        raise DetectorError(f"outputs mean one of {', '.join(MEANINGS)}")
    said = list(meanings) or [""] * len(outputs)
    found = find_meanings(architecture, outputs, said, len(labels), tensor.shape[2], tensor.shape[1])
    floats = [o for o in outputs if o.dtype == "float32"]
    seen = _extremes(model) if floats else [o.range() for o in outputs]
    return Manifest(
        model=model.name,
        sha256=sha256(model),
        architecture=architecture,
        labels=labels,
        fit=fit,
        input=Input(tensor, colour, low, high),
        outputs=tuple(Output(o, m, _guess_values(o, m, *s)) for o, m, s in zip(outputs, found, seen, strict=True)),
        training=training or {},
    )


def check_tensors(manifest: Manifest, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> list[Output]:
    """The manifest's outputs in the order of the opened model's. Raises DetectorError where the two differ."""
    told = {o.tensor.name: o for o in manifest.outputs}
    pairs = [(manifest.input.tensor, inputs[0]), *((told[o.name].tensor if o.name in told else None, o) for o in outputs)]
    for said, there in pairs:
        if said is None or not _same(said, there):
            raise DetectorError(
                f"the manifest of {manifest.model} does not describe its tensor {there.name} {list(there.shape)} {there.dtype}: "
                f"run `theylive manifest {manifest.model} --labels {','.join(manifest.labels)} --force`"
            )
    return [told[o.name] for o in outputs]


def sha256(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def to_json(manifest: Manifest) -> dict[str, Any]:
    """The manifest as it stands in the file."""
    given = manifest.input
    return {
        "schema": SCHEMA,
        "model": manifest.model,
        "sha256": manifest.sha256,
        "architecture": manifest.architecture,
        "labels": list(manifest.labels),
        "fit": manifest.fit,
        "input": {**_tensor_json(given.tensor), "colour": given.colour, "range": [given.low, given.high]},
        "outputs": [{**_tensor_json(o.tensor), "meaning": o.meaning, "values": o.values} for o in manifest.outputs],
        "training": manifest.training,
    }


def _parse(path: Path, text: str) -> Manifest:
    try:
        data = json.loads(text)
        if data["schema"] != SCHEMA:
            raise DetectorError(
                f"manifest {path} has schema {data['schema']}, this program reads {SCHEMA}: update theylive_ros or the model"
            )
        given = data["input"]
        low, high = (float(v) for v in given["range"])
        manifest = Manifest(
            model=str(data["model"]),
            sha256=str(data["sha256"]),
            architecture=_one_of(data, "architecture", ARCHITECTURES),
            labels=_checked_labels(data["labels"]),
            fit=_one_of(data, "fit", FITS),
            input=Input(_parse_tensor(given), _one_of(given, "colour", COLOURS), low, high),
            outputs=tuple(Output(_parse_tensor(o), _one_of(o, "meaning", MEANINGS), _one_of(o, "values", VALUES)) for o in data["outputs"]),
            training=dict(data.get("training", {})),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as cause:
        missing = f"no {cause}" if isinstance(cause, KeyError) else tflite.one_line(cause)
        raise DetectorError(
            f"manifest {path} is damaged ({missing}): see docs/models.md, or write it anew with `theylive manifest`"
        ) from cause
    _checked_input([manifest.input.tensor], path)
    return manifest


def _parse_tensor(data: dict[str, Any]) -> Tensor:
    shape = tuple(int(n) for n in data["shape"])
    return Tensor(str(data["name"]), shape, _one_of(data, "dtype", tflite.DTYPES), float(data["scale"]), int(data["zero_point"]))


def _tensor_json(tensor: Tensor) -> dict[str, Any]:
    return {**dataclasses.asdict(tensor), "shape": list(tensor.shape)}


def _one_of(data: dict[str, Any], key: str, choices: tuple[str, ...]) -> str:
    if data[key] not in choices:
        raise ValueError(f"{key} is {data[key]!r}, not one of {', '.join(choices)}")
    return str(data[key])


def _checked_labels(labels: Sequence[str]) -> tuple[str, ...]:
    if isinstance(labels, str) or not all(isinstance(label, str) and label.strip() == label and label for label in labels):
        raise DetectorError(f"labels are {labels!r}: give a list of names such as alien,john")
    if not labels or len(set(labels)) != len(labels):
        raise DetectorError(f"labels are {', '.join(labels) or 'none'}: name each class of the model once, in its order")
    return tuple(labels)


def _checked_input(inputs: Sequence[Tensor], model: Path) -> Tensor:
    shape = inputs[0].shape if len(inputs) == 1 else ()
    if len(shape) != 4 or shape[0] != 1 or shape[3] != 3:
        shapes = ", ".join(str(list(i.shape)) for i in inputs)
        raise DetectorError(
            f"{model.name} takes {shapes}; a model that takes one picture [1, height, width, 3] is needed: export it as NHWC"
        )
    return inputs[0]


def _same(said: Tensor, there: Tensor) -> bool:
    alike = (said.name, said.shape, said.dtype, said.zero_point) == (there.name, there.shape, there.dtype, there.zero_point)
    return alike and bool(np.isclose(said.scale, there.scale, rtol=1e-5, atol=0))


def _guess_range(tensor: Tensor) -> tuple[float, float]:
    """What the bytes 0 and 255 stand for: a quantised input that just holds one of the usual ranges was made for it."""
    if tensor.dtype != "float32":
        for low, high in _USUAL_RANGES:
            if np.allclose(tensor.range(), (low, high), atol=0.02 * (high - low)):
                return low, high
    return 0.0, 1.0


def _extremes(model: Path) -> list[tuple[float, float]]:
    """The least and greatest real value of each output for a grey picture."""
    opened = tflite.open_on_cpu(model, threads=1)
    grey = np.zeros(opened.inputs[0].shape, opened.inputs[0].dtype)
    outputs = opened.run(grey + grey.dtype.type(0.5 if grey.dtype.kind == "f" else 0))
    real = [t.real(o) for t, o in zip(opened.outputs, outputs, strict=True)]
    return [(float(r.min()), float(r.max())) for r in real]


def _guess_values(output: Tensor, meaning: str, low: float, high: float) -> str:
    """What an output's numbers are, from the range they have."""
    if meaning == BOXES:
        return DISTANCES if output.shape[-1] == 4 else BINS
    if meaning == SCORES:
        return PROBABILITY if low >= -0.01 and high <= 1.01 else LOGIT
    return NORMALISED if high <= 2 else PIXELS
