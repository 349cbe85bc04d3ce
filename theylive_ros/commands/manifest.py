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

"""Write the manifest of a model that has none, so that a detector can load it."""

from __future__ import annotations

import argparse
from pathlib import Path

from theylive_ros.detector import manifest
from theylive_ros.detector.fit import FITS
from theylive_ros.detector.interface import DetectorError
from theylive_ros.detector.layout import ARCHITECTURES, MEANINGS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "model", type=Path, metavar="MODEL", help="the .tflite file; the manifest is written beside it, as MODEL's name.json"
    )
    parser.add_argument("--labels", required=True, help="the model's classes in its own order, e.g. alien,john")
    parser.add_argument("--architecture", choices=ARCHITECTURES, default="", help="default: told by the shapes of the outputs")
    parser.add_argument("--fit", choices=FITS, default="letterbox", help="how frames were fitted in training (default: %(default)s)")
    parser.add_argument("--colour", choices=manifest.COLOURS, default="rgb", help="order of the input's channels (default: %(default)s)")
    parser.add_argument(
        "--input-range",
        nargs=2,
        type=float,
        metavar=("LOW", "HIGH"),
        help="input values of a byte's 0 and 255 (default: told by the tensor, else 0 1)",
    )
    parser.add_argument(
        "--outputs", default="", help=f"what each output means, in the file's order, where shapes do not tell: {', '.join(MEANINGS)}"
    )
    parser.add_argument("--licence", default="", help="the model's licence, kept in the manifest")
    parser.add_argument("--force", action="store_true", help="replace a manifest that is there")


def run(args: argparse.Namespace) -> int:
    """Write the manifest and print its path. Raises DetectorError when that cannot be."""
    path = manifest.path_of(args.model)
    if path.exists() and not args.force:
        raise DetectorError(f"{path} is there already: give --force to replace it")
    made = manifest.make(
        args.model,
        _words(args.labels),
        architecture=args.architecture,
        fit=args.fit,
        colour=args.colour,
        input_range=tuple(args.input_range) if args.input_range else None,
        meanings=_words(args.outputs),
        training={"licence": args.licence} if args.licence else None,
    )
    manifest.save(made, path)
    print(path)
    return 0


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]
