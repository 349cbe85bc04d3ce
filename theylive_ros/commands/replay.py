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

"""Run detector and selector over a recording: no ROS, no waiting, to the bit the same each time.

  theylive replay monday                                   compares with what was recorded in monday
  theylive replay monday --model better --report new.json  another model
  theylive replay monday --against new.json                compares with an earlier replay, or with another recording

The settings are those that were recorded; without any, those of config/rig.yaml. Frames that the run which it is compared with has
skipped are skipped here, too, so that the selector remembers the same. Exit status 1 when something differs by more than the tolerance.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from theylive_ros.bags.compare import Comparison, Tally, Tolerance
from theylive_ros.bags.errors import BagError
from theylive_ros.bags.frames import RecordedFrame, Sources, find_sources
from theylive_ros.bags.others import Others, load_others
from theylive_ros.bags.reader import BagReader
from theylive_ros.bags.replay import Replay
from theylive_ros.bags.report import ReportFile
from theylive_ros.bags.results import Digest, to_row
from theylive_ros.bags.stages import Values, make_detector, make_selection, read_parameters, recorded_parameters
from theylive_ros.detector.network import DEVICES
from theylive_ros.share import share_path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("bag", type=Path, metavar="BAG", help="folder of a recording, or one of its files")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write all results, and the comparison, as JSON")
    parser.add_argument("--against", type=Path, metavar="FILE|BAG", help="compare with this report or recording (default: with BAG itself)")
    parser.add_argument("--params-file", type=Path, metavar="FILE", help="parameters of detector and selector instead of the recorded ones")
    parser.add_argument("--model", help="model file, or the name of one in the package's models folder")
    parser.add_argument("--detector", metavar="PLUGIN", help="detector plugin")
    parser.add_argument("--device", choices=DEVICES, help="where the model runs")
    parser.add_argument("--selector", metavar="PLUGIN", help="selection policy")
    parser.add_argument("--image", metavar="TOPIC", default="", help="topic of the pictures, where there are several cameras")
    parser.add_argument("--all", action="store_true", help="every frame, also those that the other run skipped")
    parser.add_argument("--tolerance-px", type=float, default=Tolerance.px, metavar="PX", help="default: %(default)s")
    parser.add_argument("--tolerance-score", type=float, default=Tolerance.score, metavar="S", help="default: %(default)s")
    parser.add_argument("--quiet", action="store_true", help="no progress and no summary")


def run(args: argparse.Namespace) -> int:
    """Replay and compare; 0, 1 when something differs. Raises BagError, DetectorError, PluginError."""
    if not (args.tolerance_px >= 0 and args.tolerance_score >= 0):
        raise BagError("--tolerance-px and --tolerance-score must be 0 or more")
    with _tidy_end(), BagReader(args.bag) as reader:
        sources = find_sources(reader, args.image)
        settings = _settings(reader, args)
        others = load_others(args.against) if args.against else None
        select = partial(make_selection, settings["selector"])
        select()  # what is wrong in the settings is said before a model is loaded
        detector = make_detector(settings["detector"]) if sources.picture else None
        try:
            if detector is not None:
                detector.load()
            replay = Replay(reader, sources, detector, select, _wanted(args, others, sources), _silent(args, others, sources))
            with ReportFile(args.report) if args.report else contextlib.nullcontext() as file:
                report = _replay(reader, replay, others, file, args)
                device = detector.device if detector is not None else None
                told = args.params_file or recorded_parameters(reader.custom)
                report |= {"detector": device, "settings": settings, "settings_told": bool(told), "damage": reader.damage}
                if file is not None:
                    file.finish(report)
        finally:
            if detector is not None:
                detector.close()
    if not args.quiet:
        _tell(report, args)
    return 0 if report["comparison"]["same"] else 1


def _replay(reader: BagReader, replay: Replay, others: Others | None, file: ReportFile | None, args: argparse.Namespace) -> dict[str, Any]:
    """Go through all frames; everything that is known then."""
    comparison, digest = Comparison(Tolerance(args.tolerance_px, args.tolerance_score)), Digest()
    frames, unheard, begin = 0, [], time.monotonic()
    first = last = 0
    with _Progress(reader, args.quiet) as progress:
        for frame in replay:
            recorded = frame.recorded_detections, frame.recorded_target
            theirs = recorded if others is None else others.words.get(frame.stamp, (None, None))
            comparison.add(frame.stamp, frame.detections, theirs[0])
            if frame.heard:
                comparison.add_target(frame.stamp, frame.target, theirs[1])
            else:
                comparison.begin_anew()
                unheard.append(frame.stamp)
            row = to_row(frame.stamp, frame.detections, frame.target)
            digest.add(row)
            if file is not None:
                file.add(row)
            frames += 1
            first, last = first or frame.stamp, frame.stamp
            progress.at(frames, frame.stamp)
    if args.against and not comparison.compared:
        raise BagError(f"{args.against} says nothing of what is in {args.bag}: give a report or a recording of the same frames")
    if not frames:
        raise BagError(f"{args.bag} holds no frame that could be replayed; 'theylive info' says what it holds")
    return {
        "bag": str(args.bag),
        "frames": frames,
        "skipped": replay.skipped,
        "unheard": unheard,
        "broken": replay.broken,
        "recorded_seconds": (last - first) / 1e9,
        "seconds": time.monotonic() - begin,
        "digest": digest.text,
        "against": str(args.against or args.bag),
        "comparison": comparison.report(),
    }


def _wanted(args: argparse.Namespace, others: Others | None, sources: Sources) -> Callable[[RecordedFrame], bool]:
    """Which frames are processed."""
    if args.all or (others is None and not (sources.detections or sources.target)):
        return lambda frame: True
    if others is not None:
        return lambda frame: frame.stamp in others.words
    return lambda frame: frame.processed


def _silent(args: argparse.Namespace, others: Others | None, sources: Sources) -> Callable[[RecordedFrame], bool]:
    """Of which of them the selector that ours is compared with says nothing."""
    if args.all or (others is None and not sources.target):
        return lambda frame: False
    if others is not None:
        return lambda frame: frame.stamp in others.silent
    return lambda frame: frame.target is None


def _settings(reader: BagReader, args: argparse.Namespace) -> dict[str, Values]:
    """Recorded, or of a file, or of config/rig.yaml; changed by the command line."""
    found = read_parameters(args.params_file) if args.params_file else recorded_parameters(reader.custom)
    if args.params_file and not found:
        raise BagError(f"{args.params_file} holds no parameters of detector or selector: it looks like config/rig.yaml")
    default = read_parameters(share_path("config", "rig.yaml")) if not args.params_file else {}
    settings = {stage: dict(found.get(stage) or default.get(stage, {})) for stage in ("detector", "selector")}
    said = {"plugin": args.detector, "detector.model": args.model, "detector.device": args.device}
    settings["detector"] |= {name: value for name, value in said.items() if value is not None}
    if args.selector is not None:
        settings["selector"]["plugin"] = args.selector
    return settings


def _tell(report: dict[str, Any], args: argparse.Namespace) -> None:
    recorded, took = report["recorded_seconds"], report["seconds"]
    print(f"{report['frames']} frames, {recorded:.1f} s of recording in {took:.1f} s ({recorded / max(took, 1e-9):.1f} times real time)")
    if report["skipped"]:
        print(f"{report['skipped']} frames were skipped by the run that it is compared with, and here")
    if report["unheard"]:
        print(f"{len(report['unheard'])} frames came while the selector of that run was not at work; here, too, it begins after them")
    if not report["settings_told"]:
        print("the recording tells no settings of detector and selector: they run with those of config/rig.yaml")
    for line in [*report["damage"], *report["broken"][:5]]:
        print(f"cannot be read: {line}")
    comparison = report["comparison"]
    for name in ("detections", "tracks", "choices"):
        print(f"{name}: {_verdict(Tally(**comparison[name]))}")
    if comparison["tracks"]["compared"] and not comparison["choices"]["compared"]:
        print("choices are compared where the selector began within the recording, or the board was empty once: not here")
    verdict = ("the same" if comparison["same"] else "NOT the same") if comparison["compared"] else "nothing to compare with"
    print(f"against {report['against']}: {verdict}; digest {report['digest'][:16]}")


def _verdict(tally: Tally) -> str:
    if not tally.compared:
        return "nothing to compare with"
    worst = f"at most {tally.worst_px:.3g} px and {tally.worst_score:.3g} of score apart"
    if not tally.differing:
        return f"{tally.compared} frames the same, {worst}"
    return f"{tally.differing} of {tally.compared} frames differ, first {tally.first}: {tally.reason}; {worst}"


@contextlib.contextmanager
def _tidy_end() -> Iterator[None]:
    """SIGTERM ends the command as Ctrl-C does: nothing half done is left. Main thread only."""

    def end(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class _Progress:
    """A line on a terminal: how far the replay is."""

    def __init__(self, reader: BagReader, quiet: bool) -> None:
        self._reader = reader
        self._live = sys.stderr.isatty() and not quiet
        self._next = 0.0

    def at(self, frames: int, stamp: int) -> None:
        """So many frames, the last captured at `stamp` (ns)."""
        if self._live and time.monotonic() >= self._next:
            self._next = time.monotonic() + 0.2
            part = (stamp - self._reader.first) / max(1, self._reader.last - self._reader.first)
            sys.stderr.write(f"\r\x1b[K{frames} frames, {min(1.0, max(0.0, part)):.0%}")
            sys.stderr.flush()

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *failure: object) -> None:
        if self._live:
            sys.stderr.write("\r\x1b[K")
