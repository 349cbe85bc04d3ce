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

"""docs/firmware.md tells the truth: its numbers and its conversation are those of the reference."""

import re
from fractions import Fraction
from pathlib import Path

import pytest

from theylive_ros.controller import plan as plans
from theylive_ros.controller.executor import Executor, play
from theylive_ros.controller.lines.sim import SimConfig, SimLines
from theylive_ros.controller.messages import WireSegment
from theylive_ros.controller.session import Session

PAGE = Path(__file__).resolve().parent.parent / "docs" / "firmware.md"
ONE = 1 << 40
TICK_US = 25


def blocks(kind):
    return [b.strip().splitlines() for b in re.findall(rf"```{kind}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)]


def integer_pulses(p, v, a, j, duration_us):
    """The page's C in Python: times (us) of the ticks at which a pulse is made."""
    h, k = Fraction(TICK_US, 1_000_000), Fraction(ONE, 1000)
    at, d3, d2 = round(p * k), round(j * h**3 * k), round((a * h * h + j * h**3) * k)
    d1 = round((v * h + a * h * h / 2 + j * h**3 / 6) * k)
    count, made = 0, []
    for tick in range(1, duration_us // TICK_US + 1):
        at, d1, d2 = at + d1, d1 + d2, d2 + d3
        off = at - count * ONE
        if abs(off) >= ONE * 55 // 100:
            count += 1 if off > 0 else -1
            made.append(tick * TICK_US)
    return made, at / ONE


def reference_pulses(p, v, a, j, duration_us):
    plan = plans.pieces(0, [WireSegment(duration_us, p, v, a, j, 0, 0, 0, 0)], True)
    count, at, made = 0, 0.0, []
    while (step := plans.next_step(plan, 0, count, at)) is not None and step[0] < duration_us:
        at, direction = step
        count += direction
        made.append(at)
    return made


@pytest.mark.parametrize("block", blocks("pulses"))
def test_the_pages_pulses_are_the_references_and_its_integers_make_them(block):
    p, v, a, j, duration = map(int, block[0].split())
    told = [int(word) for word in block[1].split()]
    reference = reference_pulses(p, v, a, j, duration)
    assert told == [round(t) for t in reference]
    made, _ = integer_pulses(p, v, a, j, duration)
    assert len(made) == len(told)
    assert all(0 <= m - t <= TICK_US + 1 for m, t in zip(made, reference, strict=True))


@pytest.mark.parametrize("seconds", [0.05, 0.2])
def test_the_pages_integers_are_exact_enough_for_the_highest_jerk(seconds):
    p, v, a, j = 0, -1_000_000, 0, 300_000_000_000
    _, end = integer_pulses(p, v, a, j, round(seconds * 1e6))
    assert abs(end - (p + v * seconds + j * seconds**3 / 6) / 1000) < 0.05


def converse(lines):
    """Say the `>` lines of a transcript to the reference, each at its time; returns the whole transcript as it truly went."""
    executor = Executor(SimLines(SimConfig()))
    executor.open(0)
    session = Session(executor)
    told = []
    for at_us, said in lines:
        play(executor, at_us)
        told += [f"{at_us} {news}" for news in session.news().decode().splitlines()]
        told.append(f"{at_us} {said}")
        told += [f"{at_us} {answer}" for answer in session.receive(said.encode() + b"\n", at_us).decode().splitlines()]
    return told


def test_the_pages_conversation_is_the_references():
    (block,) = blocks("conversation")
    said = [(int(at), line) for at, line in (row.split(" ", 1) for row in block) if line.startswith(">")]
    assert len(said) > 12
    assert block == converse(said)
