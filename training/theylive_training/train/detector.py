"""Fits a YOLO to a pool of pictures: AdamW, one cosine, a running mean of the weights; a GPU where there is one."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from theylive_training.errors import TrainingError
from theylive_training.nets.detectors import DetectionModel, build
from theylive_training.nets.spec import NetSpec
from theylive_training.pictures.picture import LABELS, Picture, turn
from theylive_training.train.plan import Schedule

Report = Callable[[str], None]


def train(
    spec: NetSpec,
    pictures: tuple[Picture, ...],
    schedule: Schedule,
    checkpoint: Path,
    report: Report = print,
    start: Path | None = None,
) -> DetectionModel:
    """Train, or go on where `checkpoint` was left by the same schedule and pictures; returns the mean net on the CPU.

    The checkpoint is written after each epoch, whole or not at all. start: the weights of another run to begin with in place of random
    ones. Raises TrainingError when they are of another net.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(schedule.seed)
    net = build(spec)
    if start:
        load_weights(net, start)
    net = net.to(device, memory_format=torch.channels_last).train()
    mean = copy.deepcopy(net).eval().requires_grad_(False)
    optimizer = _optimizer(net, schedule)
    run = _fingerprint(spec, pictures, schedule)
    first = _resume(checkpoint, run, net, mean, optimizer, device)
    if checkpoint.is_file():
        report(f"going on after epoch {first} of {schedule.epochs}" if first else "the checkpoint there is of another run: beginning anew")
    steps = math.ceil(len(pictures) / schedule.batch)
    began = time.monotonic()
    for epoch in range(first, schedule.epochs):
        losses = []
        for step, batch in enumerate(_batches(pictures, schedule, epoch, device)):
            done = epoch * steps + step
            for group in optimizer.param_groups:
                group["lr"] = schedule.rate * _share(done / steps, schedule)
            losses.append(_step(net, optimizer, batch, schedule.clip))
            _follow(mean, net, min(schedule.mean, (1 + done) / (10 + done)))
        _save(checkpoint, run, epoch + 1, net, mean, optimizer)
        spent = time.monotonic() - began
        left = spent / (epoch + 1 - first) * (schedule.epochs - epoch - 1)
        box, score, _ = np.mean(losses, axis=0)
        report(f"epoch {epoch + 1}/{schedule.epochs}: box loss {box:.3f}, score loss {score:.3f}, {left / 60:.1f} min left")
    return mean.float().to("cpu", memory_format=torch.contiguous_format)


def load_weights(net: DetectionModel, path: Path) -> None:
    """Give a net the weights of a run. Raises TrainingError for another file, or another net's weights."""
    try:
        net.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    except Exception as cause:  # torch raises whatever it likes for a file that is not its own
        raise TrainingError(f"{path} holds no weights of this net ({type(cause).__name__}): train again") from cause


def read_checkpoint(path: Path, device: torch.device) -> dict[str, Any]:
    """What `train` has left. Raises TrainingError for another file."""
    try:
        state = torch.load(path, map_location=device, weights_only=True)
        if {"run", "epoch", "net", "mean", "optimizer"} <= set(state):
            return state
    except Exception as cause:  # torch raises whatever it likes for a file that is not its own
        raise TrainingError(f"{path} is no checkpoint ({type(cause).__name__}): give the checkpoint.pt of a run, or remove it") from cause
    raise TrainingError(f"{path} is no checkpoint of theylive-train: give the checkpoint.pt of a run, or remove it")


def _optimizer(net: DetectionModel, schedule: Schedule) -> torch.optim.AdamW:
    weights = [p for p in net.parameters() if p.requires_grad and p.ndim > 1]
    others = [p for p in net.parameters() if p.requires_grad and p.ndim <= 1]  # biases and normalisations do not decay
    groups = [{"params": weights, "weight_decay": schedule.decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=schedule.rate, betas=(0.9, 0.999))


def _share(epoch: float, schedule: Schedule) -> float:
    """The learning rate at a moment (in epochs) as a share of the highest: a ramp, then a cosine."""
    cosine = schedule.last_rate + (1 - schedule.last_rate) * 0.5 * (1 + math.cos(math.pi * min(1.0, epoch / schedule.epochs)))
    return min(1.0, (epoch + 1e-3) / schedule.warmup) * cosine


def _step(net: DetectionModel, optimizer: torch.optim.Optimizer, batch: dict[str, torch.Tensor], clip: float) -> list[float]:
    device = batch["img"].device.type
    with torch.autocast(device, dtype=torch.bfloat16):
        predictions = net(batch["img"])
    loss, items = net.loss(batch, _float(predictions))  # in bfloat16 a box would be a pixel off
    optimizer.zero_grad(set_to_none=True)
    (loss.sum() / len(batch["img"])).backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), clip)
    optimizer.step()
    return [float(v) for v in (items.values() if isinstance(items, dict) else items)]


def _float(value: object) -> object:
    if torch.is_tensor(value):
        return value.float()
    if isinstance(value, dict):
        return {k: _float(v) for k, v in value.items()}
    return type(value)(_float(v) for v in value) if isinstance(value, (list, tuple)) else value


@torch.no_grad()
def _follow(mean: DetectionModel, net: DetectionModel, keep: float) -> None:
    for m, n in zip(mean.state_dict().values(), net.state_dict().values(), strict=True):
        if m.dtype.is_floating_point:
            m.lerp_(n, 1 - keep)
        else:
            m.copy_(n)


def _batches(pictures: tuple[Picture, ...], schedule: Schedule, epoch: int, device: torch.device) -> Iterator[dict[str, torch.Tensor]]:
    """The epoch's batches as ultralytics' loss wants them; every picture tinted, and mirrored and turned if it may be, by its own
    chance."""
    rng = np.random.default_rng([schedule.seed, epoch])
    order = rng.permutation(len(pictures))
    for start in range(0, len(order), schedule.batch):
        chosen = [_turned(pictures[i], rng) for i in order[start : start + schedule.batch]]
        images = torch.from_numpy(np.stack([p.image for p in chosen])).to(device)
        images = images.flip(3).permute(0, 3, 1, 2).to(torch.float32, memory_format=torch.channels_last) / 255
        tints = torch.from_numpy(np.exp(rng.normal(0, 0.08, (len(chosen), 1, 1, 1)) + rng.normal(0, 0.04, (len(chosen), 3, 1, 1))))
        boxes = [(k, LABELS.index(b.label), b) for k, p in enumerate(chosen) for b in p.boxes]
        sides = [(p.image.shape[1], p.image.shape[0]) for p in chosen]
        shares = [[b.x / sides[k][0], b.y / sides[k][1], b.width / sides[k][0], b.height / sides[k][1]] for k, _, b in boxes]
        yield {
            "img": (images * tints.to(device, torch.float32)).clamp_(0, 1),
            "batch_idx": torch.tensor([k for k, _, _ in boxes], dtype=torch.float32, device=device),
            "cls": torch.tensor([[c] for _, c, _ in boxes], dtype=torch.float32, device=device).reshape(-1, 1),
            "bboxes": torch.tensor(shares, dtype=torch.float32, device=device).reshape(-1, 4),
        }


def _turned(picture: Picture, rng: np.random.Generator) -> Picture:
    return picture if picture.upright else turn(picture, int(rng.integers(4)), bool(rng.integers(2)))


def _fingerprint(spec: NetSpec, pictures: tuple[Picture, ...], schedule: Schedule) -> str:
    """Whose checkpoint it is."""
    return f"{spec} {schedule} {len(pictures)} {sum(int(p.image[::16, ::16].sum()) for p in pictures)}"


def _save(path: Path, run: str, epoch: int, net: DetectionModel, mean: DetectionModel, optimizer: torch.optim.Optimizer) -> None:
    temporary = path.with_name(path.name + ".new")
    state = {"run": run, "epoch": epoch, "net": net.state_dict(), "mean": mean.state_dict(), "optimizer": optimizer.state_dict()}
    torch.save(state, temporary)
    temporary.replace(path)


def _resume(path: Path, run: str, net: DetectionModel, mean: DetectionModel, optimizer: torch.optim.Optimizer, device: torch.device) -> int:
    """The epochs that the checkpoint has done; 0 without one, or with another run's."""
    if not path.is_file():
        return 0
    state = read_checkpoint(path, device)
    if state["run"] != run:
        return 0
    net.load_state_dict(state["net"])
    mean.load_state_dict(state["mean"])
    optimizer.load_state_dict(state["optimizer"])
    return int(state["epoch"])
