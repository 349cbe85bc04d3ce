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

"""Divide a data set into pictures to learn from (train), to stop by (val) and to judge by (test), and write down which is which.

By time (the default) whole sittings go to one side, and a margin of --gap seconds is left out where one had to be cut: what judges was
taken at another time than what was learned. By chance (--by random) gives higher scores, which promise less. Both keep the shares in each
class. The same pictures and the same --seed give the same file, byte for byte; `train` and `evaluate` take it as --split.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from theylive_training.arguments import number, place, whole
from theylive_training.errors import TrainingError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("data", type=place, metavar="DATA", help="folder of the pictures: the public set, captured ones, YOLO or COCO")
    parser.add_argument("--out", type=place, required=True, metavar="FILE", help="the split file; one that is there is not overwritten")
    parser.add_argument("--by", choices=("time", "random"), default="time", help="by time of capture, or by chance (default: %(default)s)")
    parser.add_argument(
        "--shares",
        type=number(0, 1),
        nargs="+",
        default=[0.8, 0.2],
        metavar="SHARE",
        help="of train, val and, if wanted, test (default: 0.8 0.2)",
    )
    parser.add_argument("--seed", type=whole(0), default=1, help="of all chance (default: %(default)s)")
    parser.add_argument("--gap", type=number(0), metavar="SECONDS", help="between pictures of two sides, by time (default: 60)")


def run(args: argparse.Namespace) -> int:
    """Split. Raises TrainingError."""
    if args.gap is not None and args.by != "time":
        raise TrainingError(f"--gap {args.gap:g} needs --by time")
    shares = _shares(args.shares)

    from theylive_training.data import find, split, split_file, time_division

    gap = None if args.by == "random" else time_division.GAP if args.gap is None else args.gap
    found = find.survey(args.data)
    found.refuse_errors()
    table = split.split(found, split_file.Given(args.by, args.seed, shares, gap))
    is_new = _write(args.out, split_file.to_text(table))
    print(split.in_words(table))
    print(f"{args.out} {'written' if is_new else 'holds this split already'}")
    return 0


def _shares(given: list[float]) -> dict[str, float]:
    shares = dict(zip(("train", "val", "test"), (*given, 0.0), strict=False))
    is_whole = len(given) in (2, 3) and abs(sum(given) - 1) < 1e-6
    if not is_whole or shares["train"] == 0 or shares["val"] == 0:
        raise TrainingError(
            f"--shares {' '.join(f'{s:g}' for s in given)}: give two or three (train, val, test) that add up to 1; train and val need some"
        )
    return shares


def _write(path: Path, text: str) -> bool:
    """Whether the file is new; False where the same stands there already. Raises TrainingError, also for another file in its place."""
    from theylive_training.whole_file import write_new

    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write_new(path, text.encode(), part)
        part.unlink(missing_ok=True)
    except FileExistsError:
        if path.is_file() and path.read_bytes() == text.encode():
            return False
        raise TrainingError(f"{path} is there already and holds something else: give another --out, or remove it") from None
    except OSError as cause:
        raise TrainingError(f"{path} cannot be written ({cause.strerror}): give a file in a folder of your own as --out") from cause
    return True
