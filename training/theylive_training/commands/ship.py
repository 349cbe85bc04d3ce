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

"""Copy verified models with their manifests to where the robot finds them.

Only a model whose manifest is complete and for whose very bytes `verify` passed goes. What was compiled of it for the Edge TPU goes
with it.
"""

from __future__ import annotations

import argparse
import sys

from theylive_ros.share import share_path
from theylive_training.arguments import place


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "models", type=place, nargs="+", metavar="RUN", help="folders of runs that were exported and verified, or int8 models"
    )
    parser.add_argument("--to", type=place, metavar="DIR", help="folder of the models (default: models/ of the clone)")
    parser.add_argument("--replace", action="store_true", help="also over another file of the same name")


def run(args: argparse.Namespace) -> int:
    """Ship all, or none where one may not go. Raises TrainingError."""
    from theylive_training.run_folder import model_of
    from theylive_training.tflite.ship import ship

    done = ship([model_of(given) for given in args.models], args.to or share_path("models"), args.replace)
    for path in done.copied:
        print(path)
    for why in done.left:
        print(f"not copied: {why}", file=sys.stderr)
    return 0
