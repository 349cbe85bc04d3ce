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

"""Turn a finished training into a full-integer TFLite model with its manifest, in the training's own folder.

Beside it comes the same net in float32, by which `verify` judges what the integers cost. What is there already is replaced only by
a whole file.
"""

from __future__ import annotations

import argparse
import functools
import sys

from theylive_training.arguments import place, whole

_LEAST = 100  # of fewer pictures the extremes of the activations are mere chance


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("run_folder", type=place, metavar="RUN", help="folder of a finished training")
    parser.add_argument(
        "--calibration",
        type=whole(_LEAST),
        metavar="N",
        help=f"of the run's pictures set the int8 scales, {_LEAST} or more (default: all it kept)",
    )
    parser.add_argument(
        "--data-licence",
        metavar="NAME",
        help="of the real pictures, for the manifest: needed before a model of your own pictures is shipped",
    )


def run(args: argparse.Namespace) -> int:
    """Export and print the model's path. Raises TrainingError."""
    from theylive_training.run_folder import RunFolder
    from theylive_training.tflite.export import export

    say = functools.partial(print, file=sys.stderr, flush=True)
    print(export(RunFolder.finished(args.run_folder), args.calibration, args.data_licence or "", say))
    return 0
