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

"""Judge models side by side on pictures that they have not learned from, through the robot's own decoder.

A model is a .tflite file with its manifest (int8 or float), the folder of a run (its float net), weights.pt or weights.keras in such a
folder, or a .pt checkpoint of ultralytics. Sets: validation (the part's pictures as they are), backgrounds (its empty boards), composed
(frames of one to five of its heads), crowded (three heads a frame, some cut by its edge), simulated (drawn; needs no data).

Exit status 1: a model falls short of what a shipped one must reach; each shortfall is said.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from theylive_training.arguments import add_data, needed_data, number, one_of, place, positive, several
from theylive_training.errors import TrainingError

if TYPE_CHECKING:
    from theylive_training.data.dataset import Dataset
    from theylive_training.pictures.picture import Picture

_SETS = ("validation", "backgrounds", "composed", "crowded", "simulated")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("models", type=place, nargs="+", metavar="MODEL")
    add_data(parser)
    parser.add_argument("--part", default="val", choices=("train", "val", "test"), help="of the split (default: %(default)s)")
    parser.add_argument(
        "--sets", type=several(one_of(_SETS)), metavar="NAMES", help=f"some of {','.join(_SETS)} (default: all that there is data for)"
    )
    parser.add_argument("--threshold", type=number(0, 1), default=0.5, help="least score of a head that counts (default: the robot's, 0.5)")
    parser.add_argument("--peer", type=place, metavar="MODEL", help="whose speed the others are compared with (default: the first)")
    parser.add_argument("--runs", type=positive, default=300, metavar="N", help="frames timed per model (default: %(default)s)")
    parser.add_argument("--seed", type=positive, default=1, help="of the frames that are composed and drawn")
    parser.add_argument("--out", type=place, metavar="DIR", help="folder for metrics.json, plots and the worst pictures of each model")
    parser.add_argument("--worst", type=positive, default=12, metavar="N", help="how many of each set's (default: %(default)s)")
    parser.add_argument("--json", type=place, metavar="FILE", help="write metrics.json to this file, too")


def run(args: argparse.Namespace) -> int:
    """Judge, print, write. 1: a model falls short. Raises TrainingError."""
    for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ.setdefault(name, "1")  # TensorFlow takes its threads from here, and only before it is loaded
    from theylive_training.judge import evaluation, exam, pages
    from theylive_training.judge.predictor import open_predictor
    from theylive_training.judge.table import table
    from theylive_training.run_folder import write_json
    from theylive_training.train.progress import Progress

    paths = _with_peer(args.models, args.peer)
    pages.check(args.out, args.json)
    divisions = _divisions(args)
    data = divisions[0] if divisions else None
    sets = args.sets or (_SETS if data else ("simulated",))
    predictors = []
    try:
        for path in paths:
            predictors.append(open_predictor(path))
        names = evaluation.distinct_names(paths, [p.name for p in predictors])
        pictures = exam.make_exam(data, args.seed, part=args.part, sets=sets)
        _say_missing(args, sets, pictures, data)
        peer = paths.index(args.peer) if args.peer else 0
        terms = evaluation.Terms(args.part, args.threshold, args.runs, peer)
        models = list(zip(names, paths, predictors, strict=True))
        with Progress("judging", evaluation.steps(len(models), pictures, terms)) as progress:
            judged = evaluation.judge(models, pictures, divisions, terms, progress.advance)
    finally:
        for predictor in predictors:
            predictor.close()
    results = evaluation.summary(judged, terms, args.seed, data, pictures)
    print(table(results))
    sys.stdout.flush()
    for model in results["models"]:
        if model["doubt"]:
            print(f"beware: {model['name']}: {model['doubt']}", file=sys.stderr)
        for line in model["shortfalls"]:
            print(f"not good enough: {model['name']}: {line}", file=sys.stderr)
    if args.json:
        write_json(args.json, results)
    if args.out:
        pages.write(args.out, results, judged, evaluation.file_names(data, args.part), args.worst)
    return int(any(model["shortfalls"] for model in results["models"]))


def _with_peer(models: list[Path], peer: Path | None) -> list[Path]:
    paths = list(dict.fromkeys(models))
    return paths if peer is None or peer in paths else [*paths, peer]


def _divisions(args: argparse.Namespace) -> list[Dataset]:
    """The division in use, and the set's own where that is another: by those it is known what a model has learned from."""
    from theylive_training.data import dataset

    if args.data is None:
        if args.split or set(args.sets or ("simulated",)) != {"simulated"}:
            needed_data(args)
        return []
    divisions = [dataset.load(args.data, args.split)]
    if set(args.sets or _SETS) != {"simulated"} and not getattr(divisions[0], args.part).paths:
        raise TrainingError(f"the split {divisions[0].split} has no pictures in its part {args.part}: choose another --part or --split")
    if args.split:
        with contextlib.suppress(TrainingError):  # it may have no division of its own
            divisions.append(dataset.load(args.data))
    return divisions


def _say_missing(args: argparse.Namespace, sets: tuple[str, ...], pictures: dict[str, list[Picture]], data: Dataset | None) -> None:
    """Say on what no model is judged. Raises TrainingError where nothing is left."""
    if data is None and args.sets is None:
        print("no data set is named: judged on simulated pictures alone (--data DIR for more)", file=sys.stderr)
    missing = [name for name in sets if name not in pictures]
    if missing and data is not None:
        why = f"the part {args.part} of the split {data.split} has no pictures for {', '.join(missing)}"
        if not pictures:
            raise TrainingError(f"{why}: choose another --part")
        print(f"not judged on everything: {why}", file=sys.stderr)
