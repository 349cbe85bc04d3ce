"""A trained net as a full-integer TFLite file: torch -> ONNX -> TensorFlow -> int8, calibrated on training pictures."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

import numpy as np
import torch

from theylive_training.errors import TrainingError
from theylive_training.nets.detectors import DetectionModel, RawOutputs, build
from theylive_training.nets.spec import NetSpec
from theylive_training.train.detector import load_weights

# onnx2tf reads this file from the working directory, and would otherwise try to download it
_SAMPLE = "calibration_image_sample_data_20x128x128x3_float32.npy"


def convert_file(weights: Path, spec: NetSpec, calibration: Sequence[np.ndarray], path: Path) -> None:
    """Convert the weights of a run; see `convert`."""
    net = build(spec)
    load_weights(net, weights)
    convert(net, spec.side, calibration, path)


def convert(net: DetectionModel, side: int, calibration: Sequence[np.ndarray], path: Path) -> None:
    """Write the net to `path`, int8 in and out, whole or not at all. calibration: pictures like those it will see, uint8
    (side, side, 3) BGR, 100 or more.

    Input: (1, side, side, 3) RGB, bytes 0..255 as -128..127. Outputs: the box and score maps of detectors.RawOutputs, NHWC.
    Raises TrainingError when a step of the conversion fails.
    """
    os.environ.update(CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0")
    with tempfile.TemporaryDirectory() as folder, _inside(Path(folder)), _quiet() as said:
        try:
            onnx_file = _to_onnx(RawOutputs(net).eval(), side, Path(folder))
            flat = _to_int8(_to_tensorflow(onnx_file, Path(folder)), calibration)
        except (Exception, SystemExit) as cause:  # onnx2tf ends the process where it fails
            said.seek(0)
            last = " ".join(said.read().split())[-300:]
            raise TrainingError(
                f"the export failed ({type(cause).__name__}: {cause}; {last}): install the versions in requirements/"
            ) from cause
    temporary = path.with_name(path.name + ".new")
    temporary.write_bytes(flat)
    temporary.replace(path)


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


def _to_int8(saved_model: Path, calibration: Sequence[np.ndarray]) -> bytes:
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_saved_model(str(saved_model))
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: _inputs(calibration)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    converter._experimental_disable_per_channel_quantization_for_dense_layers = True
    return converter.convert()


def _inputs(pictures: Sequence[np.ndarray]) -> Iterator[list[np.ndarray]]:
    # black and white first: the input's scale must hold every byte, not only those of the pictures
    for level in (0.0, 1.0):
        yield [np.full((1, *pictures[0].shape), level, np.float32)]
    for picture in pictures:
        yield [np.ascontiguousarray(picture[None, :, :, ::-1], np.float32) / 255]


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
