"""What a training of a YOLO keeps after each epoch, to go on after a stop as though there had been none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from theylive_training.errors import TrainingError
from theylive_training.whole_file import write_whole

KEYS = {"pictures", "net", "mean", "best", "optimizer", "history"}


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write KEYS, whole or not at all, and onto the disk. Raises TrainingError."""
    save_whole(path, {k: state[k] for k in KEYS})


def load_checkpoint(path: Path, device: str) -> dict[str, Any] | None:
    """What `save_checkpoint` wrote; None where there is none yet. Raises TrainingError for another file."""
    if not path.is_file():
        return None
    try:
        state = torch.load(path, map_location=device, weights_only=True)
    except Exception as cause:  # torch raises whatever it likes for a file that is not its own
        raise TrainingError(f"{path} is damaged ({type(cause).__name__}): remove it, and the training begins anew") from cause
    if not isinstance(state, dict) or set(state) != KEYS:
        raise TrainingError(f"{path} is no checkpoint of theylive-train: remove it, and the training begins anew")
    return state


def save_whole(path: Path, state: Any) -> None:
    """torch.save, whole or not at all, and onto the disk. Raises TrainingError."""
    write_whole(path, lambda file: torch.save(state, file), "make room, then give the command again")
