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

"""Write a data set in another label format: the original's CSV of centres, YOLO's folders, or COCO's json.

SOURCE may be any data set that `check` reads. Centres, classes, names, parts, and boxes beyond the picture's edge are kept; there and back
gives the same. CSV has no box sizes (64 px unless --box says otherwise) and no parts (train, val): what gets lost is said. The pictures
are copied. DIR must be new or empty, and appears only when all is done.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from theylive_training.arguments import number, place
from theylive_training.errors import TrainingError

if TYPE_CHECKING:
    from theylive_training.data.labelled import Item

_FORMATS = ("csv", "yolo", "coco")
_MEASURED = "measured"
_PX = number(1, 10_000)
_ROUNDING = 0.05  # px by which a size may be off and still be the same


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("source", type=place, metavar="SOURCE", help="folder of the data set")
    parser.add_argument("--to", choices=_FORMATS, required=True, help="format to write")
    parser.add_argument("--out", type=place, required=True, metavar="DIR", help="new folder")
    parser.add_argument(
        "--box",
        type=_box,
        metavar="PX|measured",
        help="side of every head's box (px), or measured: width and height of the head's outline in its picture; "
        "default: as in SOURCE, 64 where it has none",
    )
    parser.add_argument("--backgrounds", action="store_true", help="keep pictures without heads, with empty labels")
    parser.add_argument("--split", type=place, metavar="FILE", help="parts as in this file of `split` (default: SOURCE's own)")


def run(args: argparse.Namespace) -> int:
    """Convert. Raises TrainingError."""
    from theylive_training.data import dataset, find, write_set
    from theylive_training.data.new_folder import new_folder, refuse_used
    from theylive_training.pictures.picture import BOX

    refuse_used(args.out)
    found = find.survey(args.source, args.box if isinstance(args.box, float) else BOX)
    found.refuse_errors()
    if args.out.absolute().resolve().is_relative_to(found.root.resolve()):
        raise TrainingError(f"{args.out} lies within {found.root}: give a folder outside of it as --out")
    parts = dataset.parts(found, args.split)
    items = [dataclasses.replace(item, part=parts[item.file.path]) for item in found.items if item.file.path in parts]
    empty = sum(not item.file.boxes for item in items)
    kept = [item for item in items if item.file.boxes or args.backgrounds]
    if not kept:
        raise TrainingError(f"no picture in {args.source} shows a head: --backgrounds keeps the others")
    write_set.refuse_clashes(kept, args.to)
    if args.box == _MEASURED:
        kept = _measured(kept)
    elif args.box is not None:
        kept = [_with_side(item, args.box) for item in kept]
    with new_folder(args.out) as folder, _progress(len(kept), "pictures") as step:
        write_set.write_set(kept, args.to, folder, step)
    heads = sum(len(item.file.boxes) for item in kept)
    print(f"{args.out}: {len(kept)} pictures, {heads} heads, as {args.to}")
    if empty and not args.backgrounds:
        print(f"left out: {empty} pictures without heads (--backgrounds keeps them)")
    if len(items) < len(found.items):
        print(f"left out: {len(found.items) - len(items)} pictures that {args.split} has on no side")
    if args.to == find.CSV:
        for line in _lost_in_csv(kept):
            print(line)
    return 0


def _lost_in_csv(items: Sequence[Item]) -> Iterator[str]:
    from theylive_training.data.find import PARTS
    from theylive_training.pictures.picture import BOX

    boxes = [b for item in items for b in item.file.boxes]
    other = [b for b in boxes if max(abs(b.width - BOX), abs(b.height - BOX)) > _ROUNDING]
    if other:
        sides = {round(v, 1) for b in boxes for v in (b.width, b.height)}
        back = f"--box {sides.pop():g} gives it back" if len(sides) == 1 else "their sizes are lost"
        yield f"csv keeps centres only, and readers take boxes for {BOX:g} px: of {len(boxes)} heads {len(other)} have another size, {back}"
    given = Counter(item.part for item in items if item.part)
    if given:
        counts = ", ".join(f"{given[part]} {part}" for part in PARTS if given[part])
        yield f"csv has no parts: {counts} are no longer told apart (`theylive-train split` divides anew)"


def _with_side(item: Item, side: float) -> Item:
    boxes = tuple(b._replace(width=side, height=side) for b in item.file.boxes)
    return dataclasses.replace(item, file=dataclasses.replace(item.file, boxes=boxes))


def _measured(items: Sequence[Item]) -> list[Item]:
    from theylive_training.data.measure import measure

    with _progress(sum(bool(item.file.boxes) for item in items), "heads measured") as step:
        result = measure([item.file for item in items], step)
    for label, (measured, total) in result.counts.items():
        width, height = result.medians[label]
        print(f"{label}: {measured} of {total} heads measured; the other {total - measured} get the median, {width:g} x {height:g} px")
    return [dataclasses.replace(item, file=file) for item, file in zip(items, result.files, strict=True)]


@contextlib.contextmanager
def _progress(total: int, unit: str) -> Iterator[Callable[[], object]]:
    from tqdm import tqdm

    with tqdm(total=total, unit=f" {unit}", file=sys.stderr, disable=not sys.stderr.isatty(), leave=False) as bar:
        yield bar.update


def _box(text: str) -> float | str:
    if text == _MEASURED:
        return text
    try:
        return _PX(text)
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(f"{error}, nor {_MEASURED}") from None
