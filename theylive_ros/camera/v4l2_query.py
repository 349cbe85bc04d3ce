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

"""Asks a Video4Linux node what it is and what it offers, before anything is opened for streaming.

OpenCV says only that a camera did not open; this says why. Numbers and layouts are those of <linux/videodev2.h>.
"""

from __future__ import annotations

import dataclasses
import errno
import fcntl
import os
import struct
from collections.abc import Callable, Iterator

from theylive_ros.camera.interface import CameraError

_QUERYCAP = 0x80685600
_ENUM_FMT = 0xC0405602
_ENUM_FRAMESIZES = 0xC02C564A
_ENUM_FRAMEINTERVALS = 0xC034564B
# struct v4l2_format is aligned as a pointer is, and its size is part of the number
_FORMAT_SIZE = 208 if struct.calcsize("P") == 8 else 204
_G_FMT = 0xC0005604 | _FORMAT_SIZE << 16
_S_FMT = 0xC0005605 | _FORMAT_SIZE << 16
_VIDEO_CAPTURE = 1
_CAP_VIDEO_CAPTURE = 0x1
_CAP_DEVICE_CAPS = 0x80000000
_DISCRETE = 1
_MANY = 64

Ioctl = Callable[[int, int, bytearray], int]


@dataclasses.dataclass(frozen=True)
class Mode:
    """One way in which a camera can stream: pixel format, size (px), rate (Hz; 0 where the driver does not say)."""

    fourcc: str
    width: int
    height: int
    fps: float

    def __str__(self) -> str:
        """For a person."""
        return f"{self.fourcc} {self.width}x{self.height}" + (f" at {self.fps:g} fps" if self.fps else "")


@dataclasses.dataclass(frozen=True)
class Camera:
    """A node that can stream: the camera's own name, its driver, and its modes (empty where the driver does not list them)."""

    name: str
    driver: str
    modes: tuple[Mode, ...]


def query(path: str, ioctl: Ioctl = fcntl.ioctl) -> Camera:
    """What the camera at a device node is. CameraError with the cure if it is missing, busy, not allowed, or no camera."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as cause:
        raise _open_error(path, cause) from cause
    try:
        card = _ask(ioctl, handle, path)
        _check_free(ioctl, handle, path)
        return dataclasses.replace(card, modes=tuple(_modes(ioctl, handle)))
    finally:
        os.close(handle)


def describe(modes: tuple[Mode, ...], most: int = 8) -> str:
    """Modes in words, for a message: the fastest of each format and size."""
    best: dict[tuple[str, int, int], Mode] = {}
    for mode in modes:
        key = (mode.fourcc, mode.width, mode.height)
        if key not in best or mode.fps > best[key].fps:
            best[key] = mode
    shown = sorted(best.values(), key=lambda m: (m.width * m.height, -m.fps))
    more = f" and {len(shown) - most} more" if len(shown) > most else ""
    return ", ".join(map(str, shown[:most])) + more


def _open_error(path: str, cause: OSError) -> CameraError:
    if cause.errno in (errno.ENOENT, errno.ENXIO, errno.ENODEV):
        return CameraError(f"there is no camera at {path}: plug it in; `ls /dev/video*` shows those that are there")
    if cause.errno in (errno.EACCES, errno.EPERM):
        return CameraError(f"no permission for {path}: `sudo usermod -aG video $USER`, then log in again")
    if cause.errno == errno.EBUSY:
        return _busy(path)
    return CameraError(f"{path} does not open ({cause.strerror}): unplug the camera and plug it in again")


def _busy(path: str) -> CameraError:
    return CameraError(f"{path} is in use by another program: stop it (`fuser -v {path}` names it)")


def _ask(ioctl: Ioctl, handle: int, path: str) -> Camera:
    answer = bytearray(104)
    try:
        ioctl(handle, _QUERYCAP, answer)
    except OSError as cause:
        raise CameraError(f"{path} is not a camera: set `device` to a /dev/video node") from cause
    driver, card, _bus, _version, able, node = struct.unpack_from("16s32s32sIII", answer)
    # A camera has several nodes; only one of them gives pictures, the others give metadata.
    if not (node if able & _CAP_DEVICE_CAPS else able) & _CAP_VIDEO_CAPTURE:
        raise CameraError(f"{path} ({_text(card)}) gives no pictures: take the camera's other node (`v4l2-ctl --list-devices`)")
    return Camera(_text(card), _text(driver), ())


def _check_free(ioctl: Ioctl, handle: int, path: str) -> None:
    """Set the format that is set already: refused as busy while somebody else streams, without any other effect."""
    state = bytearray(_FORMAT_SIZE)
    struct.pack_into("I", state, 0, _VIDEO_CAPTURE)
    try:
        ioctl(handle, _G_FMT, state)
        ioctl(handle, _S_FMT, state)
    except OSError as cause:
        if cause.errno == errno.EBUSY:
            raise _busy(path) from cause
        if cause.errno == errno.ENODEV:
            raise CameraError(f"{path} was unplugged: plug the camera in again") from cause


def _modes(ioctl: Ioctl, handle: int) -> Iterator[Mode]:
    for answer in _each(ioctl, handle, _ENUM_FMT, 64, "II", _VIDEO_CAPTURE):
        (pixel_format,) = struct.unpack_from("I", answer, 44)
        fourcc = _text(struct.pack("I", pixel_format))
        for size in _each(ioctl, handle, _ENUM_FRAMESIZES, 44, "II", pixel_format):
            kind, a, b, _, c, d = struct.unpack_from("6I", size, 8)
            if kind == _DISCRETE:
                yield from _rates(ioctl, handle, pixel_format, fourcc, a, b)
            else:  # from a least to a greatest size, by steps: the two ends will do for a message
                yield Mode(fourcc, a, c, 0.0)
                yield Mode(fourcc, b, d, 0.0)


def _rates(ioctl: Ioctl, handle: int, pixel_format: int, fourcc: str, width: int, height: int) -> Iterator[Mode]:
    listed = False
    for answer in _each(ioctl, handle, _ENUM_FRAMEINTERVALS, 52, "IIII", pixel_format, width, height):
        kind, numerator, denominator = struct.unpack_from("III", answer, 16)
        listed = True
        yield Mode(fourcc, width, height, denominator / numerator if numerator else 0.0)
        if kind != _DISCRETE:  # a range, given whole by the first answer: its shortest interval is what counts
            return
    if not listed:
        yield Mode(fourcc, width, height, 0.0)


def _each(ioctl: Ioctl, handle: int, number: int, size: int, layout: str, *question: int) -> Iterator[bytearray]:
    """Answers of an enumerating ioctl for index 0, 1, ... until it refuses."""
    for index in range(_MANY):
        answer = bytearray(size)
        struct.pack_into(layout, answer, 0, index, *question)
        try:
            ioctl(handle, number, answer)
        except OSError:
            return
        yield answer


def _text(raw: bytes) -> str:
    return raw.split(b"\0")[0].decode("ascii", "replace").strip()
