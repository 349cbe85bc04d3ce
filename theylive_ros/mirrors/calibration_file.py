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

"""The file of a calibration: YAML, written whole or not at all; read back to the same map, or refused with the cause and the cure."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import tempfile
from pathlib import Path
from typing import Any

import yaml

from theylive_ros.mirrors.calibration import Calibration, CalibrationError, Observed
from theylive_ros.mirrors.correction import Correction
from theylive_ros.mirrors.optics import Geometry

FORMAT = "theylive_ros calibration"
VERSION = 2
_CURE = "calibrate again or restore the file"
_HEAD = """\
# How this rig's pixels, board and mirrors belong together. Written by the calibration; do not edit by hand but for `field` and `limits`.
# Lengths in metres, pixels from the top left corner, rest and limits in microsteps, to_board row by row.
# points: x, y of the seen spot (px), x, y of the axes (microsteps), residual in px and in m. rms_px and p95_m are cross-validated.
"""


def load(path: str | os.PathLike[str], width: int | None = None, height: int | None = None) -> Calibration:
    """Read a calibration. width, height: the size of the pictures it will be used for. Raises CalibrationError for every defect."""
    try:
        text = Path(path).read_text(encoding="utf-8")
        data = yaml.safe_load(text)
    except FileNotFoundError:
        raise CalibrationError(f"there is no calibration {path}; calibrate the rig, or mend the path") from None
    except OSError as error:
        raise CalibrationError(f"calibration {path} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise CalibrationError(f"calibration {path} is damaged, it is no YAML; {_CURE}") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise CalibrationError(f"{path} is no calibration (its `format` is not {FORMAT!r}); {_CURE}")
    if data.get("version") != VERSION:
        raise CalibrationError(f"calibration {path} has version {data.get('version')!r}, this program reads {VERSION}; calibrate again")
    try:
        calibration = _read(data)
    except CalibrationError as error:
        raise CalibrationError(f"calibration {path}: {error}") from error
    if (width or calibration.width, height or calibration.height) != (calibration.width, calibration.height):
        made = f"{calibration.width}x{calibration.height}"
        raise CalibrationError(f"calibration {path} is for pictures of {made} px, these are {width}x{height}; calibrate at this size")
    return calibration


def save(calibration: Calibration, path: str | os.PathLike[str]) -> None:
    """Write a calibration so that the file is either the old or the new one, whole. Raises CalibrationError."""
    c = calibration
    data = {
        "format": FORMAT,
        "version": VERSION,
        "created": c.created,
        "width": c.width,
        "height": c.height,
        "to_board": list(c.to_board),
        "field": [list(p) for p in c.field],
        "limits": {"x": list(c.limits[0]), "y": list(c.limits[1])},
        "geometry": dataclasses.asdict(c.geometry),
        "rest": list(c.rest),
        "correction": {
            "centre": list(c.correction.centre),
            "reach": c.correction.reach,
            "x": list(c.correction.x),
            "y": list(c.correction.y),
        },
        "method": c.method,
        "rms_px": c.rms_px,
        "p95_m": c.p95_m,
        "rejected": c.rejected,
        "points": [list(p) for p in c.points],
    }
    path = Path(path)
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".new")
        with open(handle, "w", encoding="utf-8") as file:
            file.write(_HEAD + yaml.safe_dump(data, sort_keys=False, default_flow_style=None, width=120))
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise CalibrationError(f"calibration {path} cannot be written: {error.strerror}; mend permissions or space") from error


_KEYS = (
    *("format", "version", "created", "width", "height", "to_board", "field", "limits", "geometry"),
    *("rest", "correction", "method", "rms_px", "p95_m", "rejected", "points"),
)


def _read(data: dict[str, Any]) -> Calibration:
    missing, unknown = sorted(set(_KEYS) - set(data)), sorted(map(str, set(data) - set(_KEYS)))
    if missing or unknown:
        what = f"lacks {', '.join(missing)}" if missing else f"has unknown {', '.join(unknown)}"
        raise CalibrationError(f"it {what}; {_CURE}")
    geometry = _mapping("geometry", data["geometry"], {f.name for f in dataclasses.fields(Geometry)})
    limits = _mapping("limits", data["limits"], {"x", "y"})
    correction = _mapping("correction", data["correction"], {"centre", "reach", "x", "y"})
    return Calibration(
        width=_numbers("width", [data["width"]], int, 1)[0],
        height=_numbers("height", [data["height"]], int, 1)[0],
        to_board=_numbers("to_board", data["to_board"], float, 9),
        field=tuple(_numbers("field", point, float, 2) for point in _list("field", data["field"])),
        geometry=Geometry(**geometry),
        limits=(_numbers("limits", limits["x"], int, 2), _numbers("limits", limits["y"], int, 2)),
        rest=_numbers("rest", data["rest"], float, 2),
        correction=Correction(
            centre=_numbers("correction.centre", correction["centre"], float, 2),
            reach=_numbers("correction.reach", [correction["reach"]], float, 1)[0],
            x=_numbers("correction.x", correction["x"], float, None),
            y=_numbers("correction.y", correction["y"], float, None),
        ),
        method=str(data["method"]),
        points=tuple(Observed(*_numbers("points", point, float, 6)) for point in _list("points", data["points"])),
        rejected=_numbers("rejected", [data["rejected"]], int, 1)[0],
        rms_px=_numbers("rms_px", [data["rms_px"]], float, 1)[0],
        p95_m=_numbers("p95_m", [data["p95_m"]], float, 1)[0],
        created=str(data["created"]),
    )


def _mapping(name: str, value: Any, keys: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != keys:
        raise CalibrationError(f"`{name}` must have exactly: {', '.join(sorted(keys))}; {_CURE}")
    return value


def _list(name: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise CalibrationError(f"`{name}` is no list; {_CURE}")
    return value


def _numbers(name: str, values: Any, kind: type, count: int | None) -> Any:
    """A tuple of `count` numbers; a YAML bool or a text is none."""
    accepted = (int,) if kind is int else (int, float)
    if not isinstance(values, list) or (count is not None and len(values) != count) or not all(type(v) in accepted for v in values):
        raise CalibrationError(f"`{name}` must hold {'' if count is None else f'{count} '}numbers ({kind.__name__}); {_CURE}")
    try:
        return tuple(kind(v) for v in values)
    except OverflowError:
        raise CalibrationError(f"`{name}` holds a number too large to be true; {_CURE}") from None
