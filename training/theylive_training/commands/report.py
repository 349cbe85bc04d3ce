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

"""Write one HTML page about trainings, models and data, to be read instead of their folders; it prints to PDF from any browser.

All pictures are within the page, and it loads nothing. What has not been done is named there with the command that does it.
"""

from __future__ import annotations

import argparse

from theylive_training.arguments import place


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("runs", type=place, nargs="+", metavar="RUN", help="folder of a finished training")
    parser.add_argument("--out", type=place, required=True, metavar="FILE.html", help="the page")
    parser.add_argument(
        "--evaluation",
        type=place,
        action="append",
        default=[],
        metavar="DIR",
        help="what `evaluate --out` left: figures, plots, worst pictures; given again for another split, to stand beside it",
    )
    parser.add_argument("--data-check", type=place, metavar="FILE.json", help="what `check --json` wrote: findings, exactness of labels")
    parser.add_argument("--sweep", type=place, metavar="DIR", help="what `sweep --out` left: accuracy against time")
    parser.add_argument("--replace", action="store_true", help="write over an earlier report; other files are never written over")


def run(args: argparse.Namespace) -> int:
    """Write the page. Raises TrainingError and DetectorError, and then writes nothing."""
    from theylive_training.report import file
    from theylive_training.report.data_check import read_data_check
    from theylive_training.report.evaluation import read_evaluation
    from theylive_training.report.page import Sources, render
    from theylive_training.report.run import read_run
    from theylive_training.report.sweep import read_sweep

    file.refuse(args.out, args.replace)
    sources = Sources(
        runs=[read_run(path) for path in dict.fromkeys(args.runs)],
        evaluations=[read_evaluation(path) for path in dict.fromkeys(args.evaluation)],
        data_check=read_data_check(args.data_check) if args.data_check else None,
        sweep=read_sweep(args.sweep) if args.sweep else None,
    )
    file.write(args.out, render(sources))
    print(args.out)
    return 0
