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

"""The bench of pointing measures what it says, and its goals are reached, with margin, where time is virtual."""

from __future__ import annotations

import os
import signal
import time
from multiprocessing import forkserver, resource_tracker

import pytest

from theylive_ros.benching import accuracy, lateness, moves, reaction
from theylive_ros.benching.load import JobError, Load
from theylive_ros.benching.pulses import measure
from theylive_ros.benching.recorded_lines import Edge
from theylive_ros.benching.soak import soak


@pytest.fixture(scope="module", autouse=True)
def no_server_stays():
    """The standard library keeps its server of forks, and the tracker of its resources, until this process ends."""
    yield
    forkserver._forkserver._stop()
    resource_tracker._resource_tracker._stop()


@pytest.fixture(scope="module")
def calibrated():
    return accuracy.calibrated()


def test_a_crooked_rig_calibrates_itself_from_nothing_in_less_than_a_minute_and_to_a_tenth_of_a_millimetre(calibrated):
    made, truth = calibrated
    assert made.seconds <= 45
    assert made.lit <= 0.4 * made.seconds
    assert made.calibration.rms_px <= 0.25
    assert made.calibration.p95_m <= 0.4e-3
    assert truth["p95"] <= 0.4


@pytest.mark.parametrize(
    ("scenario", "closed", "lost", "to_aim", "to_head"),
    [
        (accuracy.STATIC, False, 0, 1.6, 3.0),
        (accuracy.STATIC, True, 0, 1.2, 3.0),
        (accuracy.STATIC, True, 3, 1.6, 3.0),
        (accuracy.MOVING, False, 0, 2.2, 4.0),
        (accuracy.MOVING, True, 0, 2.2, 4.0),
    ],
)
def test_the_spot_stays_near_its_aim_and_the_head(calibrated, scenario, closed, lost, to_aim, to_head):
    found = accuracy.pointed(scenario, calibrated[0].calibration, closed=closed, lost=lost)
    assert found.lit > accuracy.SECONDS / 4
    assert found.spot_to_aim["p95"] <= to_aim
    assert found.spot_to_head["p95"] <= to_head


def test_lost_steps_stay_where_nobody_looks_at_the_spot(calibrated):
    assert accuracy.pointed(accuracy.STATIC, calibrated[0].calibration, closed=False, lost=3).spot_to_aim["p95"] > 4


def test_moves_are_three_times_as_quick_as_the_prototypes_and_leave_nothing_over():
    moved = moves.measure(60)
    assert max(moved.times) <= 0.095
    assert moved.peer_time > 3 * max(moved.times)
    assert moved.steps_off == 0
    assert moved.peer_error > moved.error


def test_pulses_with_random_lateness_are_all_made_once_and_never_too_close():
    found = soak(60_000, 11)
    assert found["made"] == found["counted"] >= 60_000
    assert [found[name] for name in ("lost", "doubled", "astray", "too_close", "unready")] == [0] * 5


# --- in wall time: only what no busy machine can spoil


def test_a_stop_switch_a_stalled_and_a_killed_planner_end_dark():
    for found, trials in ((reaction.stop_input(2), 2), (reaction.stalled_planner(2), 2), (reaction.killed_planner(2), 2)):
        assert len(found.seconds) == trials
        assert all(0 < seconds < 1 for seconds in found.seconds)
        assert found.plain()["events"] == trials


def test_every_pulse_has_its_lateness_and_none_is_early():
    late = lateness.measure(0.4)
    assert late.asked == late.made > 200
    assert min(late.seconds) > -0.001


def test_the_controllers_process_makes_every_pulse():
    figures = {figure.name: figure for figure in measure(seconds=0.5)}
    assert all(figure.passed for name, figure in figures.items() if "CPU" not in name), figures
    assert figures["pulses: made per second on each axis"].value > 500


def test_what_vanishes_is_found_between_light_and_dark():
    edges = [Edge(10.0, True), Edge(10.5, False), Edge(11.0, True), Edge(11.2, False)]
    assert reaction._darkened(edges, 9.0, iter([1.4, 1.7, 2.1, 3.0])) == [(10.4, 10.5), (11.1, 11.2)]


def test_jobs_are_done_in_any_order_and_the_cores_stay_busy_until_told():
    with Load([(abs, (-3,)), (pow, (2, 5))], cores=2) as load:
        assert dict(load.results()) == {0: 3, 1: 32}
        pids = [process.pid for process, _ in load._workers]
        time.sleep(0.05)
        for pid in pids:
            os.kill(pid, 0)
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_job_that_fails_is_told_with_its_reason():
    with Load([(int, ("nonsense",))], cores=1) as load, pytest.raises(JobError, match="nonsense"):
        list(load.results())


def test_a_worker_that_dies_is_told():
    with Load([(time.sleep, (30,))], cores=1) as load:
        os.kill(load._workers[0][0].pid, signal.SIGKILL)
        with pytest.raises(JobError, match="ended before"):
            list(load.results())
