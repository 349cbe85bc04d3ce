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

"""The Coral Edge TPU: is it there, does it work with this runtime, and a model opened on it.

Some pairs of libedgetpu and TFLite runtime crash the process that loads them. So `probe_edgetpu` tries in a process of its own, and
`open_on_edgetpu` loads nothing that the probe did not survive.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from theylive_ros.detector import tflite
from theylive_ros.detector.interface import DetectorError

LIBRARY = "libedgetpu.so.1"
USB_IDS = {("1a6e", "089a"), ("18d1", "9302")}  # a Coral USB Accelerator before and after its firmware is loaded
PROBE_TIMEOUT = 30.0  # s; loading the firmware makes the Coral leave the bus and come back, which takes seconds


@dataclasses.dataclass(frozen=True)
class ProbeResult:
    """ok: an Edge TPU answered. message: one line, how it is reached or what is wrong and how to mend it."""

    ok: bool
    message: str


def probe_edgetpu(model: Path | None = None, library: str | None = None, timeout: float = PROBE_TIMEOUT) -> ProbeResult:
    """Load the delegate in a process of its own and, given a compiled model, run it there once.

    library: the delegate's file, LIBRARY if None; timeout: s.
    """
    command = [sys.executable, "-m", __name__, library or LIBRARY, *([str(model)] if model else [])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    try:
        child = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        return ProbeResult(False, f"the Edge TPU does not answer within {timeout:g} s: unplug the Coral and plug it in again")
    if child.returncode < 0:
        name = signal.Signals(-child.returncode).name
        return ProbeResult(False, f"{library or LIBRARY} crashes this TFLite runtime ({name}): install the pair that docs/models.md names")
    try:
        answer = json.loads(child.stdout.splitlines()[-1])
        return ProbeResult(bool(answer["ok"]), str(answer["message"]))
    except (IndexError, KeyError, ValueError):
        error = (child.stderr.strip().splitlines() or [f"exit code {child.returncode}"])[-1]
        return ProbeResult(False, f"the probe of the Edge TPU failed: {error}; run `theylive doctor`")


def open_on_edgetpu(path: Path, library: str | None = None) -> tflite.Model:
    """Open a compiled model on the first Edge TPU, after a probe. Raises DetectorError."""
    tflite.check_file(path)
    if not tflite.is_compiled(path):
        raise DetectorError(f"{path.name} is not compiled for the Edge TPU: run `edgetpu_compiler {path.name}`, or use device cpu")
    result = probe_edgetpu(path, library)
    if not result.ok:
        raise DetectorError(result.message)
    return _open(path, library or LIBRARY)


def coral_on_usb(devices: Path = Path("/sys/bus/usb/devices")) -> str | None:
    """The USB ids of a Coral that the kernel sees ('18d1:9302'), or None."""
    for device in sorted(devices.glob("*")):
        try:
            ids = (device / "idVendor").read_text().strip(), (device / "idProduct").read_text().strip()
        except OSError:
            continue
        if ids in USB_IDS:
            return ":".join(ids)
    return None


def _open(path: Path, library: str) -> tflite.Model:
    interpreter, device = _interpreter(path, library)
    return tflite.allocate(interpreter, path, device)


def _interpreter(path: Path, library: str) -> tuple[Any, str]:
    pycoral = _pycoral()
    try:
        if pycoral:
            return pycoral.make_interpreter(str(path)), "Edge TPU, pycoral"
        runtime = tflite.find_runtime()
        delegate = _delegate(runtime, library)
        interpreter = runtime.module.Interpreter(model_path=str(path), experimental_delegates=[delegate])
        return interpreter, f"Edge TPU, {library} with {runtime}"
    except (RuntimeError, ValueError, OSError) as cause:
        raise _absent(library, cause) from cause


def _pycoral() -> Any:
    """Google's pycoral, or None; the package of that name on PyPI is another project and has no such module."""
    try:
        from pycoral.utils import edgetpu
    except ImportError:
        return None
    return edgetpu if hasattr(edgetpu, "make_interpreter") else None


def _delegate(runtime: tflite.Runtime, library: str) -> Any:
    try:
        return runtime.module.load_delegate(library)
    except (RuntimeError, ValueError, OSError) as cause:
        raise _absent(library, cause) from cause


def _absent(library: str, cause: Exception) -> DetectorError:
    detail = tflite.one_line(cause)
    if "cannot open shared object" in detail or "not found" in detail.lower():
        return DetectorError(f"{library} is not installed ({detail}): install libedgetpu1-std, or run the uncompiled model with device cpu")
    coral = coral_on_usb()
    if coral:
        return DetectorError(
            f"the Coral on USB ({coral}) cannot be opened ({detail}): stop what else uses it, and give your user the group plugdev"
        )
    return DetectorError(f"no Edge TPU answers ({detail}): plug the Coral in, or run the uncompiled model with device cpu")


def _probe(library: str, model: str | None) -> ProbeResult:
    try:
        if model:
            opened = _open(Path(model), library)
            opened.run(np.zeros(opened.inputs[0].shape, opened.inputs[0].dtype))
            return ProbeResult(True, opened.device)
        pycoral = _pycoral()
        if pycoral:
            found = pycoral.list_edge_tpus()
            if not found:
                raise _absent(library, RuntimeError("pycoral lists none"))
            return ProbeResult(True, f"Edge TPU, pycoral, {len(found)} found")
        runtime = tflite.find_runtime()
        _delegate(runtime, library)
        return ProbeResult(True, f"Edge TPU, {library} with {runtime}")
    except DetectorError as error:
        return ProbeResult(False, str(error))


if __name__ == "__main__":
    print(json.dumps(dataclasses.asdict(_probe(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None))))
