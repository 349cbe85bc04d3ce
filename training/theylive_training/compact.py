"""The whole way of the compact net: pictures, training, export, exam, manifest."""

from __future__ import annotations

import dataclasses
import os
import platform
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from theylive_ros.detector import manifest
from theylive_ros.detector.interface import DetectorError
from theylive_training import dataset, edgetpu_check, exam
from theylive_training.cutout import cut_out
from theylive_training.errors import TrainingError
from theylive_training.evaluate import Judge
from theylive_training.export import export
from theylive_training.net import SIDE, parameters
from theylive_training.picture import LABELS, Picture
from theylive_training.pool import Material, Pool, make_pool, material
from theylive_training.sheet import save_sheet
from theylive_training.train import Schedule, read_checkpoint, train

NAME = "compact_yolo_224_int8"
CHECKPOINT = "checkpoint.pt"
LICENCE = {
    "model": "AGPL-3.0: trained with ultralytics, which asks for it",
    "code": "Apache-2.0",
    "data": "PDDL-1.0: chxadr/humanxalien-dataset; the rest is drawn by theylive_ros.simulator",
}
_PACKAGES = ("theylive_ros", "theylive_training", "torch", "ultralytics", "onnx2tf", "tensorflow-cpu", "ai-edge-litert", "numpy")
_CALIBRATION = 300  # pictures

Report = Callable[[str], None]


@dataclasses.dataclass(frozen=True)
class Plan:
    """What to do. data: None for drawn pictures alone; threads: of torch on the CPU, 0 for what suits the machine.

    start: the folder of another run whose net to begin with in place of random weights.
    """

    data: Path | None
    out: Path
    pictures: int = 7000
    schedule: Schedule = dataclasses.field(default_factory=Schedule)
    threads: int = 0
    composed: int = 300
    renders: int = 400
    command: str = ""
    start: Path | None = None


def smoke(plan: Plan) -> Plan:
    """The same way in the least time: a handful of pictures and one epoch. What comes out works, but sees nothing."""
    return dataclasses.replace(plan, pictures=48, schedule=dataclasses.replace(plan.schedule, epochs=1), composed=12, renders=12)


def run(plan: Plan, report: Report = print) -> list[str]:
    """Make the model and its manifest in `plan.out`; returns what it does not reach, one line each. Raises TrainingError.

    Stopped at any moment and run again it goes on after the last epoch that was finished.
    """
    data = dataset.load(plan.data) if plan.data else None
    before = _facts_of(plan.start) if plan.start else None
    _make_folder(plan.out)
    torch.set_num_threads(plan.threads or max(1, (os.cpu_count() or 1) // 2))
    began = time.monotonic()
    given = _gather(data, report)
    pool = make_pool(given, plan.pictures, SIDE, plan.schedule.seed, _progress("pictures", report))
    save_sheet(pool.pictures, pool.kinds, plan.out / "pictures.jpg")
    report(f"{len(pool.pictures)} pictures, some of each kind in {plan.out / 'pictures.jpg'}")
    net = train(pool.pictures, plan.schedule, plan.out / CHECKPOINT, report, plan.start and plan.start / CHECKPOINT)
    report("export to int8 TFLite")
    model = plan.out / f"{NAME}.tflite"
    size = parameters(net)
    export(net, calibration(pool, plan.schedule.seed), model)
    checked = edgetpu_check.check(model)
    facts: dict[str, Any] = {
        "made_with": plan.command,
        **({"began_with": before} if before else {}),
        "minutes": round((time.monotonic() - began) / 60, 1),
        "parameters": size,
        "schedule": dataclasses.asdict(plan.schedule),
        "pictures": {"pool": pool.kinds, **_inputs(data, given)},
        "versions": _versions(),
        "licence": LICENCE,
        "edgetpu_check": checked.to_json(),
    }
    manifest.save(manifest.make(model, LABELS, training=facts), manifest.path_of(model))  # the robot's decoder wants one
    report("exam, by the robot's decoder")
    results, threshold, latency = take_exam(model, data, plan)
    report(exam.table(results))
    facts["metrics"] = {
        "how": "int8 TFLite through theylive_ros.detector.yolov8 on the CPU; px of the picture that came in; theylive_training/exam.py",
        "score_threshold": threshold,
        "sets": results,
        "latency": latency,
    }
    manifest.save(manifest.make(model, LABELS, training=facts), manifest.path_of(model))
    report(f"{model} and its manifest; {latency['detect_ms_p50']} ms a frame on one core of this machine")
    return [*exam.shortfalls(results), *(f"Edge TPU: {e}" for e in checked.errors)]


def take_exam(model: Path, data: dataset.RealData | None, plan: Plan) -> tuple[dict[str, Any], float, dict[str, Any]]:
    """Results per set, the score threshold, and the latency of a whole frame."""
    sets = exam.make_exam(data, plan.schedule.seed, plan.composed, plan.renders)
    judge = Judge(model)
    try:
        results = {name: judge.judge(pictures) for name, pictures in sets.items()}
        latency = {**judge.latency(sets["simulated"][0].image), "cpu": _cpu(), "threads": 1, "frame": "320x240"}
        return results, judge.score_threshold, latency
    finally:
        judge.close()


def calibration(pool: Pool, seed: int) -> list[Picture]:
    """A fair choice of the pool: pictures of every kind, so that int8 holds what the net will see."""
    chosen = np.random.default_rng(seed).permutation(len(pool.pictures))[:_CALIBRATION]
    return [pool.pictures[i] for i in chosen]


def _gather(data: dataset.RealData | None, report: Report) -> Material:
    if data is None:
        return material((), (), (), looks=4)
    report(f"{len(data.train)} real pictures, {len(data.backgrounds)} of the empty board; cutting the heads out")
    cutouts = cut_out(data.train)
    if not cutouts:
        raise TrainingError("no head comes off its board: the pictures must be in order of capture, the camera standing still")
    report(f"{len(cutouts)} heads cut out")
    return material(data.train, data.backgrounds, cutouts)


def _inputs(data: dataset.RealData | None, given: Material) -> dict[str, Any]:
    if data is None:
        return {"real": 0}
    learned = data.learned_from()
    return {
        "real": len(data.train),
        "empty_boards": len(data.backgrounds),
        "heads_cut_out": len(given.cutouts),
        "sha256_of_sorted_sha256s": dataset.hash_files(learned),
        "never_learned_from": {"validation": len(data.val), "empty_boards": len(data.held_out)},
    }


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()


def _facts_of(folder: Path) -> dict[str, Any]:
    """How the net of another run was trained."""
    try:
        read_checkpoint(folder / CHECKPOINT, torch.device("cpu"))
        facts = manifest.load(folder / f"{NAME}.tflite").training
    except DetectorError as error:
        raise TrainingError(f"{folder} holds no finished run: {error}") from error
    return {k: facts[k] for k in ("made_with", "began_with", "schedule", "pictures", "minutes") if k in facts}


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as cause:
        raise TrainingError(f"{folder} cannot be made ({cause.strerror}): give a folder of your own as --out") from None


def _progress(what: str, report: Report) -> Callable[[int, int], None]:
    def note(done: int, total: int) -> None:
        if done == total or done % max(1, total // 5) == 0:
            report(f"{what}: {done} of {total}")

    return note
