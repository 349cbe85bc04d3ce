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

"""Divides a data set by the time of capture, so that what is judged was taken at another time than what was learned.

Pictures that follow each other show the same board in the same light, and in a burst the same head in the same place. What keeps such
twins from standing on two sides:

1. Pictures are cut into sittings, wherever nothing was taken for `gap` seconds. A sitting goes to one side as a whole.
2. Only where the shares cannot be met with whole sittings (a set taken in one go), the largest one is cut in two, as few times as will do.
   Between two sides of a cut sitting a margin of `gap` seconds is left out: pictures of the larger side go, and are listed as dropped.

So no picture of one side was taken within `gap` seconds of one of another. Which sittings go where is a seeded search for the shares
in every class (alien, john, background, and pictures that show both), with few pictures dropped.

What that is worth was measured on the public set by the difference hash of phash.py. Two heads' pictures taken within a minute are
near-duplicates (24 of 256 bits) in 15 of 100 cases, within 2 to 3 minutes in 12, within 5 to 10 in 7, 20 and more apart in 3, an hour apart
in 0.5: likeness fades over minutes, so no gap of seconds makes strangers; whole sittings do most of it, the margin sees to bursts. Of the
pictures to judge by, 8 % have a twin within 12 bits among those learned from after a division by chance, 4 % after one by time; within 24
bits some 80 % after either, since one board was used all day and heads come to lie in the same places. To learn how a net does on another
board or in other light, take pictures there and keep them apart.

Numbered pictures (capture_12.jpg) tell no time. They are taken to be one second apart, so the gap is as many pictures.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Mapping, Sequence

import numpy as np

from theylive_training.data.capture_time import capture_time, series_number
from theylive_training.data.division import Division, Group, shows
from theylive_training.data.find import PARTS
from theylive_training.data.labelled import LabelledFile
from theylive_training.errors import TrainingError

GAP = 60.0  # s
_NEAR_ENOUGH = 0.05  # by which a class's share of a part may be off before a sitting is cut
_TRIES, _ROUNDS, _SWAPS = 8, 30, 400  # of the search
_PATIENCE = 8  # cuts without any gain before it is given up


def by_time(files: Sequence[LabelledFile], shares: Mapping[str, float], seed: int, gap: float = GAP) -> Division:
    """Divide. files: in order of capture. shares: of PARTS, together 1. gap: s. Raises TrainingError."""
    problem = _problem(files, shares, gap)
    rng = random.Random(seed)
    best = answer = _search(problem, problem.sittings(), rng)
    vain = 0
    while best.off > _NEAR_ENOUGH and vain < _PATIENCE:
        starts = _cut(problem, answer, rng)
        if starts is None:
            break
        answer = _search(problem, starts, rng)
        vain = 0 if answer.cost < best.cost else vain + 1
        best = min(best, answer, key=lambda a: a.cost)
    _refuse_empty(problem, best)
    return _division(problem, best)


@dataclasses.dataclass(frozen=True, eq=False)
class _Problem:
    """times: s, (n,), ascending, series far apart. kinds: index of what each shows, (n,). shares: of the parts that get any, in order."""

    times: np.ndarray
    kinds: np.ndarray
    kind_names: tuple[tuple[str, ...], ...]
    parts: tuple[str, ...]
    shares: np.ndarray
    gap: float

    def sittings(self) -> np.ndarray:
        """Indices of the pictures with which a sitting begins."""
        return np.flatnonzero(np.concatenate([[True], np.diff(self.times) >= self.gap]) if self.gap > 0 else np.ones(len(self.times), bool))

    def kept(self, sides: np.ndarray) -> np.ndarray:
        """Which pictures stay, (n,) bool, where each is on the side sides[i]: of two too close in time that of the larger side goes."""
        stays = np.ones(len(sides), bool)
        ranks = np.argsort(np.argsort(-self.shares, kind="stable"), kind="stable")[sides]  # 0: the largest side
        for rank in range(len(self.parts) - 1, 0, -1):
            mine = np.where((ranks == rank) & stays, self.times, np.nan)
            before = np.fmax.accumulate(np.where(np.isnan(mine), -np.inf, mine))
            after = np.fmin.accumulate(np.where(np.isnan(mine), np.inf, mine)[::-1])[::-1]
            stays &= ~((ranks < rank) & (np.minimum(self.times - before, after - self.times) < self.gap))
        return stays

    def table(self, sides: np.ndarray, stays: np.ndarray) -> np.ndarray:
        """How many pictures of each kind each side keeps: (kinds, parts)."""
        cells = self.kinds * len(self.parts) + sides
        size = len(self.kind_names) * len(self.parts)
        return np.bincount(cells[stays], minlength=size).reshape(-1, len(self.parts))


@dataclasses.dataclass(frozen=True, eq=False)
class _Answer:
    """starts: index of each block's first picture. where: each block's side. off: of the worst share, beyond one picture."""

    starts: np.ndarray
    where: np.ndarray
    cost: float
    off: float


def _problem(files: Sequence[LabelledFile], shares: Mapping[str, float], gap: float) -> _Problem:
    series: dict[tuple[str, ...], list[float]] = {}
    for file in files:
        time, number = capture_time(file.path), series_number(file.path)
        if time is None and number is None:
            raise TrainingError(f"the name of {file.path} tells no time of capture (capture_YYYYMMDD_HHMMSS.jpg): use --by random")
        key = ("",) if number is None else (number[0], str(file.path.parent))
        series.setdefault(key, []).append(time if number is None else float(number[1]))
    times, end = [], 0.0
    for moments in series.values():
        times += [end + moment - moments[0] for moment in moments]
        end = times[-1] + 2 * gap + 1
    names = sorted({shows(f) for f in files})
    parts = tuple(p for p in PARTS if shares[p] > 0)
    kinds = np.array([names.index(shows(f)) for f in files])
    return _Problem(np.array(times), kinds, tuple(names), parts, np.array([shares[p] for p in parts]), gap)


def _search(problem: _Problem, starts: np.ndarray, rng: random.Random) -> _Answer:
    """The first good enough of several climbs from different places, or the best."""
    best = None
    for _ in range(_TRIES):
        answer = _climb(problem, starts, rng)
        if best is None or answer.cost < best.cost:
            best = answer
        if best.off <= _NEAR_ENOUGH:
            break
    assert best is not None
    return best


def _climb(problem: _Problem, starts: np.ndarray, rng: random.Random) -> _Answer:
    """From a division by chance, move and swap blocks for as long as it helps."""
    blocks, sides = len(starts), range(len(problem.parts))
    where = np.array(rng.choices(sides, problem.shares.tolist(), k=blocks))
    best = _judge(problem, starts, where)
    for _ in range(_ROUNDS):
        before = best.cost
        moves = [((b, side),) for b in rng.sample(range(blocks), blocks) for side in sides]
        pairs = [(rng.randrange(blocks), rng.randrange(blocks)) for _ in range(min(4 * blocks, _SWAPS))]
        for move in [*moves, *pairs]:
            trial = best.where.copy()
            if isinstance(move[0], tuple):
                trial[move[0][0]] = move[0][1]
            else:
                trial[list(move)] = trial[list(move)[::-1]]
            if (trial != best.where).any():
                answer = _judge(problem, starts, trial)
                best = answer if answer.cost < best.cost - 1e-12 else best
        if best.cost == before:
            break
    return best


def _judge(problem: _Problem, starts: np.ndarray, where: np.ndarray) -> _Answer:
    sides = np.repeat(where, np.diff(starts, append=len(problem.times)))
    stays = problem.kept(sides)
    table = problem.table(sides, stays)
    total = np.maximum(table.sum(axis=1, keepdims=True), 1)
    off = np.maximum(np.abs(table - total * problem.shares) - 1, 0) / total
    empty = len(_lacking(problem, table))
    return _Answer(starts, where, float(off.sum() + empty + 1 - stays.mean()), max(float(off.max()), float(empty > 0)))


def _cut(problem: _Problem, answer: _Answer, rng: random.Random) -> np.ndarray | None:
    """The starts of the blocks with one more: off the largest that has too much, as much as another side lacks. None: nothing to cut."""
    lengths = np.diff(answer.starts, append=len(problem.times))
    sides = np.repeat(answer.where, lengths)
    table = problem.table(sides, problem.kept(sides))
    lack = table.sum(axis=1, keepdims=True) * problem.shares - table
    kind, side = np.unravel_index(int(np.argmax(lack / np.maximum(table.sum(axis=1, keepdims=True), 1))), lack.shape)
    wanted = max(round(float(lack[kind, side])), 1)
    mine = np.add.reduceat((problem.kinds == kind).astype(int), answer.starts)
    mine[answer.where == side] = 0
    block = int(np.argmax(mine))
    if mine[block] < 2:
        return None
    first = int(answer.starts[block])
    places = first + np.flatnonzero(problem.kinds[first : first + int(lengths[block])] == kind)
    wanted = min(wanted, len(places) - 1)
    start = int(places[wanted] if rng.random() < 0.5 else places[-wanted])
    return np.sort(np.append(answer.starts, start)) if start not in answer.starts else None


def _lacking(problem: _Problem, table: np.ndarray) -> list[tuple[str, str]]:
    """Classes that a side has none of, with that side."""
    names = sorted({name for kind in problem.kind_names for name in kind})
    has = {name: table[[name in kind for kind in problem.kind_names]].sum(axis=0) for name in names}
    return [(name, part) for name in names for part, n in zip(problem.parts, has[name].tolist(), strict=True) if not n]


def _refuse_empty(problem: _Problem, answer: _Answer) -> None:
    sides = np.repeat(answer.where, np.diff(answer.starts, append=len(problem.times)))
    lacking = _lacking(problem, problem.table(sides, problem.kept(sides)))
    if lacking:
        raise TrainingError(
            f"no picture of {lacking[0][0]} is left for {lacking[0][1]}: there are too few, or all were taken within too short a time; "
            f"take more, give a --gap below {problem.gap:g} s, or use --by random"
        )


def _division(problem: _Problem, answer: _Answer) -> Division:
    """With neighbours of one side and one sitting as one group."""
    ends = np.append(answer.starts[1:], len(problem.times)).tolist()
    sides = np.repeat(answer.where, np.diff(answer.starts, append=len(problem.times)))
    stays = problem.kept(sides)
    sittings = set(problem.sittings().tolist())
    groups: list[Group] = []
    for first, end, side in zip(answer.starts.tolist(), ends, answer.where.tolist(), strict=True):
        part = problem.parts[side]
        if groups and first not in sittings and groups[-1].part == part:
            groups[-1] = dataclasses.replace(groups[-1], last=end - 1)
        else:
            groups.append(Group(part, first, end - 1))
    parts = tuple(problem.parts[side] if stay else "" for side, stay in zip(sides.tolist(), stays.tolist(), strict=True))
    why = f"within {problem.gap:g} s of a picture of another part"
    return Division(parts, {int(i): why for i in np.flatnonzero(~stays)}, tuple(groups))
