"""Trains a YOLO: gathers the pictures, fits the net, and leaves a run folder."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable
from typing import Any

import torch

from theylive_training.data import dataset
from theylive_training.nets.detectors import parameters
from theylive_training.pictures.pool import make_pool
from theylive_training.pictures.sheet import save_sheet
from theylive_training.run_folder import RunFolder
from theylive_training.train.detector import train
from theylive_training.train.material import calibration_choice, gather, inputs
from theylive_training.train.plan import Plan, versions

Report = Callable[[str], None]


def train_yolo(plan: Plan, report: Report = print) -> RunFolder:
    """Train plan.spec into plan.out. Raises TrainingError. Stopped at any moment and run again it goes on after the last whole epoch."""
    data = dataset.load(plan.data, plan.split) if plan.data else None
    start = RunFolder.finished(plan.start) if plan.start else None
    folder = RunFolder.make(plan.out)
    torch.set_num_threads(plan.threads or max(1, (os.cpu_count() or 1) // 2))
    began = time.monotonic()
    given = gather(data, report)
    pool = make_pool(given, plan.pictures, plan.spec.side, plan.schedule.seed, _progress("pictures", report))
    save_sheet(pool.pictures, pool.kinds, folder.path / "pictures.jpg")
    report(f"{len(pool.pictures)} pictures, some of each kind in {folder.path / 'pictures.jpg'}")
    facts: dict[str, Any] = {
        "spec": dataclasses.asdict(plan.spec),
        "made_with": plan.command,
        **({"began_with": start.facts()} if start else {}),
        "schedule": dataclasses.asdict(plan.schedule),
        "pictures": {"pool": pool.kinds, **inputs(data, given)},
        "versions": versions(),
    }
    folder.save_facts(facts)
    folder.save_calibration([pool.pictures[i].image for i in calibration_choice(pool, plan.schedule.seed)])
    net = train(plan.spec, pool.pictures, plan.schedule, folder.checkpoint, report, start and start.weights)
    torch.save(net.state_dict(), folder.weights)
    folder.save_facts({**facts, "parameters": parameters(net), "minutes": round((time.monotonic() - began) / 60, 1)})
    return folder


def _progress(what: str, report: Report) -> Callable[[int, int], None]:
    def note(done: int, total: int) -> None:
        if done == total or done % max(1, total // 5) == 0:
            report(f"{what}: {done} of {total}")

    return note
