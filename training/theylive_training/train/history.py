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

"""The curves of a training: epoch by epoch in history.json, drawn in curves.png, and said in one plain sentence."""

from __future__ import annotations

import dataclasses
import math
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from theylive_training.errors import TrainingError
from theylive_training.run_folder import read_json, write_json
from theylive_training.whole_file import write_whole

_FEW = 4  # epochs of which nothing can be said yet
_TAIL = 0.2  # share of the training, its end, that tells whether it still learns
_FALLING = 0.04  # share by which a loss that still falls has fallen over the tail
_RISEN = 0.08  # share above its lowest from which a validation loss has risen
_GAP = 1.5  # times the training loss from which the validation loss lies far above it


@dataclasses.dataclass(frozen=True)
class Epoch:
    """One round over the pictures. number: from 1; rate: learning rate at its end; seconds: what it took, validation included.

    train_loss: mean over its batches, on worn pictures; val_loss: after it, on pictures never learned from, with the same loss.
    scores: of the same validation, by name. The first is the one that decides (higher is better); one named *_px is an error in px.
    """

    number: int
    train_loss: float
    val_loss: float
    rate: float
    seconds: float
    scores: dict[str, float]

    @property
    def score(self) -> float:
        """The score that decides; NaN where there is none."""
        return next(iter(self.scores.values()), math.nan)


class History:
    """The epochs of a training, in order."""

    def __init__(self, epochs: Sequence[Epoch] = ()) -> None:
        self.epochs = list(epochs)

    def add(self, epoch: Epoch) -> None:
        """Note the next epoch."""
        self.epochs.append(epoch)

    @property
    def best(self) -> Epoch | None:
        """The epoch with the highest deciding score, the first of equals; None before there is one."""
        scored = [e for e in self.epochs if not math.isnan(e.score)]
        return max(scored, key=lambda e: e.score, default=None)

    def to_json(self) -> list[dict[str, Any]]:
        """Plain values; what is not a number is None."""
        return [_plain(dataclasses.asdict(e)) for e in self.epochs]

    @staticmethod
    def from_json(rows: Any) -> History:
        """The inverse of `to_json`. Raises TrainingError for anything else."""
        try:
            return History([Epoch(**_unplain(row)) for row in rows])
        except (TypeError, ValueError, AttributeError) as cause:
            raise TrainingError(f"the history is damaged ({cause}): train again") from cause

    def save(self, path: Path) -> None:
        """Write history.json whole or not at all. Raises TrainingError."""
        write_json(path, {"epochs": self.to_json()})

    @staticmethod
    def load(path: Path) -> History:
        """Read history.json. Raises TrainingError."""
        return History.from_json(read_json(path).get("epochs"))

    def verdict(self) -> str:
        """Whether it overfits, underfits, would have learned on, or has converged, with the figures that say so."""
        return f"{self._finding()}{self._quality()}"

    def _finding(self) -> str:
        count = len(self.epochs)
        if count < _FEW:
            return f"Too short to judge: {count} epoch{'s' * (count != 1)}."
        if any(not math.isfinite(e.train_loss) for e in self.epochs):
            return "It fell apart: the training loss is no longer a number. A lower --rate helps."
        if self.best is None:
            return f"Underfitting: after {count} epochs it finds nothing yet. More --epochs or --pictures help."
        tail = max(2, round(count * _TAIL))
        train = [_smooth([e.train_loss for e in self.epochs], i) for i in range(count)]
        val = [_smooth([e.val_loss for e in self.epochs], i) for i in range(count)]
        lowest = min(range(count), key=val.__getitem__)
        rise, fall_since = val[-1] / val[lowest] - 1, 1 - train[-1] / train[lowest]
        if rise > _RISEN and fall_since > 0:
            return (
                f"Overfitting: since epoch {lowest + 1} the validation loss rose by {rise:.0%} ({val[lowest]:.3g} to {val[-1]:.3g}) while "
                f"the training loss fell by {fall_since:.0%}. More or more varied pictures help, or a narrower net."
            )
        train_fall, val_fall = 1 - train[-1] / train[-tail - 1], 1 - val[-1] / val[-tail - 1]
        if train[-1] > 0.95 * train[0]:
            return f"Underfitting: the training loss hardly moved ({train[0]:.3g} to {train[-1]:.3g}). A wider net or another --rate helps."
        if val_fall > _FALLING and train_fall > _FALLING:
            return (
                f"Underfitting: it was still learning, over the last {tail} epochs the training loss fell by {train_fall:.0%} and the "
                f"validation loss by {val_fall:.0%}. More --epochs help."
            )
        if val[-1] > _GAP * train[-1]:
            return (
                f"Overfitting, mildly: the validation loss ({val[-1]:.3g}) no longer falls and is {val[-1] / train[-1]:.1f} times the "
                f"training loss ({train[-1]:.3g}). More varied pictures help."
            )
        return (
            f"Converged: over the last {tail} epochs the training loss changed by {-train_fall:+.0%} and the validation loss by "
            f"{-val_fall:+.0%} (now {train[-1]:.3g} and {val[-1]:.3g}); no overfitting, no need for more epochs."
        )

    def _quality(self) -> str:
        if self.best is None:
            return ""
        told = ", ".join(
            f"{_words(k)} {v:.3f}" if not k.endswith("_px") else f"{_words(k)} {v:.2f} px" for k, v in self.best.scores.items()
        )
        return f" Best at epoch {self.best.number} of {len(self.epochs)}: {told}."

    def plot(self, path: Path) -> None:
        """Draw the losses and the scores over the epochs, with the verdict, as a PNG; whole or not at all. Raises TrainingError."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=(11, 4.8), dpi=110, layout="constrained")
        FigureCanvasAgg(figure)
        losses, scores = figure.subplots(1, 2)
        self._draw_losses(losses)
        self._draw_scores(scores)
        figure.suptitle("\n".join(textwrap.wrap(self.verdict(), 130)), fontsize=10, x=0.01, ha="left")
        write_whole(path, lambda file: figure.savefig(file, format="png"), "give a folder of your own")

    def _draw_losses(self, axes: Any) -> None:
        numbers = [e.number for e in self.epochs]
        marker = "o" if len(numbers) < 30 else None
        axes.plot(numbers, [e.train_loss for e in self.epochs], color="tab:blue", marker=marker, ms=3, label="training (worn pictures)")
        axes.plot(numbers, [e.val_loss for e in self.epochs], color="tab:orange", marker=marker, ms=3, label="validation")
        if self.epochs and all(0 < v < math.inf for e in self.epochs for v in (e.train_loss, e.val_loss)):
            _logarithmic(axes)
        rates = axes.twinx()
        rates.plot(numbers, [e.rate for e in self.epochs], color="0.75", lw=1, zorder=0)
        rates.set_ylim(bottom=0)
        rates.set_ylabel("learning rate (grey)", color="0.55")
        rates.tick_params(axis="y", colors="0.55", labelsize=8)
        rates.ticklabel_format(axis="y", scilimits=(-2, 3))
        axes.set_zorder(1)
        axes.patch.set_visible(False)
        _finish(axes, "loss", self.best)
        axes.legend(loc="best", framealpha=0.9)

    def _draw_scores(self, axes: Any) -> None:
        names = list(dict.fromkeys(name for e in self.epochs for name in e.scores))
        shares, errors = [n for n in names if not n.endswith("_px")], [n for n in names if n.endswith("_px")]
        right = axes.twinx() if errors else None
        lines = []
        for k, name in enumerate([*shares, *errors]):
            at = [e.number for e in self.epochs if name in e.scores]
            values = [e.scores[name] for e in self.epochs if name in e.scores]
            target, style = (right, "--") if name in errors else (axes, "-")
            label = f"{_words(name)} (px, right)" if name in errors else _words(name)
            marker = "o" if len(at) < 30 else None
            lines += target.plot(at, values, style, color=f"C{(k + 2) % 10}", marker=marker, ms=3, label=label)
        axes.set_ylim(0, 1.02)
        if right is not None:
            right.set_ylim(bottom=0)
            right.set_ylabel("px")
        _finish(axes, "score on validation", self.best)
        if lines:
            axes.legend(handles=lines, loc="best", framealpha=0.9)


def _logarithmic(axes: Any) -> None:
    from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter

    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(base=10, subs=(1, 2, 3, 5)))
    axes.yaxis.set_major_formatter(ScalarFormatter())
    axes.yaxis.set_minor_formatter(NullFormatter())


def _finish(axes: Any, what: str, best: Epoch | None) -> None:
    axes.set_xlabel("epoch")
    axes.set_ylabel(what)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(alpha=0.25)
    if best is not None:
        axes.axvline(best.number, color="0.4", lw=1, ls=":")
        axes.annotate(
            "best", (best.number, 0.01), xycoords=("data", "axes fraction"), ha="right", rotation=90, fontsize=8, color="0.4", va="bottom"
        )


def _smooth(values: Sequence[float], at: int) -> float:
    """The median of a value, its forerunner and its follower: one bad epoch is no trend."""
    near = sorted(values[max(0, at - 1) : at + 2])
    return near[len(near) // 2] if len(near) % 2 else sum(near) / 2


def _words(name: str) -> str:
    return name.removesuffix("_px").replace("_", " ")


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """JSON has no NaN."""
    return {k: _plain(v) if isinstance(v, dict) else None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()}


def _unplain(row: dict[str, Any]) -> dict[str, Any]:
    numbers = {k: math.nan if v is None else v for k, v in row.items()}
    if not isinstance(numbers.get("scores"), dict):
        raise ValueError("an epoch without scores")
    return {**numbers, "scores": {str(k): math.nan if v is None else float(v) for k, v in numbers["scores"].items()}}
