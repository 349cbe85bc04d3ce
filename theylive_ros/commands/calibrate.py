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

"""Calibrate a running rig: find out how pixels and mirrors belong together.

The node calibrator does it: the mirrors turn to places all over the picture, the laser blinks, the camera looks for the spot. Board free,
nobody near: the laser stays dark while a protected head is in the picture. Ctrl-C ends it, dark, and leaves the old file as it was.

  theylive calibrate                            write the file that the mirrors go by, and have them read it
  theylive calibrate --columns 15 --rows 11     look at more places
By hand: commission the mirrors (theylive jog), click on the spot in the annotated picture or call calibrator/mark at four places or more,
then call calibrator/finish; calibrator/undo drops the last pair.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import cv2

from theylive_ros.calibrator.picture import residuals
from theylive_ros.mirrors import plane
from theylive_ros.mirrors.calibration import Calibration, CalibrationError
from theylive_ros.mirrors.calibration_file import load

if TYPE_CHECKING:
    import numpy as np
    from theylive_msgs.action import Calibrate

    from theylive_ros.controller.stop_flag import StopFlag

_PATIENCE = 10.0  # s for the calibrator to answer, and to end what was cancelled
_VIEW_PATIENCE = 1.0  # s for a picture
# Why the mirrors cannot be moved yet, in a rig that has just been started.
_NOT_YET = frozenset(("link_silent", "unreferenced"))
_LINE_EVERY = 5.0  # s between two lines where there is no terminal


class CalibrateError(Exception):
    """Nothing was calibrated, and not for the rig's fault; one line with the cause and the cure."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--columns", type=int, default=0, metavar="N", help="places across the picture (default: the calibrator's)")
    parser.add_argument("--rows", type=int, default=0, metavar="N", help="places down the picture (default: the calibrator's)")
    parser.add_argument("--file", type=Path, metavar="FILE", help="write this file (default: the one that the mirrors go by)")
    parser.add_argument("--picture", type=Path, default=Path("calibration.png"), metavar="FILE", help="residuals (default: %(default)s)")
    parser.add_argument(
        "--wait", type=float, default=10.0, metavar="N", help="seconds for a rig that was just started to get ready (default: %(default)g)"
    )
    parser.add_argument("--namespace", default="", metavar="NAME", help="namespace of the rig's nodes")


def run(args: argparse.Namespace) -> int:
    """Calibrate; 0 when the file was written, 1 when it was not. Raises CalibrateError."""
    import rclpy

    from theylive_ros.nodes.process import start_ros, stop_signals

    for name in ("columns", "rows"):
        if not 0 <= getattr(args, name) <= 1000:
            raise CalibrateError(f"--{name} is {getattr(args, name)}; it must be from 1 to 1000")
    folder = args.picture.absolute().parent
    if not folder.is_dir() or not cv2.haveImageWriter(str(args.picture)):
        raise CalibrateError(f"--picture {args.picture}: it must end in .png or .jpg and lie in a folder that is there")
    with stop_signals() as stop:
        try:
            start_ros(["--ros-args", "-r", f"__ns:=/{args.namespace.strip('/')}"] if args.namespace else None)
            result, view = _calibrate(args, stop)
        finally:
            rclpy.try_shutdown()
    print(result.message)
    if not result.success:
        return 1
    _show(Path(result.file), args.picture, view)
    return 0


def _calibrate(args: argparse.Namespace, stop: StopFlag) -> tuple[Calibrate.Result, np.ndarray | None]:
    """Send the goal and see it through; the result, and what the camera sees afterwards, None if it says nothing. Raises CalibrateError."""
    import rclpy
    from rclpy.action import ActionClient
    from rclpy.node import Node
    from sensor_msgs.msg import CompressedImage, Image
    from theylive_msgs.action import Calibrate
    from theylive_msgs.msg import LaserState

    from theylive_ros.nodes import conversions, qos

    node = Node("calibrate")
    client = ActionClient(node, Calibrate, "calibrate")
    standing_against = set(_NOT_YET)

    def on_laser(state: LaserState) -> None:
        nonlocal standing_against
        standing_against = _NOT_YET & set(state.reasons)

    node.create_subscription(LaserState, "laser", on_laser, qos.STATE)
    bar = _Bar()

    def spin_until(holds: Callable[[], bool], seconds: float = math.inf) -> bool:
        """Whether it came to hold, before the time was over and before Ctrl-C; the latter counts where there is no time."""
        end = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > end or (stop.is_set() and seconds == math.inf):
                return False
            rclpy.spin_once(node, timeout_sec=0.05)
        return True

    try:
        spin_until(lambda: client.server_is_ready() and not standing_against, args.wait)
        if not client.server_is_ready():  # all else the calibrator knows better
            raise CalibrateError(
                "no calibrator answers: start the nodes (theylive run), or name their --namespace; is ROS_DOMAIN_ID theirs?"
            )
        goal = Calibrate.Goal(columns=args.columns, rows=args.rows, file=str(args.file.absolute()) if args.file else "")
        sent = client.send_goal_async(goal, lambda message: bar.show(message.feedback))
        if not spin_until(sent.done, _PATIENCE) or not sent.result().accepted:
            raise CalibrateError("the calibrator does not take the goal: see its log")
        handle = sent.result()
        result = handle.get_result_async()

        def over() -> bool:
            return result.done() or not client.server_is_ready()

        if not spin_until(over):
            bar.end()
            print("calibrate: cancelling", file=sys.stderr)
            handle.cancel_goal_async()
            spin_until(over, _PATIENCE)
        if not result.done():
            raise CalibrateError("the calibrator is gone; without its orders the mirrors are dark, and the old calibration is as it was")
        views: list[np.ndarray] = []

        def on_picture(message: Image | CompressedImage) -> None:
            if not views and (picture := conversions.picture_of(message)) is not None:
                views.append(picture)

        if result.result().result.success:
            for kind, topic in ((CompressedImage, "image_raw/compressed"), (Image, "image_raw")):
                node.create_subscription(kind, topic, on_picture, qos.IMAGE)
            spin_until(lambda: bool(views), _VIEW_PATIENCE)
        return result.result().result, views[0] if views else None
    finally:
        bar.end()
        client.destroy()
        node.destroy_node()


def _show(file: Path, picture: Path, view: np.ndarray | None) -> None:
    """Draw the residuals over what the camera sees, where the file is within reach: the calibrator may run on another machine."""
    try:
        calibration = load(file)
    except CalibrationError as error:
        print(f"calibrate: no picture of the residuals, for the file is not to be read here ({error})", file=sys.stderr)
        return
    print(_table(calibration))
    if not cv2.imwrite(str(picture), residuals(calibration, view)):
        raise CalibrateError(f"cannot write {picture}")
    print(f"\nfile {file}   picture {picture}")


def _table(calibration: Calibration) -> str:
    """The calibration in a few lines for a person."""
    c = calibration
    share = 100 * abs(plane.area(c.field)) / (c.width * c.height)
    rows = [
        ("places", f"{len(c.points)} seen and believed, {c.rejected} rejected"),
        ("residual, cross-validated", f"{c.rms_px:.2f} px RMS, {1e3 * c.p95_m:.2f} mm p95"),
        ("field of aim", f"{share:.0f} % of the picture of {c.width}x{c.height} px"),
        ("limits", f"x {c.limits[0][0]} to {c.limits[0][1]}, y {c.limits[1][0]} to {c.limits[1][1]} microsteps"),
        ("mirrors' rest", f"x {c.rest[0]:.1f}, y {c.rest[1]:.1f} microsteps"),
    ]
    return "\n".join(f"{name:<28}{words}" for name, words in rows)


class _Bar:
    """How far it is: a bar on a terminal, a line every few seconds elsewhere."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._open = False  # the bar's line is not ended yet
        self._next = -math.inf

    def show(self, feedback: Calibrate.Feedback) -> None:
        """Renew it."""
        words = f"{feedback.stage:<6} {feedback.found} of {feedback.tried} places"
        if math.isfinite(feedback.residual):
            words += f", residual {feedback.residual:.2f} px"
        if self._live:
            filled = round(30 * min(1.0, feedback.progress))
            sys.stderr.write(f"\r\x1b[K[{'#' * filled}{'.' * (30 - filled)}] {100 * feedback.progress:3.0f} %  {words}")
            sys.stderr.flush()
            self._open = True
        elif time.monotonic() >= self._next:
            self._next = time.monotonic() + _LINE_EVERY
            print(f"calibrate: {100 * feedback.progress:.0f} %  {words}", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leave it behind."""
        if self._open:
            sys.stderr.write("\n")
        self._open = False
