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

"""The folder that an evaluation leaves: metrics.json, table.txt, and a folder of pictures for each model."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2

from theylive_training.errors import TrainingError
from theylive_training.judge.evaluation import MADE_BY, Judged
from theylive_training.judge.exam import SETS
from theylive_training.judge.gallery import draw, worst
from theylive_training.judge.table import table
from theylive_training.run_folder import read_json, write_json

METRICS, TABLE = "metrics.json", "table.txt"


def check(out: Path | None, json_file: Path | None) -> None:
    """Raise TrainingError now for what could not be written when all is done, or would replace what an evaluation has not made."""
    if json_file is not None:
        if json_file.is_dir() or not json_file.parent.is_dir() or not os.access(json_file.parent, os.W_OK):
            raise TrainingError(f"{json_file} cannot be written: give --json a file in a folder of your own")
        if json_file.exists() and not _is_metrics(json_file):
            raise TrainingError(f"{json_file} is there and no evaluation has written it: give --json another name")
    if out is None:
        return
    if out.exists() and not out.is_dir():
        raise TrainingError(f"{out} is a file: give --out a folder")
    if out.is_dir() and any(out.iterdir()) and not _is_ours(out):
        raise TrainingError(f"{out} holds what no evaluation has written: give --out a new or empty folder")
    there = next(p for p in (out, *out.absolute().parents) if p.exists())
    if not (there.is_dir() and os.access(there, os.W_OK)):
        raise TrainingError(f"{out} cannot be written: give --out a folder of your own")


def write(out: Path, results: dict[str, Any], judged: Sequence[Judged], names: dict[str, list[str]], count: int) -> None:
    """Write all of it, or leave `out` as it was; what an earlier evaluation has left there goes. count: how many of a set's worst pictures.

    Raises TrainingError.
    """
    from theylive_training.judge.plots import PLOTS

    out = out.resolve()
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as scratch:
            new = Path(scratch, "new")
            new.mkdir()
            for j in judged:
                folder = new / j.folder
                folder.mkdir()
                for file, plot in PLOTS.items():
                    figure = plot(j.name, j.measures)
                    if figure is not None:
                        figure.savefig(folder / file, format="png")
                for of, seen in j.sightings.items():
                    bad = worst(seen, names.get(of), results["threshold"], j.exhaustive, count)
                    if bad and not cv2.imwrite(str(folder / _worst(of)), draw(f"{j.name}, {of}", bad, results["threshold"])):
                        raise OSError(0, "no picture can be written")
            (new / TABLE).write_text(table(results) + "\n", encoding="utf-8")
            write_json(new / METRICS, results)
            if out.exists():
                os.replace(out, Path(scratch, "old"))
            os.replace(new, out)
    except OSError as cause:
        raise TrainingError(f"{out} cannot be written ({cause.strerror}): make room, or give another --out") from cause


def _worst(of: str) -> str:
    return f"worst_{of}.png"


def _is_metrics(path: Path) -> bool:
    try:
        return read_json(path).get("made_by") == MADE_BY
    except TrainingError:
        return False


def _is_ours(folder: Path) -> bool:
    """Whether all that lies in a folder is what an evaluation leaves."""
    from theylive_training.judge.plots import PLOTS

    if not _is_metrics(folder / METRICS):
        return False
    known = {*PLOTS, *map(_worst, SETS)}
    for path in folder.iterdir():
        if path.is_dir() and not {p.name for p in path.iterdir()} <= known:
            return False
        if path.is_file() and path.name not in (METRICS, TABLE):
            return False
    return True
