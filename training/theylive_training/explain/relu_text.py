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

"""What ReLU costs and ReLU6 gains, as a table for a person."""

from __future__ import annotations

from collections.abc import Sequence

from theylive_training.explain.bottleneck import expected_lost
from theylive_training.explain.cost_text import aligned
from theylive_training.explain.rounding import Rounded


def table(gone: dict[int, float], rounded: Sequence[Rounded], whose: str) -> str:
    """gone: channels -> share of points lost. rounded: the layers of a net; whose: the net's and the pictures' origin."""
    spiral = [("channels", "lost", "by counting")]
    spiral += [(str(n), f"{share:.2%}", f"{expected_lost(n):.2%}") for n, share in gone.items()]
    layers = [("layer", "largest", "above 6", "ReLU step", "ReLU6 step", "ReLU error", "ReLU6 error", "ratio")]
    for r in rounded:
        ratio = f"{r.relu_error / r.relu6_error:.2f}" if r.relu6_error else "-"
        steps = f"{r.relu_step:.4f}", f"{r.relu6_step:.4f}", f"{r.relu_error:.5f}", f"{r.relu6_error:.5f}"
        layers.append((r.layer, f"{r.largest:.2f}", f"{r.clipped:.2%}", *steps, ratio))
    return "\n".join(
        [
            "Linear bottlenecks. A spiral in two dimensions is sent into n channels by a random matrix and through ReLU.",
            "A point is lost when fewer than two channels are left of it: none or one of n, where each is on or off",
            "with even chance, is (1 + n) / 2^n.",
            "Without the ReLU nothing is lost. So MobileNetV2 leaves it out where channels are few, and has it where they are many.",
            "",
            *aligned(spiral, left=0),
            "",
            "ReLU6. int8 tells 255 steps apart between 0 and the largest value of a layer; a limit of 6 keeps the step small.",
            f"Measured on {whose}, before the activation; error: root mean square of the rounding.",
            "What is above 6 is cut off, which is no error where the net was trained with it.",
            "",
            *aligned(layers, left=1),
        ]
    )
