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

"""What the integers may cost a model: an int8 file held against the float net that it was made of."""

from __future__ import annotations

from typing import Any

Result = dict[str, Any]  # Measures.to_json()

# mAP50-95 and accuracy may be so much less than the float net's, aliens' centres so much further off (px); "least": below that a net
# knows too little for its int8 file to be judged
DETECTOR: dict[str, float] = {
    "map50_95_drop": 0.005,
    "johns_called_aliens_more": 0,
    "alien_centre_p50_growth_px": 0.2,
    "alien_centre_p95_growth_px": 0.4,
    "map50_least": 0.9,
}
# the one head's centre is an int8 output of its own, from 0 to 1: in steps of a 256th of 224 px, of which half is lost at p50 at worst
CLASSIFIER: dict[str, float] = {
    "accuracy_drop": 0.005,
    "johns_called_aliens_more": 0,
    "alien_centre_p50_growth_px": 0.44,
    "alien_centre_p95_growth_px": 0.88,
    "accuracy_least": 0.9,
}


def limits(of_float: Result) -> dict[str, float]:
    """What bounds the differences from this float net."""
    return DETECTOR if of_float["exhaustive"] else CLASSIFIER


def differences(of_float: Result, of_int8: Result) -> dict[str, float | None]:
    """The figures that are bounded; None where one of the two has none. Of a classifier the accuracy, of a detector the mAP."""
    least, share = ("map50", "map50_95") if of_float["exhaustive"] else ("accuracy", "accuracy")
    found: dict[str, float | None] = {
        f"{least}_least": of_int8[least],
        f"{share}_drop": _less(of_float[share], of_int8[share]),
        "johns_called_aliens_more": of_int8["john_called_alien"] - of_float["john_called_alien"],
    }
    for percentile in ("p50", "p95"):
        found[f"alien_centre_{percentile}_growth_px"] = _less(_centre(of_int8, percentile), _centre(of_float, percentile))
    return found


def failures(found: dict[str, float | None], bounds: dict[str, float]) -> list[str]:
    """The limits that a model breaks, in words. found, bounds: of `differences` and `limits`."""
    lines = []
    for name, value in found.items():
        limit = bounds[name]
        words = name.replace("_", " ")
        way = "at least" if name.endswith("_least") else "at most"
        if value is None:
            lines.append(f"{words.removesuffix(' least')} is unknown, {way} {limit:g} is needed")
        elif value < limit if way == "at least" else value > limit:
            lines.append(f"{words.removesuffix(' least')} {value:g}, {way} {limit:g} is needed")
    return lines


def _centre(result: Result, percentile: str) -> float | None:
    return (result["centre_error_px"]["alien"] or {}).get(percentile)


def _less(whole: float | None, part: float | None) -> float | None:
    return None if whole is None or part is None else round(whole - part, 4)
