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

"""What there is to compute on."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

# Threads that wait for each other would otherwise spin, at the cost of whatever else runs here. OpenMP reads it once, when torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@dataclasses.dataclass(frozen=True)
class Machine:
    """device: as torch calls it; name: for a person; threads: on the CPU; half: whether bfloat16 is faster than float32."""

    device: str
    name: str
    threads: int
    half: bool

    def __str__(self) -> str:
        """For a person."""
        threads = f", {self.threads} thread{'s' * (self.threads > 1)}" if self.device == "cpu" else ""
        return f"{self.name}{threads}, {'bfloat16' if self.half else 'float32'}"


def has_gpu(framework_is_torch: bool) -> bool:
    """Whether the framework finds a GPU that it can use."""
    if framework_is_torch:
        import torch

        return torch.cuda.is_available()
    import theylive_training.nets.mobilenetv2  # noqa: F401, I001  sets TensorFlow up
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))


def torch_machine(threads: int = 0) -> Machine:
    """The GPU where torch finds one, else the CPU with `threads`, 0 for as many as suit it."""
    import torch

    threads = threads or usual_threads()
    if torch.cuda.is_available():
        return Machine("cuda", torch.cuda.get_device_name(), threads, torch.cuda.is_bf16_supported())
    return Machine("cpu", "CPU", threads, bool({"avx512_bf16", "amx_bf16"} & _processor_features()))


def usual_threads() -> int:
    """All cores up to four; of more, half: every second one of those is often the other half of a core."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores if cores <= 4 else cores // 2


def _processor_features() -> set[str]:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return set()
    return set(next((line.partition(":")[2].split() for line in lines if line.startswith(("flags", "Features"))), ()))
