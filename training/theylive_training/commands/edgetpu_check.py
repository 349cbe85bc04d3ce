"""What of a model would not map onto the Edge TPU, operator by operator, without Google's compiler. Exit status 1: something."""

from __future__ import annotations

import argparse
from pathlib import Path

from theylive_training.tflite.edgetpu_check import check


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("models", type=Path, nargs="+", metavar="MODEL", help=".tflite files")


def run(args: argparse.Namespace) -> int:
    """Check each model. Raises TrainingError for what is none."""
    failed = False
    for model in args.models:
        report = check(model)
        failed |= not report.ok
        operators = ", ".join(f"{n} {name}" for name, n in sorted(report.operators.items()))
        print(f"{model}: {'should map wholly' if report.ok else 'would not map wholly'}; {operators}")
        for line in report.errors:
            print(f"  error: {line}")
        for line in report.warnings:
            print(f"  look at: {line}")
    return int(failed)
