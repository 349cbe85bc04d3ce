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

"""Make labelled pictures: many heads on a board, crowds, empty boards, and the simulator's, as a data set of their own.

With --data the heads and boards are cut out of its pictures to learn from, so that those to judge by stay unseen; without it they are
drawn. The same command gives the same pictures, and goes on where it was stopped. The folder appears when all is made.
"""

from __future__ import annotations

import argparse
from typing import Any

from theylive_training.arguments import add_data, place, positive
from theylive_training.errors import TrainingError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    from theylive_training.pictures.store import CSV, YOLO
    from theylive_training.pictures.synth import KINDS, SIZES

    parser.add_argument("--out", type=place, required=True, metavar="DIR", help="the data set's folder; one that is there is not touched")
    parser.add_argument("--count", type=positive, required=True, help="pictures, spread evenly over kinds and sizes")
    add_data(parser)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS), metavar="KIND", help=_listing(KINDS))
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES), metavar="SIZE", help=_listing(SIZES))
    parser.add_argument("--format", choices=(YOLO, CSV), default=YOLO, help="of the labels; csv keeps centres only (default: %(default)s)")
    parser.add_argument("--seed", type=positive, default=1, help="of all chance (default: %(default)s)")
    parser.add_argument("--drawn", action="store_true", help="draw heads and boards even where THEYLIVE_DATA names real ones")


def run(args: argparse.Namespace) -> int:
    """Make them. Raises TrainingError."""
    from theylive_training.data import dataset
    from theylive_training.pictures.pool import Material, material
    from theylive_training.pictures.store import Order, already, store
    from theylive_training.pictures.synth import make
    from theylive_training.train.material import gather, inputs
    from theylive_training.train.progress import Progress, say

    kinds, sizes = _once(args.kinds), _once(args.sizes)
    data = None if args.drawn or kinds == ["simulated"] or not args.data else dataset.load(args.data, args.split)
    combos = [(kind, size) for kind in kinds for size in sizes]
    if args.count < len(combos):
        raise TrainingError(f"--count {args.count} is less than one of each of {len(combos)} kinds and sizes: give more, or fewer --kinds")
    plan: dict[str, Any] = {"count": args.count, "kinds": kinds, "sizes": sizes, "format": args.format, "seed": args.seed}
    plan["heads_from"] = dataset.hash_files(data.train.paths) if data else "drawn"
    if already(args.out, plan):
        say(f"{args.out} holds these pictures already")
        return 0
    given = gather(data, say) if data else material((), (), ()) if kinds != ["simulated"] else Material()

    def order(number: int) -> Order:
        (kind, size), index = combos[number % len(combos)], number // len(combos)
        return Order(f"{kind}_{size}_{index:05}.jpg", f"{kind} {size}", lambda: make(kind, size, args.seed, index, given))

    facts = {"made_with": args.command_line, "made_of": inputs(data, given)}
    with Progress("pictures", args.count) as progress:
        store([order(number) for number in range(args.count)], args.format, args.out, plan, facts, progress.advance)
    say(f"{args.count} pictures in {args.out}; some of each kind in {args.out / 'sheet.jpg'}")
    return 0


def _listing(words: dict[str, str]) -> str:
    return "; ".join(f"{name}: {meaning}" for name, meaning in words.items()) + " (default: all)"


def _once(names: list[str]) -> list[str]:
    return list(dict.fromkeys(names))
