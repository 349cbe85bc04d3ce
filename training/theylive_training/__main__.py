"""The command theylive-train."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from theylive_training.errors import TrainingError


def main(arguments: Sequence[str] | None = None) -> int:
    """0: done; 1: done, but the model does not reach what it must; 2: something given is missing or wrong."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    given = _parser().parse_args(words)
    given.command = _command(words)
    if getattr(given, "data", None) and not getattr(given, "smoke", False) and "--data" not in given.command:
        given.command += " --data DIR"  # named by THEYLIVE_DATA
    try:
        return given.run(given)
    except TrainingError as error:
        print(f"theylive-train: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("theylive-train: interrupted; the same command goes on", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="theylive-train", description="From pictures to the models that theylive_ros loads.")
    commands = parser.add_subparsers(required=True, metavar="command")

    compact = commands.add_parser("compact", help="train the compact YOLO, export it, judge it, write its manifest")
    _data_option(compact)
    compact.add_argument("--out", type=Path, required=True, help="folder for the model; a run that was stopped goes on there")
    compact.add_argument("--epochs", type=_positive, help="rounds over the pictures")
    compact.add_argument("--pictures", type=_positive, help="pictures to learn from")
    compact.add_argument("--seed", type=_positive, default=1, help="of all chance")
    compact.add_argument("--start", type=Path, metavar="DIR", help="folder of another run whose net to begin with")
    compact.add_argument("--rate", type=float, help="highest learning rate")
    compact.add_argument("--threads", type=_positive, default=0, help="of torch on the CPU")
    compact.add_argument("--smoke", action="store_true", help="the whole way in the least time, to see that it works; needs no data")
    compact.set_defaults(run=_compact)

    evaluate = commands.add_parser("evaluate", help="judge a model with its manifest on pictures it has not learned from")
    _data_option(evaluate)
    evaluate.add_argument("model", type=Path)
    evaluate.add_argument("--seed", type=_positive, default=1, help="of the exam")
    evaluate.set_defaults(run=_evaluate)

    check = commands.add_parser("edgetpu-check", help="what of a model would not map onto the Edge TPU, without the compiler")
    check.add_argument("models", type=Path, nargs="+", metavar="MODEL")
    check.set_defaults(run=_check)
    return parser


def _compact(given: argparse.Namespace) -> int:
    if not given.smoke and given.data is None:
        raise TrainingError("no data set: give its folder as --data or in THEYLIVE_DATA")
    import dataclasses

    from theylive_training.compact import Plan, run, smoke
    from theylive_training.train import Schedule

    schedule = Schedule(seed=given.seed, epochs=given.epochs or Schedule.epochs, rate=given.rate or Schedule.rate)
    data = None if given.smoke else given.data
    plan = Plan(data, given.out, schedule=schedule, threads=given.threads, command=given.command, start=given.start)
    plan = smoke(plan) if given.smoke else plan
    if given.pictures:
        plan = dataclasses.replace(plan, pictures=given.pictures)
    lacking = run(plan, lambda line: print(line, flush=True))
    return _verdict([] if given.smoke else lacking)


def _evaluate(given: argparse.Namespace) -> int:
    from theylive_ros.detector.interface import DetectorError
    from theylive_training import dataset, exam
    from theylive_training.evaluate import Judge

    data = dataset.load(given.data) if given.data else None
    try:
        judge = Judge(given.model.resolve())
    except DetectorError as error:
        raise TrainingError(str(error)) from error
    results = {name: judge.judge(pictures) for name, pictures in exam.make_exam(data, given.seed).items()}
    judge.close()
    print(exam.table(results))
    return _verdict(exam.shortfalls(results))


def _check(given: argparse.Namespace) -> int:
    from theylive_training.edgetpu_check import check

    failed = False
    for model in given.models:
        report = check(model)
        failed |= not report.ok
        operators = ", ".join(f"{n} {name}" for name, n in sorted(report.operators.items()))
        print(f"{model}: {'should map wholly' if report.ok else 'would not map wholly'}; {operators}")
        for line in report.errors:
            print(f"  error: {line}")
        for line in report.warnings:
            print(f"  look at: {line}")
    return int(failed)


def _verdict(lacking: Sequence[str]) -> int:
    for line in lacking:
        print(f"not good enough: {line}", file=sys.stderr)
    return int(bool(lacking))


def _data_option(parser: argparse.ArgumentParser) -> None:
    known = os.environ.get("THEYLIVE_DATA")
    text = "folder of the public data set (default: THEYLIVE_DATA)"
    parser.add_argument("--data", type=Path, default=Path(known) if known else None, help=text)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return value


def _command(given: Sequence[str]) -> str:
    """The command as it was given, without the folders of this machine."""
    words, skip = ["theylive-train"], False
    for word in given:
        option, is_joined, _ = word.partition("=")
        is_folder = option in ("--data", "--out", "--start")
        words.append("DIR" if skip else f"{option}=DIR" if is_folder and is_joined else word)
        skip = is_folder and not is_joined
    return shlex.join(words)


if __name__ == "__main__":
    sys.exit(main())
