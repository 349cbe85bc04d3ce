"""What a file holds, in one word."""

from __future__ import annotations

import hashlib
from pathlib import Path

from theylive_training.errors import TrainingError

_BLOCK = 1 << 20


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex. Raises TrainingError."""
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except OSError as cause:
        raise TrainingError(f"{path} cannot be read ({cause.strerror}): mend its rights, or copy the data set again") from cause
    return digest.hexdigest()
