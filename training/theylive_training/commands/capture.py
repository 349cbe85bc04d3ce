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

"""Take labelled pictures with a camera: DIR/capture_YYYYMMDD_HHMMSS.jpg, and a row for each head in DIR/labels.csv.

  capture click --out DIR                             a window: click on the heads, space saves
  capture burst --out DIR --label alien --centre 112 112 --count 20 --interval 0.5
  capture burst --out DIR --label background --count 50

A row is name,centre_x,centre_y,class (0 alien, 1 john, 2 background; px of the picture). Pictures are added to what a folder holds;
nothing in it is overwritten, and a crash loses at most the picture in hand. 'capture click --help' and 'capture burst --help' say more.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from theylive_training.arguments import number, place, positive
from theylive_training.errors import TrainingError

if TYPE_CHECKING:
    from theylive_training.capture.album import Album
    from theylive_training.capture.feed import Feed
    from theylive_training.capture.proposals import Proposer
    from theylive_training.capture.shot import Crop

_CLASSES = ("alien", "john", "background")
_CAMERA = """
cameras:
  v4l2       a USB camera (--set device=/dev/video2 width=640 height=480 fps=30)
  images     a folder, a glob or a file of pictures, one after the other (--set path=shots/)
  video      a file (--set path=board.mp4)
  simulator  a simulated rig, without any hardware (--set scenario=crowd seed=3)
  or one that you installed. A wrong --set lists what the camera takes.
"""
_CLICK = """
In the window:
  left click       takes a fresh picture, and sets the centre of a head; further clicks add heads, a click on a head corrects it
  drag, arrows     move the head that was set last
  space            saves the picture with its heads (chosen class background: the empty board)
  right click, u   undoes the last thing; with nothing in hand, takes the last saved picture back into hand
  0 1 2, a j b     the class of what is marked next: alien, john, background
  n                drops the picture in hand; of a folder, shows the next picture
  q, Esc           quits; a picture in hand is not saved
Only the bright square is saved (--crop). With --auto a model's proposals are dashed: space accepts and saves them, a left click on
one corrects it (centre and class), a right click on one removes it.
"""
_BURST = """
With --auto the centre is that of the one head which a model finds; a frame in which it finds none, several, or another class is
refused, and said. Exit status 1: fewer pictures than --count were saved.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    modes = parser.add_subparsers(dest="mode", required=True, metavar="burst|click")
    ways = argparse.RawDescriptionHelpFormatter
    burst = modes.add_parser(
        "burst",
        help="pictures of one class at an interval",
        description="Pictures of one class at an interval.",
        epilog=_BURST + _CAMERA,
        formatter_class=ways,
    )
    burst.add_argument("--label", choices=_CLASSES, required=True, help="what all the pictures show")
    burst.add_argument("--centre", type=number(), nargs=2, metavar=("X", "Y"), help="where the head is (px of the picture that is saved)")
    burst.add_argument("--count", type=positive, default=10, metavar="N", help="how many (default: %(default)s)")
    burst.add_argument("--interval", type=number(0), default=0.5, metavar="S", help="from one to the next (s; default: %(default)s)")
    click = modes.add_parser(
        "click",
        help="a window in which heads are clicked",
        description="A window in which heads are clicked.",
        epilog=_CLICK + _CAMERA,
        formatter_class=ways,
    )
    click.add_argument("--label", choices=_CLASSES, default="alien", help="class that is chosen at first (default: %(default)s)")
    for mode in (burst, click):
        mode.add_argument("--out", type=place, required=True, metavar="DIR", help="folder of the pictures and labels.csv, made if needed")
        mode.add_argument("--camera", default="v4l2", metavar="PLUGIN", help="v4l2 (default), images, video, simulator, ...")
        mode.add_argument(
            "--set", nargs="+", action="extend", default=[], metavar="KEY=VALUE", dest="settings", help="settings of the camera"
        )
        mode.add_argument(
            "--crop",
            nargs="+",
            default=["0", "0", "224"],
            metavar=("none|X", "Y SIDE"),
            help="square of the frame that is saved (px; default: 0 0 224, as in the public set); none: the whole frame, a JPEG as it came",
        )
        mode.add_argument("--auto", action="store_true", help="a model proposes the heads")
        mode.add_argument(
            "--model", metavar="FILE", help="model for --auto: a file with its manifest, or a shipped one (default: the robot's)"
        )


def run(args: argparse.Namespace) -> int:
    """Capture. 1: fewer pictures than asked for. Raises TrainingError, and errors of the camera and the detector."""
    crop = crop_of(args.crop)
    if args.model and not args.auto:
        raise TrainingError("--model is the one that proposes heads: give --auto with it")
    return (_burst if args.mode == "burst" else _click)(args, crop)


def crop_of(words: list[str]) -> Crop | None:
    """The value of --crop. Raises TrainingError."""
    from theylive_training.capture.shot import Crop

    if words == ["none"]:
        return None
    try:
        crop = Crop(*map(int, words))
    except (TypeError, ValueError):
        crop = Crop(-1, -1, -1)
    if crop.x < 0 or crop.y < 0 or crop.side < 16:
        raise TrainingError(f"--crop {' '.join(words)} is no square: give X Y SIDE in whole px, at least 0 0 16, or none")
    return crop


def _burst(args: argparse.Namespace, crop: Crop | None) -> int:
    from tqdm import tqdm

    from theylive_ros.camera.interface import EndOfStream
    from theylive_training.capture import burst

    is_empty = args.label == "background"
    if args.centre and (is_empty or args.auto):
        raise TrainingError(f"--centre does not go with {'background' if is_empty else '--auto'}: leave it out")
    if not (args.centre or is_empty or args.auto):
        raise TrainingError(f"where is the {args.label}? give --centre X Y, or --auto for a model to find it")
    plan = burst.Burst(_CLASSES.index(args.label), args.count, args.interval, crop, tuple(args.centre) if args.centre else None)
    saved, ended = 0, ""
    with _opened(args) as (feed, propose):
        burst.check_first(plan, feed)
        with _album(args) as album, tqdm(total=args.count, unit="picture", disable=not sys.stderr.isatty()) as bar:
            try:
                for number, why in enumerate(burst.take(plan, feed, album, propose), 1):
                    saved += not why
                    bar.update()
                    if why:
                        bar.write(f"frame {number} refused: {why}", file=sys.stderr)
            except EndOfStream as end:
                ended = f"; there were no more: {end}"
            finally:
                bar.close()
                print(f"{saved} of {args.count} pictures saved to {args.out} as {args.label}{ended}")
    return int(saved < args.count)


def _click(args: argparse.Namespace, crop: Crop | None) -> int:
    from theylive_training.capture import window
    from theylive_training.capture.desk import Desk
    from theylive_training.capture.stage import Stage

    root = window.open_root()  # before the camera: without a display there is nothing to be opened
    with _opened(args) as (feed, propose):
        stage = Stage(feed, crop, propose)
        with _album(args) as album:
            desk = Desk(album, stage.take, propose, _CLASSES.index(args.label))
            try:
                window.Window(root, stage, desk, crop, lambda: album.counts).run()
            finally:
                if desk.shot is not None:
                    print("theylive-train capture: the picture in hand was not saved", file=sys.stderr)
                counts = ", ".join(f"{n} {name}" for name, n in album.counts.items())
                print(f"saved to {args.out}: {desk.pictures} pictures; with those before it holds {counts}")
    return 0


@contextlib.contextmanager
def _opened(args: argparse.Namespace) -> Iterator[tuple[Feed, Proposer | None]]:
    """The camera, and the model where one is asked for."""
    from theylive_training.capture import source
    from theylive_training.capture.album import check
    from theylive_training.capture.feed import Feed
    from theylive_training.capture.proposals import Proposer

    check(args.out)
    camera = source.make(args.camera, args.settings)
    with contextlib.ExitStack() as stack:
        propose = stack.enter_context(contextlib.closing(Proposer(args.model))) if args.auto else None
        yield stack.enter_context(contextlib.closing(Feed(camera))), propose


def _album(args: argparse.Namespace) -> contextlib.closing[Album]:
    from theylive_training.capture.album import Album

    return contextlib.closing(Album(args.out, lambda words: print(f"theylive-train capture: {words}", file=sys.stderr)))
