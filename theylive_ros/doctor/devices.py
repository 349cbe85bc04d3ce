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

"""Checks of what the rig is made of: Coral, camera, and what drives motors and laser: GPIO, PWM, a microcontroller on a serial port."""

from __future__ import annotations

import fcntl
import os
import platform
import struct
from collections.abc import Callable
from pathlib import Path

from theylive_ros.camera import v4l2_query
from theylive_ros.camera.interface import CameraError
from theylive_ros.doctor import child
from theylive_ros.doctor.finding import RIG, SET_UP, Finding, rig_lacks, split_cure, well

_CHIP_INFO = 0x8044B401  # GPIO_GET_CHIPINFO_IOCTL: name[32], label[32], lines
_GPIO_KERNEL = (5, 10)
_USB3 = 5000  # Mbit/s

# As in detector/edgetpu.py, which is not imported: the doctor must work where NumPy does not.
_CORAL = {("1a6e", "089a"), ("18d1", "9302")}
_PROBE = """
from theylive_ros.detector.edgetpu import probe_edgetpu
result = probe_edgetpu()
print(result.message) if result.ok else exit(result.message)
"""

_LINES = """
import glob
from theylive_ros.controller.lines import chip
from theylive_ros.controller.lines.interface import LinesError
from theylive_ros.doctor.lines import free_lines
try:
    print(free_lines(chip.import_gpiod(), sorted(glob.glob("/dev/gpiochip*"))))
except LinesError as error:
    raise SystemExit(str(error))
"""
_SERIAL = """
try:
    import serial
    print(serial.__version__)
except ImportError:
    raise SystemExit("pyserial is missing: pip install pyserial")
"""

Ask = Callable[[str], tuple[bool, str]]
ProbeTpu = Callable[[], tuple[bool, str]]


def probe_tpu() -> tuple[bool, str]:
    """Whether an Edge TPU answers, and how it is reached or what is wrong and how to mend it."""
    return child.ask(_PROBE)


def check_devices(
    root: Path, probe: ProbeTpu = probe_tpu, query: Callable[[str], v4l2_query.Camera] = v4l2_query.query, ask: Ask = child.ask
) -> list[Finding]:
    """All of them, in the order of a report. root: the folder that holds sys and dev, "/" but in tests. ask: runs Python elsewhere."""
    return [*check_coral(root, probe), *check_cameras(root, query), *check_gpio(root, ask), *check_pwm(root), *check_serial(root, ask)]


def check_coral(root: Path, probe: ProbeTpu = probe_tpu) -> list[Finding]:
    """The Coral on USB, and whether its library reaches it."""
    on_usb = [_check_coral_device(root, device) for device in sorted((root / "sys/bus/usb/devices").glob("*")) if _ids(device) in _CORAL]
    findings = on_usb or [rig_lacks("Coral", "none on USB", "plug the Coral USB Accelerator in; models run on the CPU without it")]
    good, said = probe()
    if good:
        return [*findings, well("libedgetpu", said, RIG)]
    return [*findings, rig_lacks("libedgetpu", *split_cure(said, "mend what fails above"))]


def check_cameras(root: Path, query: Callable[[str], v4l2_query.Camera] = v4l2_query.query) -> list[Finding]:
    """Each node that gives pictures, or why it does not."""
    findings = []
    for entry in sorted((root / "sys/class/video4linux").glob("video*"), key=lambda p: (len(p.name), p.name)):
        node = root / "dev" / entry.name
        try:
            camera = query(str(node))
        except CameraError as error:
            if "gives no pictures" not in str(error):  # the metadata node that every USB camera has beside the other
                detail, _, cure = str(error).partition(": ")
                findings.append(rig_lacks("camera", f"{entry.name} ({_read(entry / 'name')}): {detail}", cure))
            continue
        modes = v4l2_query.describe(camera.modes, 3)
        findings.append(well("camera", f"{entry.name}: {camera.name}" + (f"; {modes}" if modes else ""), RIG))
    return findings or [rig_lacks("camera", "none", "plug a USB camera in; `--camera images` and `--camera video` do without")]


def check_gpio(root: Path, ask: Ask = child.ask) -> list[Finding]:
    """Each GPIO chip by its label, because its number changes from boot to boot, and whether the default wiring's lines are to be had."""
    findings = [_check_chip(chip) for chip in sorted((root / "dev").glob("gpiochip*"))]
    if not findings:
        return [
            rig_lacks("GPIO", "no chip in /dev", "motors and laser need a board with GPIO, or a microcontroller; the simulator does not")
        ]
    release = platform.release()
    numbers = tuple(int(n) for n in release.split("-")[0].split(".")[:2] if n.isdecimal())
    if numbers < _GPIO_KERNEL:
        findings.append(
            rig_lacks("GPIO", f"kernel {release} is too old", "the GPIO lines need Linux 5.10: use an image with a newer kernel")
        )
    good, said = ask(_LINES)
    findings.append(well("GPIO lines", said, RIG) if good else rig_lacks("GPIO lines", *split_cure(said, "pip install 'gpiod>=2'")))
    return findings


def check_pwm(root: Path) -> list[Finding]:
    """Each PWM chip, its number of channels, and which of them are there for the pwm lines."""
    findings = [_check_pwm_chip(chip) for chip in sorted((root / "sys/class/pwm").glob("pwmchip*"))]
    return findings or [well("PWM", "no chip in /sys/class/pwm; only rigs wired like the prototype need one", RIG)]


def check_serial(root: Path, ask: Ask = child.ask) -> list[Finding]:
    """Each port on which a microcontroller may be, and whether it may be opened."""
    ports = sorted(p for kind in ("ttyUSB*", "ttyACM*") for p in (root / "dev").glob(kind))
    if not ports:
        return [well("serial", "no port; only a microcontroller as controller needs one", RIG)]
    findings = []
    for port in ports:
        if os.access(port, os.R_OK | os.W_OK):
            findings.append(well("serial", f"/dev/{port.name}", RIG))
        else:
            findings.append(rig_lacks("serial", f"/dev/{port.name}: no permission", SET_UP))
    good, said = ask(_SERIAL)
    return findings if good else [*findings, rig_lacks("serial", *split_cure(said, "pip install pyserial"))]


def _check_pwm_chip(chip: Path) -> Finding:
    exported = sorted((p for p in chip.glob("pwm*") if p.name[3:].isdecimal()), key=lambda p: int(p.name[3:]))
    detail = f"{chip.name}: {_read(chip / 'npwm')} channels, exported: {', '.join(p.name[3:] for p in exported) or 'none'}"
    closed = [p for p in exported if not os.access(p / "enable", os.W_OK)]
    if closed or not (exported or os.access(chip / "export", os.W_OK)):
        return rig_lacks("PWM", f"{detail}; no permission", SET_UP)
    return well("PWM", detail, RIG)


def _check_coral_device(root: Path, device: Path) -> Finding:
    ids = ":".join(_ids(device))
    speed = _read(device / "speed")
    node = root / "dev/bus/usb" / f"{_number(device / 'busnum'):03d}" / f"{_number(device / 'devnum'):03d}"
    if not os.access(node, os.R_OK | os.W_OK):
        return rig_lacks("Coral", f"{ids} on USB, no permission for {node}", SET_UP)
    state = "ready" if ids == "18d1:9302" else "waits for its firmware, which the first use loads"
    slow = f", at USB 2 ({speed} Mbit/s; USB 3 is faster)" if speed.isdecimal() and int(speed) < _USB3 else ""
    return well("Coral", f"{ids} on USB, {state}{slow}", RIG)


def _check_chip(node: Path) -> Finding:
    try:
        handle = os.open(node, os.O_RDWR | os.O_CLOEXEC)
    except OSError as cause:
        return rig_lacks("GPIO", f"{node.name}: {cause.strerror}", SET_UP)
    info = bytearray(68)
    try:
        fcntl.ioctl(handle, _CHIP_INFO, info)
    except OSError as cause:
        return rig_lacks("GPIO", f"{node.name}: {cause.strerror}", "this is no GPIO chip: see docs/hardware.md")
    finally:
        os.close(handle)
    label, lines = struct.unpack_from("32sI", info, 32)
    return well("GPIO", f"{node.name}: {label.split(bytes(1))[0].decode()}, {lines} lines", RIG)


def _ids(device: Path) -> tuple[str, str]:
    return _read(device / "idVendor"), _read(device / "idProduct")


def _number(path: Path) -> int:
    said = _read(path)
    return int(said) if said.isdecimal() else 0


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""
