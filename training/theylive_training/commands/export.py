"""Turn a finished training into a full-integer TFLite model with its manifest, in the training's own folder."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("run_folder", type=Path, metavar="RUN", help="folder of a finished training")


def run(args: argparse.Namespace) -> int:
    """Export and print the model's path. Raises TrainingError."""
    from theylive_training.run_folder import RunFolder
    from theylive_training.tflite.export import export

    print(export(RunFolder.finished(args.run_folder)))
    return 0
