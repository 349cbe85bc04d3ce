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
