"""Measure, print, and write a report.

detector: from a picture to detections, beside the bare interpreter. latency: from capture to target, over topics.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from theylive_ros.benching.figures import BenchError

_DEVICES = ("auto", "cpu", "edgetpu")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    benches = parser.add_subparsers(dest="name", required=True, metavar="BENCH", title="benches")
    detector = _add(benches, "detector", "from a picture to detections")
    detector.add_argument("--model", default="", help="model file, or the name of one in the package's models folder")
    detector.add_argument("--peer", default="", metavar="MODEL", help="another model, timed in turn with the first")
    detector.add_argument("--device", default="auto", choices=_DEVICES)
    detector.add_argument("--runs", type=int, default=500, metavar="N", help="how many pictures (default: %(default)s)")
    latency = _add(benches, "latency", "from capture to target, over topics")
    latency.add_argument("--model", default="", help="model file, or the name of one in the package's models folder")
    latency.add_argument("--device", default="auto", choices=_DEVICES)
    latency.add_argument("--fps", type=float, default=30.0, help="frames per second (default: %(default)s)")
    latency.add_argument("--seconds", type=float, default=10.0, metavar="N", help="how long (default: %(default)s)")
    latency.add_argument("--processes", action="store_true", help="each node as its own process")


def run(args: argparse.Namespace) -> int:
    """Measure, print, write the report; 0, or 1 where a goal was not reached."""
    for name in ("runs", "fps", "seconds"):
        if not 0 < getattr(args, name, 1) < float("inf"):
            raise BenchError(f"--{name} is {getattr(args, name)}; it must be more than 0")
    if args.report and not args.report.absolute().parent.is_dir():
        raise BenchError(f"{args.report}: there is no folder {args.report.absolute().parent}")
    return {"detector": _detector, "latency": _latency}[args.name](args)


def _add(benches: Any, name: str, words: str) -> argparse.ArgumentParser:
    parser = benches.add_parser(name, help=words, description=words)
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the figures as JSON, too")
    return parser


def _detector(args: argparse.Namespace) -> int:
    from theylive_ros.benching import detector

    return _told(detector.measure(args.model, args.peer, args.device, args.runs), args.report)


def _latency(args: argparse.Namespace) -> int:
    from theylive_ros.benching import latency

    return _told(latency.measure(args.model, args.device, args.fps, args.seconds, args.processes), args.report)


def _told(report: dict[str, Any], file: Path | None) -> int:
    for name, value in report.items():
        words = "   ".join(f"{k} {v:.3f}" for k, v in value.items()) if isinstance(value, dict) else value
        print(f"{name:<26}{words}")
    _write(report, file)
    return 0


def _write(report: dict[str, Any], file: Path | None) -> None:
    if file is None:
        return
    try:
        file.write_text(json.dumps(report, indent=1) + "\n")
    except OSError as error:
        raise BenchError(f"cannot write {file}: {error.strerror}") from error
