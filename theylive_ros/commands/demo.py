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

"""The whole stack on a simulated rig, judged against the truth: real nodes over real topics, simulated board, camera, motors and laser.

The rig is mounted crookedly and knows nothing of that: it calibrates itself first, then it points. Writes a film, a picture and a report;
prints a short table. Exit status 1 if John was lit or an alien that was due was not hit.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2

from theylive_ros.controller.stop_flag import StopFlag
from theylive_ros.share import share_path
from theylive_ros.simulator.scenario import load_scenario
from theylive_ros.window import check_window, show

_LATENCIES = (
    ("camera", "simulator", "render"),
    ("inference", "detector", "inference"),
    ("detections", "detector", "capture_to_detections"),
    ("target", "selector", "capture_to_target"),
    ("pointing", "mirrors", "capture_to_pointing"),
)
_READY_WITHIN = 30.0  # s
_CALIBRATED_WITHIN = 180.0  # s
_PLACES = (8, 6)  # across and down the picture, at which the demo looks for the spot: fewer than usual, for it is watched
_TROUBLED_FOR = 5.0  # s; a node that waits for another one gets over it sooner


class DemoError(Exception):
    """The demo cannot go on; one line with the cause."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--seconds", type=float, default=20.0, metavar="N", help="how long after the calibration (default: %(default)s)")
    parser.add_argument("--scenario", default="default", help="a name in config/scenarios, or a file (default: %(default)s)")
    parser.add_argument("--seed", type=int, metavar="N", help="seed of the scenario (default: its own)")
    parser.add_argument("--model", help="model file, or the name of one in the package's models folder")
    parser.add_argument("--report", type=Path, default=Path("demo.json"), metavar="FILE", help="default: %(default)s")
    parser.add_argument("--video", type=Path, default=Path("demo.mp4"), metavar="FILE", help="default: %(default)s")
    parser.add_argument("--picture", type=Path, default=Path("demo.png"), metavar="FILE", help="default: %(default)s")
    parser.add_argument("--window", action="store_true", help="show it while it runs (needs a display and an OpenCV with a GUI)")


def run(args: argparse.Namespace) -> int:
    """Run the demo; 0 when John was spared and every alien that was due was hit, else 1."""
    if not 0 < args.seconds < float("inf"):
        raise DemoError(f"--seconds is {args.seconds}; it must be more than 0")
    if args.seed is not None and args.seed < 0:
        raise DemoError(f"--seed is {args.seed}; it must be 0 or more")
    _check_outputs(args)
    if args.window:
        check_window()
    load_scenario(args.scenario)  # a wrong name is better told before the nodes start
    # A demo must neither hear nor disturb a rig in the same network, nor another demo.
    os.environ.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    os.environ.setdefault("ROS_DOMAIN_ID", str(1 + os.getpid() % 101))
    report = _play(args)
    print(table(report))
    try:
        args.report.write_text(json.dumps(report, indent=1) + "\n")
    except OSError as error:
        raise DemoError(f"cannot write {args.report}: {error.strerror}") from error
    print(f"\nfilm {args.video}   picture {args.picture}   report {args.report}")
    if words := failure(report):
        print(f"demo: {words}", file=sys.stderr)
    return 1 if words else 0


def failure(report: dict[str, Any]) -> str:
    """Why a run was not as it must be, in one line; empty where it was."""
    if report["john_hits"]:
        return f"John was lit {report['john_hits']} times, which must never be: keep the report and the film"
    if report["aliens_missed"]:
        due = f"{report['aliens_missed']} of {report['aliens_due']} aliens that were due were not hit"
        return f"{due}, with {report['fps'] or 0:.1f} pictures per second: is this machine busy?"
    return ""


def _check_outputs(args: argparse.Namespace) -> None:
    """Better said before than after the whole run."""
    for path in (args.report, args.video, args.picture):
        folder = path.absolute().parent
        if not folder.is_dir():
            raise DemoError(f"{path}: there is no folder {folder}")
        if path.is_dir() or not os.access(folder, os.W_OK):
            raise DemoError(f"{path} cannot be written: {'it is a folder' if path.is_dir() else f'you may not write to {folder}'}")
    if not cv2.haveImageWriter(str(args.picture)):
        raise DemoError(f"{args.picture}: a picture ends in .png or .jpg")
    if args.video.suffix.lower() != ".mp4":
        raise DemoError(f"{args.video}: a film ends in .mp4")


def table(report: dict[str, Any]) -> str:
    """The report in a few lines for a person."""

    def spread(name: str, unit: str, digits: int) -> str:
        values = report[name]
        return "  ".join(f"{k} {'-' if values.get(k) is None else f'{values[k]:.{digits}f}'}" for k in ("p50", "p95")) + f" {unit}"

    seen, hit, missed, due = (report[f"aliens_{name}"] for name in ("seen", "hit", "missed", "due"))
    calibration = report["calibration"]
    calibrated = f"in {calibration['seconds']:.1f} s, {calibration['places']} places, {calibration['rms_px']:.2f} px RMS, cross-validated"
    latency = report["latency_ms"].get("target") or {}
    rows = [
        ("time, frames", f"{report['seconds']:.1f} s, {report['frames']} at {report['fps'] or 0:.1f} per second"),
        ("aliens", f"{seen} seen, {hit} hit, {missed} missed of {due} due"),
        ("shots", f"{report['shots']} fired, {report['hits']} hits"),
        ("John hit", f"{report['john_hits']} times"),
        ("alien appears to light on it", spread("time_to_target_s", "s", 2)),
        ("spot to aim", spread("spot_to_aim_mm", "mm", 2)),
        ("spot to head's centre", spread("pointing_error_mm", "mm", 2)),
        ("capture to target", "  ".join(f"{k} {latency[k]:.1f}" for k in ("p50", "p95", "p99") if k in latency) + " ms"),
        ("calibrated before", calibrated),
        ("memory", f"{report['memory_mb']:.0f} MB for all nodes together"),
    ]
    return "\n".join(f"{name:<30}{words}" for name, words in rows)


def _play(args: argparse.Namespace) -> dict[str, Any]:
    import rclpy

    from theylive_ros.nodes.process import start_ros, stop_signals
    from theylive_ros.nodes.ros_arguments import ros_arguments

    with tempfile.TemporaryDirectory(prefix="theylive-demo-") as folder:
        said = {
            # The board is empty until everybody is ready.
            "simulator": {"scenario": args.scenario, "seed": args.seed, "autostart": False, "mounting": "crooked", "wait": True},
            "detector": {"detector.model": args.model},
            # a file that is not there yet
            "mirrors": {"calibration": f"{folder}/calibration.yaml"},
        }
        with ros_arguments(share_path("config", "sim.yaml"), said) as words, stop_signals() as stop:
            # that the mirrors are not calibrated is no news here
            start_ros([*words, "--log-level", "warn", "--log-level", "mirrors:=error"])
            try:
                return _Demo(args).run(stop)
            finally:
                rclpy.try_shutdown()


class _Demo:
    """Its course: everybody starts, the rig calibrates itself over an empty board, the mirrors are armed, the scenario begins."""

    def __init__(self, args: argparse.Namespace) -> None:
        from rclpy.node import Node
        from theylive_msgs.action import Calibrate

        from theylive_ros.film import Film
        from theylive_ros.nodes.base import TransitionCallbackReturn
        from theylive_ros.nodes.calibrate_client import CalibrateClient
        from theylive_ros.nodes.compose import compose
        from theylive_ros.nodes.judge import Judge
        from theylive_ros.nodes.projector import Projector
        from theylive_ros.simulator.score import Score

        _say("starting the nodes")
        self._args = args
        self._nodes = {node.get_name(): node for node in compose(("simulator", "detector", "selector", "mirrors", "calibrator"))}
        self._simulator = self._nodes["simulator"]
        if self._simulator.trigger_configure() != TransitionCallbackReturn.SUCCESS:
            raise DemoError("the simulator does not start; its reason is above")
        self._simulator.trigger_activate()
        self._node = Node("demo")
        self._score = Score(self._simulator.mm_per_pixel)
        self._film = Film(args.video, self._simulator.rate)
        self._projector = Projector(self._node, self._film, self._words)
        self._calibration = CalibrateClient(self._node, Calibrate.Goal(columns=_PLACES[0], rows=_PLACES[1]))
        self._judge: Judge | None = None
        self._step, self._since = self._start, time.monotonic()
        self._calibrated_in = 0.0
        self._detector = ""

    def run(self, stop: StopFlag) -> dict[str, Any]:
        from theylive_ros.nodes.spin import spin

        def over() -> bool:
            now = time.monotonic()
            if self._args.window and self._projector.picture is not None:
                show(self._projector.picture)
            following = self._step(now - self._since)
            if following is not None:
                self._step, self._since = following, now
            return self._step == self._shoot and now - self._since >= self._args.seconds

        try:
            spin([*self._nodes.values(), self._node], stop, over)
        finally:
            self._projector.close()
            self._film.close()
            self._calibration.destroy()
            _progress_end()
        if self._judge is None:
            raise DemoError("interrupted before the first target")
        self._judge.finish()
        if self._film.frames == 0:
            raise DemoError("not one frame came through all nodes; the reason is above")
        self._film.save_best(self._args.picture)
        return self._report()

    def _start(self, waited: float) -> Callable[[float], Any] | None:
        if all(node.active for node in self._nodes.values()) and self._projector.referenced:
            self._detector = self._nodes["detector"].words
            _say("calibrating a rig of which nothing is known")
            return self._calibrate
        self._give_up_after(waited, "the nodes were not ready")
        return None

    def _calibrate(self, waited: float) -> Callable[[float], Any] | None:
        from theylive_ros.nodes.armer import Armer

        self._calibration.ask()
        result = self._calibration.result
        if result is None:
            if waited > _CALIBRATED_WITHIN:
                raise DemoError(f"the calibration was not over within {_CALIBRATED_WITHIN:.0f} s: {self._calibration.words}")
            feedback = self._calibration.feedback
            _progress(100 * (feedback.progress if feedback else 0.0), 100.0, "%", self._calibration.words)
            return None
        if not result.success:
            raise DemoError(f"not calibrated: {result.message}")
        self._calibrated_in = waited
        _progress_end()
        _say(result.message)
        self._armer = Armer(self._node)
        return self._arm

    def _arm(self, waited: float) -> Callable[[float], Any] | None:
        from std_srvs.srv import Trigger

        from theylive_ros.nodes.judge import Judge

        if self._projector.armed:
            self._judge = Judge(self._node, self._score)
            self._node.create_client(Trigger, "simulator/begin").call_async(Trigger.Request())
            return self._shoot
        self._give_up_after(waited, "the mirrors were not armed")
        return None

    def _shoot(self, lasted: float) -> None:
        _progress(lasted, self._args.seconds, "s", self._words())

    def _give_up_after(self, waited: float, what: str) -> None:
        troubles = [f"{name}: {node.trouble}" for name, node in self._nodes.items() if node.trouble]
        if troubles and waited > _TROUBLED_FOR:
            raise DemoError("; ".join(troubles))
        if waited > _READY_WITHIN:
            raise DemoError(f"{what} within {_READY_WITHIN:.0f} s")

    def _words(self) -> str:
        if self._judge is None:
            return "" if self._step == self._start else self._calibration.words
        score = self._score
        return f"aliens hit {sum(a.lit >= score.rules.hit_time for a in score.aliens.values())}   John hit {score.john_hits}"

    def _report(self) -> dict[str, Any]:
        latencies = {}
        for name, node, meter in _LATENCIES:
            spread = self._nodes[node].meter.latencies().get(meter)
            latencies[name] = {k: round(1e3 * v, 3) for k, v in spread.items()} if spread else {}
        return {
            "scenario": self._args.scenario,
            "seed": self._simulator.seed,
            **self._score.report(),
            "latency_ms": latencies,
            "calibration": {
                "seconds": round(self._calibrated_in, 3),
                "places": self._calibration.result.points,
                "rms_px": round(self._calibration.result.rms, 4),
                "p95_mm": round(1e3 * self._calibration.result.p95, 4),
            },
            "counts": {name: node.meter.counts() for name, node in self._nodes.items()},
            "frames_not_filmed": self._projector.left_out,
            "skipped_frames": self._nodes["detector"].skipped,
            "missed_steps": list(self._simulator.missed_steps),
            "detector": self._detector,
            "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        }


def _say(words: str) -> None:
    print(f"demo: {words}", file=sys.stderr, flush=True)


_shown = -1.0


def _progress(done: float, whole: float, unit: str, words: str) -> None:
    """A bar on a terminal, a line now and then elsewhere."""
    global _shown
    step = 0.2 if sys.stderr.isatty() else whole / 4
    if 0 <= _shown <= done < _shown + step:
        return
    _shown = done
    if sys.stderr.isatty():
        filled = round(30 * min(1.0, done / whole))
        sys.stderr.write(f"\r\x1b[Kdemo: [{'#' * filled}{'.' * (30 - filled)}] {done:4.0f} of {whole:.0f} {unit}   {words} ")
        sys.stderr.flush()
    else:
        _say(f"{done:.0f} of {whole:.0f} {unit}   {words}")


def _progress_end() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\n")
