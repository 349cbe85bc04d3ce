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

"""From a TensorFlow net to TFLite files: full int8, its scales set by pictures, and float32 to hold it against."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from theylive_training.errors import TrainingError

Report = Callable[[str], None]


def write_both(converter: Callable[[Any], Any], calibration: Sequence[np.ndarray], int8: Path, floating: Path, report: Report) -> None:
    """Write both files. converter: gives, for the module tensorflow, a fresh TFLiteConverter of a net that takes RGB in 0..1.

    calibration: uint8 (side, side, 3) BGR. Raises TrainingError.
    """
    with step("float32", int8.parent, report):
        import tensorflow as tf

        floating.write_bytes(converter(tf).convert())
    with step(f"int8, its scales set by {len(calibration)} pictures", int8.parent, report):
        int8.write_bytes(to_int8(tf, converter(tf), calibration))


def to_int8(tf: Any, converter: Any, calibration: Sequence[np.ndarray]) -> bytes:
    """The net with int8 weights, activations, input and outputs."""
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: _inputs(calibration)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    # one scale for a whole dense layer: edgetpu_compiler takes no other
    converter._experimental_disable_per_channel_quantization_for_dense_layers = True
    return converter.convert()


def _inputs(pictures: Sequence[np.ndarray]) -> Iterator[list[np.ndarray]]:
    # black and white first: the input's scale must hold every byte, not only those of the pictures
    for level in (0.0, 1.0):
        yield [np.full((1, *pictures[0].shape), level, np.float32)]
    for picture in pictures:
        yield [np.ascontiguousarray(picture[None, :, :, ::-1], np.float32) / 255]


@contextlib.contextmanager
def step(what: str, folder: Path, report: Report) -> Iterator[None]:
    """Say what is being made and do it inside `folder`, silently and on the CPU. Raises TrainingError for whatever goes wrong."""
    report(f"export: {what}")
    os.environ.update(CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0")
    with _inside(folder), _quiet() as said:
        try:
            yield
        except (Exception, SystemExit) as cause:  # onnx2tf ends the process where it fails
            if isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT):
                raise  # no fault of the converters
            said.seek(0)
            words = " ".join(f"{type(cause).__name__}: {cause}; {said.read()}".split())
            raise TrainingError(f"the export failed at {what} ({words[:300]}): install the versions in requirements/") from cause


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@contextlib.contextmanager
def _quiet() -> Iterator[IO[str]]:
    """Catch what the converters print, also from C++, in a file."""
    with tempfile.TemporaryFile("w+", errors="replace") as said:
        sys.stdout.flush()
        sys.stderr.flush()
        kept = [os.dup(1), os.dup(2)]
        try:
            for stream in (1, 2):
                os.dup2(said.fileno(), stream)
            yield said
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for stream, copy in zip((1, 2), kept, strict=True):
                os.dup2(copy, stream)
                os.close(copy)
