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

"""How far the found heads' centres are from the labelled ones, in pixels and on the board."""

from __future__ import annotations

import dataclasses

import numpy as np

from theylive_ros.simulator.heads import MM_PER_PX

_PERCENTILES = {"p50": 50, "p95": 95, "max": 100}


@dataclasses.dataclass(frozen=True, eq=False)
class CentreErrors:
    """offsets: (n, 2), x and y of found minus labelled (px of the picture; a pixel of the rig's camera is MM_PER_PX on its board)."""

    offsets: np.ndarray

    def to_json(self, unit: str) -> dict[str, float] | None:
        """unit: px or mm. None where no head was found. mae: mean distance; lean_x, lean_y: mean offset."""
        if not len(self.offsets):
            return None
        scale = MM_PER_PX if unit == "mm" else 1.0
        away = np.hypot(*self.offsets.T) * scale
        lean = self.offsets.mean(axis=0) * scale
        values = {"mae": away.mean(), "rmse": np.sqrt((away**2).mean())}
        values |= {name: np.percentile(away, q) for name, q in _PERCENTILES.items()}
        return {name: round(float(v), 3) for name, v in {**values, "lean_x": lean[0], "lean_y": lean[1]}.items()}
