"""Judge a model with its manifest on pictures it has not learned from."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from theylive_training.arguments import add_data, positive


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_data(parser)
    parser.add_argument("model", type=Path)
    parser.add_argument("--seed", type=positive, default=1, help="of the exam")


def run(args: argparse.Namespace) -> int:
    """Judge. 1: the model falls short. Raises TrainingError."""
    from theylive_training.data import dataset
    from theylive_training.judge import exam
    from theylive_training.judge.judge import Judge

    data = dataset.load(args.data, args.split) if args.data else None
    judge = Judge(args.model.resolve())
    results = {name: judge.judge(pictures) for name, pictures in exam.make_exam(data, args.seed).items()}
    judge.close()
    print(exam.table(results))
    lacking = exam.shortfalls(results)
    for line in lacking:
        print(f"not good enough: {line}", file=sys.stderr)
    return int(bool(lacking))
