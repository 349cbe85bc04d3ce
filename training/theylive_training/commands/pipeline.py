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

"""The whole way of a net in one command: check, split, train, export, verify, evaluate, compile, report.

Each step is the command of that name, printed before it runs, so that it can be given again alone. What a step has finished is not done
again: a way that was stopped goes on when the same command is given. Exit status 1: all is done, but something was found wanting.
"""

from __future__ import annotations

import argparse
import contextlib
import shlex
import shutil
from pathlib import Path

from theylive_training.arguments import add_data, needed_data, place, positive
from theylive_training.errors import TrainingError
from theylive_training.nets.spec import KINDS, NetSpec

_AUDIT = "check.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("net", choices=KINDS, help="which net")
    add_data(parser)
    parser.add_argument("--by-time", action="store_true", help="divide the pictures by time of capture (default: the set's own division)")
    parser.add_argument("--out", type=place, required=True, metavar="DIR", help="folder of it all; a way that was stopped goes on there")
    parser.add_argument("--seed", type=positive, default=1, help="of all chance (default: %(default)s)")
    parser.add_argument("--smoke", action="store_true", help="the least that can be called a training, to see that all of it works")


def run(args: argparse.Namespace) -> int:
    """Go the way. Raises TrainingError, also where a step could not be done."""
    from theylive_training.__main__ import main
    from theylive_training.run_folder import RunFolder

    data = needed_data(args)
    if args.by_time and args.split:
        raise TrainingError("--by-time makes a split and --split names one: give one of them")
    _refuse_unusable(args, data)
    is_new = not args.out.exists()
    RunFolder.make(args.out)
    wanting = False
    for words in _steps(args, data):
        print(f"\n$ theylive-train {shlex.join(words)}", flush=True)
        status = main(words)
        if status not in (0, 1):
            if is_new:
                with contextlib.suppress(OSError):  # it stays where a step left something
                    args.out.rmdir()
            return status
        if status and words[0] == "check":
            (args.out / _AUDIT).unlink(missing_ok=True)  # so that it is asked again next time
            raise TrainingError("the pictures have errors, which would be learned: mend them first (see above)")
        wanting |= bool(status)
    return int(wanting)


def _refuse_unusable(args: argparse.Namespace, data: Path) -> None:
    """Raise TrainingError, before anything is written, where there is no data set or no division. Wrong labels are for `check` to list."""
    from theylive_training.data import dataset, find

    found = find.survey(data)
    if not args.by_time and not any(problem.is_error for problem in found.problems):
        dataset.load(data, args.split)


def _steps(args: argparse.Namespace, data: Path) -> list[list[str]]:
    """The commands that are to be given, in their order."""
    out, net = args.out, args.out / "run"
    audit, sheet, division, evaluation = out / _AUDIT, out / "check.jpg", args.split, out / "evaluation"
    steps = []
    if args.by_time:
        division = out / "split.json"
        steps.append(["split", str(data), "--by", "time", "--seed", str(args.seed), "--out", str(division)])
    where = ["--data", str(data), *(["--split", str(division)] if division else [])]
    if not audit.exists():
        steps.append(["check", *where[1:], "--json", str(audit), *([] if sheet.exists() else ["--sheet", str(sheet)])])
    smoke = ["--smoke"] if args.smoke else []
    steps.append(["train", args.net, *where, "--out", str(net), "--seed", str(args.seed), *smoke])
    steps.append(["export", str(net)])
    steps.append(["verify", str(net), *where])
    models = [str(net / f"{NetSpec(args.net).model_name}.tflite"), str(net)]  # the int8 file, and the float net
    brief = ["--sets", "validation", "--runs", "20"] if args.smoke else []
    steps.append(["evaluate", *models, *where, "--out", str(evaluation), "--seed", str(args.seed), *brief])
    if shutil.which("edgetpu_compiler"):
        steps.append(["compile", str(net)])
    told = ["--evaluation", str(evaluation), "--data-check", str(audit)]
    return [*steps, ["report", str(net), *told, "--out", str(out / "report.html"), "--replace"]]
