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

"""Runs Google's edgetpu_compiler, and reads what it says."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

from theylive_training.errors import TrainingError

NAME = "edgetpu_compiler"
MAPPED = "Mapped to Edge TPU"
WHERE_TO_GET = (
    "it runs on x86-64 Linux only, from Google's apt repository (coral.ai/docs/edgetpu/compiler, package edgetpu-compiler; on systems "
    "newer than Debian 11 in a container of that), or in Google's Colab notebook named there"
)
_GRACE = 10  # seconds that the compiler has after its own limit
_UNITS = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_MEMORY = {
    "on_chip_used": r"On-chip memory used for caching model parameters",
    "on_chip_left": r"On-chip memory (?:remaining|available) for caching model parameters",
    "off_chip_used": r"Off-chip memory used for streaming uncached model parameters",
}


@dataclasses.dataclass(frozen=True)
class Row:
    """Operators of one kind and fate. status: MAPPED, or why they stay on the CPU."""

    operator: str
    count: int
    status: str


@dataclasses.dataclass(frozen=True)
class Said:
    """What the compiler said. memory: bytes by name, see _MEMORY; subgraphs: parts for the Edge TPU; None where it did not say."""

    version: str | None
    rows: tuple[Row, ...]
    memory: dict[str, int]
    subgraphs: int | None

    @property
    def left(self) -> tuple[Row, ...]:
        """The operators that stay on the CPU."""
        return tuple(row for row in self.rows if row.status != MAPPED)

    def to_json(self) -> dict[str, Any]:
        """For a manifest."""
        return {
            "compiler": self.version,
            "mapped": sum(row.count for row in self.rows if row.status == MAPPED),
            "on_cpu": sum(row.count for row in self.left),
            "operators": [dataclasses.asdict(row) for row in self.rows],
            "memory_bytes": self.memory,
            "edgetpu_subgraphs": self.subgraphs,
        }


def find(given: Path | None) -> Path:
    """The compiler: `given`, else the one on PATH. Raises TrainingError that says where it can be had."""
    if given is not None:
        if not (given.is_file() and os.access(given, os.X_OK)):
            raise TrainingError(f"{given} is no program that can be run: give the path of {NAME} as --compiler")
        return given.resolve()
    found = shutil.which(NAME)
    if found is None:
        raise TrainingError(f"{NAME} is not installed here, all else is done: {WHERE_TO_GET}")
    return Path(found)


def run(compiler: Path, model: Path, out: Path, limit: float) -> tuple[Path, Said]:
    """Compile `model` into the folder `out` within `limit` seconds; returns the compiled file. Raises TrainingError."""
    words = [str(compiler), "--show_operations", "--timeout_sec", str(max(1, round(limit))), "--out_dir", str(out), str(model)]
    try:
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=out, start_new_session=True
        )
    except OSError as cause:
        raise TrainingError(f"{compiler} cannot be run here ({cause.strerror}): {WHERE_TO_GET}") from cause
    try:
        raw, _ = process.communicate(timeout=limit + _GRACE)
    except subprocess.TimeoutExpired:
        raise TrainingError(f"{compiler.name} did not end within {limit:g} s and was stopped: give it longer with --timeout") from None
    finally:
        with contextlib.suppress(ProcessLookupError):  # also its children, also when this program is interrupted
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    text = raw.decode(errors="replace")
    compiled = out / f"{model.stem}_edgetpu.tflite"
    if process.returncode < 0:
        raise TrainingError(f"{compiler.name} died of signal {-process.returncode} ({_last_words(text)}): try another version of it")
    if process.returncode or not compiled.is_file():
        raise TrainingError(
            f"{compiler.name} did not compile {model.name} ({_last_words(text)}): see what `theylive-train edgetpu-check` says of it"
        )
    log = compiled.with_suffix(".log")
    return compiled, parse(text + (log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""))


def parse(text: str) -> Said:
    """Read the compiler's words and its log, which may say the same table twice."""
    version = re.search(r"Edge TPU Compiler version (\S+)", text)
    subgraphs = re.search(r"Number of Edge TPU subgraphs:\s*(\d+)", text)
    rows = dict.fromkeys(
        Row(m[1], int(m[2]), m[3].strip()) for m in re.finditer(r"^([A-Z][A-Z0-9_-]*)[ \t]+(\d+)[ \t]+(\S[^\r\n]*)$", text, re.MULTILINE)
    )
    memory = {}
    for name, words in _MEMORY.items():
        found = re.search(words + r":\s*([\d.]+)\s*([KMG]i)?B", text)
        if found:
            memory[name] = round(float(found[1]) * _UNITS[f"{found[2] or ''}B"])
    return Said(version and version[1], tuple(rows), memory, int(subgraphs[1]) if subgraphs else None)


def _last_words(text: str) -> str:
    """What it said of the failure, on one line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"error|fail|abort|invalid|not quantized|timeout", line, re.IGNORECASE)]
    kept = [line for line in telling or lines[-1:] if "within timeout period" not in line]
    return "; ".join(dict.fromkeys(kept))[:300] or "it said nothing"
