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

"""Audit a data set: files, labels, division, and how exact the labels are. Changes nothing. Exit status 1: errors were found.

Errors are what a net would learn wrongly or what makes a score lie; warnings what makes it worse than a person may believe; notes what
its user should know.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from theylive_training.arguments import number, place, whole
from theylive_training.errors import TrainingError

_PICTURES = (".png", ".jpg", ".jpeg")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "data", type=place, metavar="DATA", help="folder of the data set: the public one, or CSV, YOLO or COCO labels with pictures"
    )
    parser.add_argument("--split", type=place, metavar="FILE", help="a file that `split` wrote (default: the set's own division)")
    parser.add_argument("--json", type=place, metavar="FILE", help="write all findings and figures there; no file that is there already")
    parser.add_argument("--sheet", type=place, metavar="FILE", help="write a contact sheet with the labels drawn there, .png or .jpg")
    parser.add_argument("--bits", type=whole(0, 128), default=24, help="of 256 by which near-duplicates may differ (default: %(default)s)")
    parser.add_argument(
        "--seconds",
        type=number(0, 1e9),
        default=60.0,
        help="between pictures of two parts, below which it is a leak (default: %(default)g)",
    )


def run(args: argparse.Namespace) -> int:
    """Check. 1: there are errors. Raises TrainingError for what is no data set."""
    import shutil

    from tqdm import tqdm

    from theylive_training.data.checks import inventory, report
    from theylive_training.data.checks.audit import Limits, audit
    from theylive_training.data.checks.finding import ERROR
    from theylive_training.whole_file import write_whole

    for path in (args.json, args.sheet):
        _refuse(path)
    if args.sheet and args.sheet.suffix.lower() not in _PICTURES:
        raise TrainingError(f"{args.sheet} is no name of a picture: end it in .png or .jpg")
    found = inventory.read(args.data, args.split)
    bars: list[tqdm] = []

    def progress(stage: str, steps: int) -> Callable[[], object]:
        bars.append(tqdm(total=steps, desc=stage, file=sys.stderr, disable=not sys.stderr.isatty(), leave=False))
        return bars[-1].update

    result = audit(found.layouts, found.findings, Limits(args.bits, args.seconds), progress)
    for bar in bars:
        bar.close()
    print(report.text(result, shutil.get_terminal_size((100, 24)).columns))
    if args.json:
        text = json.dumps({"data": found.root.name, **result.as_json()}, indent=1) + "\n"
        write_whole(args.json, lambda file: file.write(text.encode()), "name another place")
    if args.sheet:
        from theylive_training.data.checks.sheet import encoded

        sheet = encoded(result, args.sheet.suffix.lower())
        write_whole(args.sheet, lambda file: file.write(sheet), "name another place")
    return int(any(f.severity == ERROR for f in result.findings))


def _refuse(path: Path | None) -> None:
    if path and path.exists():
        raise TrainingError(f"{path} is there already: name another file or delete it")
    if path and not path.absolute().parent.is_dir():
        raise TrainingError(f"{path.absolute().parent} is no folder: make it first")
