"""Arguments that several commands take."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from theylive_training.errors import TrainingError


def add_data(parser: argparse.ArgumentParser) -> None:
    """--data and --split."""
    known = os.environ.get("THEYLIVE_DATA")
    parser.add_argument(
        "--data", type=Path, default=Path(known) if known else None, metavar="DIR", help="folder of the pictures (default: THEYLIVE_DATA)"
    )
    parser.add_argument("--split", type=Path, metavar="FILE", help="a file that `split` wrote (default: the set's own division)")


def needed_data(args: argparse.Namespace) -> Path:
    """The folder of --data. Raises TrainingError where none was named."""
    if args.data is None:
        raise TrainingError("no data set: give its folder as --data or in THEYLIVE_DATA")
    return args.data


def positive(text: str) -> int:
    """A whole number of 1 or more, for argparse."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return value
