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

"""One goal of the action `calibrate`, from the first look to the file. Works in the calibrator's worker thread."""

from __future__ import annotations

import dataclasses
import math
import os
import threading
from collections.abc import Callable
from pathlib import Path

from sensor_msgs.msg import CompressedImage, Image, JointState
from theylive_msgs.action import Calibrate
from theylive_msgs.msg import LaserState, Pointing

from theylive_ros import messages
from theylive_ros.calibrator.blink import Blink, BlinkSettings, Order
from theylive_ros.calibrator.fit import FitError, FitSettings, fit_sweep
from theylive_ros.calibrator.looks import Look
from theylive_ros.calibrator.sweep import Feedback, Sweep, SweepError, SweepSettings, Swept
from theylive_ros.mirrors.calibration import Calibration, CalibrationError
from theylive_ros.mirrors.calibration_file import save
from theylive_ros.nodes import conversions
from theylive_ros.nodes.calibrate_server import Job
from theylive_ros.nodes.inbox import Inbox
from theylive_ros.nodes.mirrors_client import MirrorsClient, MirrorsError, RigFacts
from theylive_ros.settings import check

Heard = Image | CompressedImage | LaserState | JointState | Pointing
_SILENCE = 3.0  # s without a picture or a word of the mirrors
_REPEAT = 0.05  # s between two orders that say the same
_POLL = 0.02  # s


class RunError(Exception):
    """The calibration has come to nothing; one line with the cause and the cure."""


@dataclasses.dataclass(frozen=True)
class RunSettings:
    """What the calibrator's parameters say."""

    sweep: SweepSettings
    blink: BlinkSettings
    fit: FitSettings


class CalibrationRun:
    """Sweeps, fits, writes. `run` raises nothing: what went wrong is in the result."""

    def __init__(
        self,
        mirrors: MirrorsClient,
        inbox: Inbox[Heard],
        order: Callable[[Order], None],
        tell: Callable[[Calibrate.Feedback], None],
        clock: Callable[[], float],
        settings: RunSettings,
        stop: threading.Event,
    ) -> None:
        """order: tells the mirrors; tell: whoever wants to know how far it is. clock: ROS time (s), as the stamps of what is heard.
        stop: ends it early, dark."""
        self._mirrors, self._inbox, self._order = mirrors, inbox, order
        self._tell, self._clock, self._settings, self._stop = tell, clock, settings, stop
        self._last_picture = self._last_joints = -math.inf
        self._size = (0, 0)
        self._commissioned = False
        self._ordered: tuple[float, Order] | None = None

    def run(self, job: Job) -> Calibrate.Result:
        """Do what the goal asks for."""
        try:
            return self._run(job)
        except (RunError, MirrorsError, SweepError, FitError, CalibrationError) as error:
            words = f"{error}; the old calibration is as it was"
            return Calibrate.Result(message=words, rms=math.nan, p95=math.nan)

    def _run(self, job: Job) -> Calibrate.Result:
        facts = self._mirrors.wait_for_facts(self._stop)
        file = os.path.abspath(os.path.expanduser(job.request.file or facts.file)) if job.request.file or facts.file else ""
        _check_writable(file)
        settings = self._sweep_settings(job)
        self._size = width, height = self._picture_size(job)
        self._mirrors.commission(True, self._stop)
        try:
            sweep = Sweep(facts.geometry, width, height, facts.limits, settings)
            swept = self._sweep(sweep, Blink(facts.geometry.microstep, self._settings.blink), job)
        finally:
            self._end_commissioning()
        self._tell(_feedback(sweep.feedback))
        calibration = fit_sweep(swept.pairs, swept.again, facts.geometry, width, height, self._settings.fit)
        self._check(job)
        save(calibration, file)
        return _result(calibration, swept, file, self._reload(file, facts))

    def _sweep_settings(self, job: Job) -> SweepSettings:
        settings = self._settings.sweep
        asked = {name: n for name in ("columns", "rows") if (n := getattr(job.request, name))}
        settings = dataclasses.replace(settings, **asked)
        try:
            check(settings)
        except ValueError as error:
            raise RunError(str(error)) from error
        return settings

    def _picture_size(self, job: Job) -> tuple[int, int]:
        """Width and height of the pictures that come."""
        begun = self._clock()
        while self._clock() - begun < _SILENCE:
            self._check(job)
            for heard in self._inbox.take_all(_POLL):
                if isinstance(heard, Image | CompressedImage) and (image := conversions.picture_of(heard)) is not None:
                    return image.shape[1], image.shape[0]
        raise RunError(_NO_PICTURES)

    def _sweep(self, sweep: Sweep, blink: Blink, job: Job) -> Swept:
        """Look wherever the sweep wants."""
        now = self._clock()
        self._last_picture = self._last_joints = now
        self._commissioned, self._ordered = False, None
        course = sweep.looks()
        look: Look = next(course)
        blink.begin(look, now)
        while True:
            for heard in self._inbox.take_all(_POLL):
                self._feed(heard, blink)
            self._check(job)
            now = self._clock()
            self._check_silence(now)
            self._say(blink.order(now), now)
            if blink.sighting is None:
                continue
            self._tell(_feedback(sweep.feedback))
            try:
                look = course.send(blink.sighting)
            except StopIteration as end:
                return end.value
            blink.begin(look, now)

    def _feed(self, heard: Heard, blink: Blink) -> None:
        stamp = messages.from_time(heard.header.stamp)
        if isinstance(heard, LaserState):
            self._look_at_mode(heard)
            blink.on_laser(heard.on, stamp, heard.reasons)
        elif isinstance(heard, JointState):
            self._last_joints = self._clock()
            blink.on_mirrors((heard.position[0], heard.position[1]), any(heard.velocity), stamp)
        elif isinstance(heard, Image | CompressedImage) and (image := conversions.picture_of(heard)) is not None:
            self._last_picture = self._clock()
            if (image.shape[1], image.shape[0]) != self._size:
                raise RunError("the pictures have changed their size: leave the camera as it is")
            blink.on_frame(image, stamp)

    def _look_at_mode(self, state: LaserState) -> None:
        """The mirrors leave commissioning mode for a fault, the stop switch, or its timeout."""
        if state.mode == LaserState.MODE_COMMISSIONING:
            self._commissioned = True
        elif self._commissioned:
            raise RunError(f"commissioning was ended: {', '.join(state.reasons) or 'by its timeout, or by somebody else'}")

    def _check(self, job: Job) -> None:
        if self._stop.is_set():
            raise RunError("the calibrator was deactivated")
        if job.cancelled:
            raise RunError("cancelled")

    def _check_silence(self, now: float) -> None:
        if now - self._last_picture > _SILENCE:
            raise RunError(_NO_PICTURES)
        if now - self._last_joints > _SILENCE:
            raise RunError(f"nothing was heard of the mirrors on joint_states for {_SILENCE:.0f} s: does the mirrors node run?")

    def _say(self, order: Order, now: float) -> None:
        if self._ordered is None or order != self._ordered[1] or now - self._ordered[0] >= _REPEAT:
            self._ordered = now, order
            self._order(order)

    def _end_commissioning(self) -> None:
        if self._ordered is not None and self._ordered[1].light:  # given up in the middle of a look
            self._order(self._ordered[1]._replace(light=False))
        self._mirrors.end_commissioning()

    def _reload(self, file: str, facts: RigFacts) -> str:
        if not facts.file or file != os.path.abspath(facts.file):
            return "the mirrors go by another file: name this one in their parameter `calibration`"
        try:
            return f"the mirrors go by it: {self._mirrors.reload(self._stop)}"
        except MirrorsError as error:
            return f"but the mirrors do not take it: {error}"


_NO_PICTURES = f"no picture came for {_SILENCE:.0f} s: does the camera run, is the parameter `compressed` as the camera's?"


def _check_writable(file: str) -> None:
    """Better said before than after the sweep."""
    if not file:
        raise RunError(
            "no file to write: give one with the goal (`theylive calibrate --file`), or name one in the mirrors' parameter `calibration`"
        )
    path = Path(file)
    folder = next(p for p in path.parents if p.exists())
    if path.is_dir() or not os.access(folder, os.W_OK):
        raise RunError(f"{file} cannot be written: {'it is a folder' if path.is_dir() else f'you may not write to {folder}'}")


def _feedback(f: Feedback) -> Calibrate.Feedback:
    return Calibrate.Feedback(stage=f.stage, progress=float(f.progress), tried=f.tried, found=f.found, residual=float(f.residual))


def _result(calibration: Calibration, swept: Swept, file: str, reloaded: str) -> Calibrate.Result:
    rms, p95, points = calibration.rms_px, calibration.p95_m, len(calibration.points)
    words = f"{points} places, residual {rms:.2f} px RMS and {1e3 * p95:.2f} mm p95, cross-validated; {_beyond(swept)}{reloaded}"
    return Calibrate.Result(success=True, message=words, file=file, points=points, rms=rms, p95=p95)


def _beyond(swept: Swept) -> str:
    """What the limits have cost, and how they would have to be; empty for nothing."""
    if not swept.beyond:
        return ""
    wider = ", ".join(f"{b.limit} to {b.needed} ({b.places} places)" for b in swept.beyond)
    return (
        f"the field of aim is smaller than the picture, for the mirrors' parameters `limits.` (and `controller.`) end before it: {wider}; "
    )
