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

"""How long models take for a frame, all in one run, so that their ratios are fair whatever else the machine does."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from theylive_training.judge.predictor import Predictor

_FRAMES = 12  # that a model gets in a row


def latency(
    predictors: Sequence[Predictor],
    frames: Sequence[np.ndarray],
    threshold: float,
    runs: int = 300,
    peer: int = 0,
    advance: Callable[[], object] = lambda: None,
) -> list[dict[str, Any]]:
    """From a BGR frame to detections on one thread of the CPU, for each model: p50, p95, p99 and cpu_p50 (ms), and to_peer;
    and of the network alone, without fitting, decoding and suppression: network_cpu_p50 (ms) and network_to_peer.

    p50, p95, p99 are of the clock on the wall; cpu_p50 is what the processor has worked, which other work on the machine does not
    stretch: to_peer is the ratio of a model's to the peer's.

    The models take turns in rounds of a few frames, long enough that each has the caches to itself, as at work; the first round does not
    count. threshold: at which the robot runs; runs: frames that count per model, at least; peer: index; advance: called after each round.
    """
    frames = frames[:_FRAMES]
    times: list[list[tuple[float, float, float]]] = [[] for _ in predictors]
    floors = [p.floor for p in predictors]
    try:
        for p in predictors:
            p.floor = threshold
        with _one_thread():
            for turn in range(rounds(len(frames), runs)):
                for predictor, taken in zip(predictors, times, strict=True):
                    for frame in frames:
                        wall, work = time.perf_counter(), time.process_time()
                        predictor.detect(frame)
                        spent = time.perf_counter() - wall, time.process_time() - work
                        work = time.process_time()
                        predictor.infer()
                        if turn:
                            taken.append((*spent, time.process_time() - work))
                advance()
    finally:
        for p, floor in zip(predictors, floors, strict=True):
            p.floor = floor
    walls, works, networks = (1000 * np.array(times)[:, :, k] for k in range(3))
    middles, alone = np.median(works, axis=1), np.median(networks, axis=1)
    return [
        {
            **{f"p{q}": round(float(np.percentile(wall, q)), 3) for q in (50, 95, 99)},
            "cpu_p50": round(float(middle), 3),
            "to_peer": round(float(middle / middles[peer]), 3),
            "network_cpu_p50": round(float(network), 3),
            "network_to_peer": round(float(network / alone[peer]), 3),
        }
        for wall, middle, network in zip(walls, middles, alone, strict=True)
    ]


def rounds(frames: int, runs: int) -> int:
    """How many rounds `latency` makes."""
    return 1 + -(-runs // min(frames, _FRAMES))


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Where torch is loaded, let it use one thread, as the robot's interpreter does."""
    torch = sys.modules.get("torch")
    before = torch.get_num_threads() if torch else 0
    if torch:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        if torch:
            torch.set_num_threads(before)
