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

"""What of a model would not map onto the Edge TPU, operator by operator and why, without Google's compiler.

Of a compiled file it tells what the compiler left on the CPU. Exit status 1: something would run on the CPU.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from theylive_training.arguments import place
from theylive_training.tflite.edgetpu_check import Report, check, table

_SHOWN = 6  # of the operators that share a reason


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("models", type=place, nargs="+", metavar="MODEL", help=".tflite files")
    parser.add_argument("--operators", action="store_true", help="list every operator: what it takes and gives, where it runs and why")
    parser.add_argument("--json", action="store_true", help="one JSON object a model, a line each")


def run(args: argparse.Namespace) -> int:
    """Check each model. Raises TrainingError for what is none."""
    reports = [(model, check(model)) for model in args.models]
    for model, report in reports:
        if args.json:
            verdicts = {"verdicts": [dataclasses.asdict(v) for v in report.verdicts]} if args.operators else {}
            print(json.dumps({"model": model.name, **report.to_json(), **verdicts}))
        else:
            print("\n".join(_words(model, report)))
            if args.operators:
                print(table(report.verdicts))
    return int(not all(report.ok for _, report in reports))


def _words(model: Path, report: Report) -> list[str]:
    counts = ", ".join(f"{n} {name}" for name, n in sorted(report.operators.items()))
    total = len(report.verdicts)
    judged = "should map wholly" if report.ok else f"would not map wholly: {report.on_cpu} of {total} operators on the CPU"
    size = f"{report.parameter_bytes / 2**20:.2f} MiB of parameters, largest activation {report.largest_activation / 2**10:.0f} KiB"
    lines = [f"{model}: {judged}; {total} operators ({counts}); {size}"]
    lines += [f"  error: {line}" for line in _by_reason(report.errors)]
    lines += [f"  look at: {line}" for line in _by_reason(report.warnings)]
    return lines


def _by_reason(lines: Sequence[str]) -> list[str]:
    """The lines, those that differ only in the operator joined."""
    grouped: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        who, colon, why = line.partition(": ")
        is_operator = colon and who.startswith("operator ")
        grouped[why if is_operator else line].append(who.removeprefix("operator ") if is_operator else "")
    joined = []
    for why, operators in grouped.items():
        more = f" and {len(operators) - _SHOWN} more" if len(operators) > _SHOWN else ""
        joined.append(f"operator {', '.join(operators[:_SHOWN])}{more}: {why}" if operators[0] else why)
    return joined
