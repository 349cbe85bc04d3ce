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

"""Find heads in pictures. PATH is a picture, a folder of pictures, or a quoted glob ('pictures/**/*.jpg')."""

from __future__ import annotations

import argparse
import glob
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from theylive_ros import plugins
from theylive_ros.detector.fit import FITS
from theylive_ros.detector.interface import Detector, DetectorError
from theylive_ros.detector.network import DEVICES
from theylive_ros.types import Detections

PICTURES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".ppm", ".pgm", ".tif", ".tiff")
_COLOURS = ((60, 110, 255), (90, 200, 60), (220, 160, 40), (60, 220, 220), (200, 80, 200))  # BGR, one for each label


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="pictures, folders of pictures, globs")
    parser.add_argument("--model", help="model file, or the name of a shipped one (default: the detector's own)")
    parser.add_argument("--detector", default="yolov8", metavar="NAME", help="detector plugin (default: %(default)s)")
    parser.add_argument("--device", choices=DEVICES, help="where the model runs (default: an Edge TPU that is there, else the CPU)")
    parser.add_argument(
        "--threshold", type=float, metavar="T", help="least score of a head that is reported, 0..1 (default: the detector's)"
    )
    parser.add_argument("--fit", choices=FITS, help="how a picture becomes the network's input (default: the model's)")
    parser.add_argument(
        "--require", metavar="LABELS", help="labels that the model must name, e.g. alien,john; '' accepts any (default: the detector's)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line: file, width, height, inference_ms, detections")
    parser.add_argument("--draw", type=Path, metavar="DIR", help="write copies with the heads framed into this folder")


def run(args: argparse.Namespace) -> int:
    """Detect and print; 0 when all was done, 2 when a picture could not be read or none was found. Raises DetectorError, PluginError."""
    files, missing = find_pictures(args.paths)
    for path in missing:
        print(f"theylive detect: no picture at {path}: give a picture, a folder that holds some, or a quoted glob", file=sys.stderr)
    if not files:
        return 2
    if args.draw:
        _make_folder(args.draw)
        _spare_originals(args.draw, files)
    detector = _detector(args)
    detector.load()
    try:
        broken = _all(detector, files, args)
    finally:
        detector.close()
    return 2 if missing or broken else 0


def find_pictures(paths: list[str]) -> tuple[list[Path], list[str]]:
    """All pictures at files, folders (not below) and globs, each once, in order; and the paths that hold none."""
    found: dict[Path, None] = {}
    missing = []
    for path in paths:
        given = Path(path)
        if given.is_dir():
            here = sorted(p for p in given.iterdir() if p.suffix.lower() in PICTURES and p.is_file())
        elif given.exists():
            here = [given]
        else:
            here = sorted(p for p in map(Path, glob.glob(path, recursive=True)) if p.suffix.lower() in PICTURES and p.is_file())
        found.update(dict.fromkeys(here))
        if not here:
            missing.append(path)
    return list(found), missing


def read_picture(path: Path) -> np.ndarray | None:
    """A picture as uint8 BGR, or None if it is none that can be read."""
    try:
        data = np.fromfile(path, np.uint8)  # cv2.imread would complain on stderr by itself
        return cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    except (OSError, cv2.error):
        return None


def to_json(file: Path, found: Detections) -> dict[str, object]:
    """One line of `--json`: x, y the box's centre, px of the picture."""
    return {
        "file": str(file),
        "width": found.width,
        "height": found.height,
        "inference_ms": round(found.inference_time * 1e3, 3),
        "detections": [
            {
                "label": d.label,
                "score": round(d.score, 4),
                "x": round(d.x, 2),
                "y": round(d.y, 2),
                "width": round(d.width, 2),
                "height": round(d.height, 2),
            }
            for d in found.items
        ],
    }


def draw(image: np.ndarray, found: Detections) -> np.ndarray:
    """A copy of the picture with each head framed, its centre marked and its label and score beside it."""
    canvas = image.copy()
    for d in found.items:
        colour = _COLOURS[found.labels.index(d.label) % len(_COLOURS)]
        left, top = round(d.x - d.width / 2), round(d.y - d.height / 2)
        cv2.rectangle(canvas, (left, top), (round(d.x + d.width / 2), round(d.y + d.height / 2)), colour, 1, cv2.LINE_AA)
        cv2.drawMarker(canvas, (round(d.x), round(d.y)), colour, cv2.MARKER_CROSS, 7)
        words = f"{d.label} {d.score:.2f}"
        cv2.putText(canvas, words, (max(left, 0) + 2, max(top, 0) + 11), cv2.FONT_HERSHEY_SIMPLEX, 0.38, colour, 1, cv2.LINE_AA)
    return canvas


def _detector(args: argparse.Namespace) -> Detector:
    values = {"model": args.model, "device": args.device, "score_threshold": args.threshold, "fit": args.fit}
    given = {name: value for name, value in values.items() if value is not None}
    if args.require is not None:
        given["required_labels"] = [label.strip() for label in args.require.split(",") if label.strip()]
    return plugins.create(plugins.DETECTORS, args.detector, **given)


def _all(detector: Detector, files: list[Path], args: argparse.Namespace) -> int:
    """Detect in every file; the number of those that could not be read."""
    wide = max(len(str(file)) for file in files)
    heads: Counter[str] = Counter()
    times, empty, broken = [], 0, 0
    names = _free_names(files)
    for file in _progress(files):
        image = read_picture(file)
        if image is None:
            broken += 1
            print(f"theylive detect: {file} is no picture that can be read: copy it again or leave it out", file=sys.stderr)
            continue
        found = detector.detect(image)
        times.append(found.inference_time * 1e3)
        heads.update(d.label for d in found.items)
        empty += not found.items
        print(json.dumps(to_json(file, found)) if args.json else _row(file, wide, found), flush=args.json)
        if args.draw and not cv2.imwrite(str(args.draw / names[file]), draw(image, found)):
            raise DetectorError(f"{args.draw / names[file]} cannot be written: give --draw a folder of your own with room")
    if not args.json and times:
        counts = ", ".join(f"{n} {label}" for label, n in sorted(heads.items())) or "no head"
        print(f"\n{len(times)} pictures: {counts}; {empty} without a head. {detector.device}")
        print("picture to detections: p50 {:.2f} ms, p95 {:.2f} ms".format(*np.percentile(times, (50, 95))))
    return broken


def _row(file: Path, wide: int, found: Detections) -> str:
    heads = "; ".join(f"{d.label} {d.score:.2f} at ({d.x:.1f}, {d.y:.1f}) {d.width:.0f}x{d.height:.0f}" for d in found.items)
    return f"{file!s:<{wide}}  {found.width}x{found.height}  {found.inference_time * 1e3:6.2f} ms  {heads or '-'}"


def _progress(files: list[Path]) -> Iterator[Path]:
    """The files one by one; a terminal on stderr shows how far it is, unless the results go to the same screen."""
    shown = sys.stderr.isatty() and not sys.stdout.isatty()
    for number, file in enumerate(files, 1):
        yield file
        if shown:
            print(f"\r{number}/{len(files)} pictures", end="", file=sys.stderr, flush=True)
    if shown:
        print(file=sys.stderr)


def _free_names(files: list[Path]) -> dict[Path, str]:
    """A file name for each drawn copy; where two pictures share one, their folders' names set them apart."""
    shared = Counter(file.name for file in files)
    names: dict[Path, str] = {}
    for file in files:
        name = file.name if shared[file.name] == 1 else "_".join(p for p in file.parts if p not in ("/", "..", "."))
        names[file] = name if Path(name).suffix.lower() in PICTURES else f"{name}.png"
    return names


def _spare_originals(folder: Path, files: list[Path]) -> None:
    originals = {file.resolve() for file in files}
    for name in _free_names(files).values():
        if (folder / name).resolve() in originals:
            raise DetectorError(f"--draw {folder} would overwrite the picture {folder / name}: give it a folder of its own")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as cause:
        raise DetectorError(f"folder {folder} cannot be made ({cause.strerror}): give --draw a folder of your own") from cause
