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

"""Whose a run folder is: a training takes an empty one, or the one where it was stopped, and no other."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from theylive_training.data import dataset
from theylive_training.errors import TrainingError
from theylive_training.locked import locked
from theylive_training.run_folder import RunFolder
from theylive_training.train.plan import Plan

_OTHER = "give another folder as --out"
_FREE = ("batch",)  # of a schedule: may change when a training goes on, for the machine may have changed


def identity(plan: Plan, data: dataset.Dataset | None, start: RunFolder | None = None) -> dict[str, Any]:
    """What makes a training this one, flat and in plain values: it goes on only in a folder whose run.json says the same as "plan"."""
    schedule = {k: v for k, v in dataclasses.asdict(plan.schedule).items() if k not in _FREE}
    told: dict[str, Any] = {**dataclasses.asdict(plan.spec), "pictures": plan.pictures, **schedule}
    if data:
        told |= {"split": data.split}
        told |= {f"data_{side}": dataset.hash_files(getattr(data, side).paths)[:16] for side in ("train", "val")}
    if start:
        told["began_with"] = dataset.hash_files([start.weights])[:16]
    if plan.weights:
        told["weights"] = dataset.hash_files([plan.weights])[:16] if plan.weights.is_file() else plan.weights.name
    return told


@contextlib.contextmanager
def claimed(out: Path, asked: dict[str, Any]) -> Iterator[RunFolder]:
    """The folder for the training `asked` (see `identity`), made where there is none, and kept from other processes meanwhile.

    Nothing in it is touched, but that the first time run.json is written, with spec and plan. Raises TrainingError when the folder is
    another training's or something else's, or while another process trains there.
    """
    if out.is_dir() and not (out / "run.json").is_file() and any(not p.name.startswith(".") for p in out.iterdir()):
        raise TrainingError(f"{out} holds other things than a training: {_OTHER}")
    folder = RunFolder.make(out)
    with locked(out):
        _sweep(out)
        if folder.facts_file.is_file():
            _compare(out, folder.facts().get("plan"), asked)
        else:
            folder.save_facts({"spec": {k: asked[k] for k in ("net", "side", "width")}, "plan": asked})
        yield folder


def _sweep(out: Path) -> None:
    """Remove what a process that was killed while it wrote has left."""
    for pattern in (".*.new", ".*.json.*", ".*.jpg.*"):
        for path in out.glob(pattern):
            path.unlink()


def _compare(out: Path, there: Any, asked: dict[str, Any]) -> None:
    if not isinstance(there, dict):
        raise TrainingError(f"{out} holds a training that does not say what it is of: {_OTHER}")
    for key in [*asked, *(k for k in there if k not in asked)]:
        if there.get(key) != asked.get(key):
            raise TrainingError(f"{out} holds another training ({key} {_told(there.get(key))}, not {_told(asked.get(key))}): {_OTHER}")


def _told(value: Any) -> str:
    return "unset" if value is None else str(value)
