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

"""Measure, print, and write a report.

detector: from a picture to detections, beside the bare interpreter. latency: from capture to target, over topics. pulses: what the
controller's process costs at full speed. pointing: everything that is promised of the pointing, with its goals; takes some minutes and
all cores.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from theylive_ros.benching.figures import BenchError, Figure, bars, table

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
    pulses = _add(benches, "pulses", "what the controller's process costs while it makes pulses at full speed on both axes")
    pulses.add_argument("--lines", metavar="NAME", help="lines plugin (default: gpio's own code on a chip without wires)")
    pulses.add_argument("--config", default="{}", metavar="JSON", help="settings of the lines, such as step_x_line")
    pulses.add_argument("--seconds", type=float, default=10.0, metavar="N", help="how long (default: %(default)s)")
    pointing = _add(benches, "pointing", "all that is promised of the pointing: calibration, accuracy, moves, pulses, faults, reactions")
    pointing.add_argument("--model", default="", help="model file, or the name of one in the package's models folder")


def run(args: argparse.Namespace) -> int:
    """Measure, print, write the report; 0, or 1 where a goal was not reached."""
    for name in ("runs", "fps", "seconds"):
        if not 0 < getattr(args, name, 1) < float("inf"):
            raise BenchError(f"--{name} is {getattr(args, name)}; it must be more than 0")
    if args.report and not args.report.absolute().parent.is_dir():
        raise BenchError(f"{args.report}: there is no folder {args.report.absolute().parent}")
    return {"detector": _detector, "latency": _latency, "pulses": _pulses, "pointing": _pointing}[args.name](args)


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


def _pulses(args: argparse.Namespace) -> int:
    from theylive_ros import plugins
    from theylive_ros.benching import pulses

    try:
        config = json.loads(args.config)
    except ValueError as error:
        raise BenchError(f"--config is no JSON: {error}") from error
    lines = plugins.find(plugins.LINES, args.lines).value if args.lines else pulses.BARE
    return _judged(pulses.measure(lines, config, args.seconds), {}, args.report)


def _pointing(args: argparse.Namespace) -> int:
    from theylive_ros.benching import pointing

    def say(words: str) -> None:
        print(f"bench: {words}", file=sys.stderr, flush=True)

    figures, histograms = pointing.measure(pointing.Amounts(), say, args.model)
    return _judged(figures, histograms, args.report)


def _judged(figures: list[Figure], histograms: dict[str, Any], file: Path | None) -> int:
    print(table(figures))
    for name, told in histograms.items():
        print(f"       {name:<30} ms  {bars(told['histogram_ms'])}   p50 {told['p50']:g}  p99 {told['p99']:g}  max {told['max']:g}")
    missed = [figure.name for figure in figures if not figure.passed]
    print(f"{len(missed)} goals missed: {'; '.join(missed)}" if missed else "every goal was reached")
    _write({"passed": not missed, "figures": [figure.plain() for figure in figures], "histograms": histograms}, file)
    return 1 if missed else 0


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
