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

"""What planner and controller say to each other: lines of ASCII text, numbered and checksummed. Grammar: docs/controller.md.

Pure: bytes in, messages out. Only integers travel: microseconds, whole microsteps, and milli-microsteps (1e-3) where parts of a
microstep matter, so that firmware needs no floating point to read a line.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from theylive_ros.controller.messages import (
    MAX_SEGMENTS,
    VERSION,
    Brake,
    Bye,
    Hello,
    Home,
    Light,
    Message,
    Move,
    Notice,
    Query,
    Reference,
    Refusal,
    Report,
    Reset,
    Stop,
    Welcome,
    WireSegment,
)

MAX_LINE = 4096  # bytes, the newline included
MAX_TEXT = 200  # characters of free text
SEQUENCES = 65536  # numbers run from 0 to 65535, then from 0 again

PLANNER, CONTROLLER = b">", b"<"  # each side's lines begin with its mark, which stands nowhere else in a line


class ProtocolError(Exception):
    """A line that cannot be accepted. `code`: one word, as sent back in ERR."""

    code = "protocol"


class ChecksumError(ProtocolError):
    """The checksum is missing or differs: the line was damaged on its way."""

    code = "checksum"


class FormatError(ProtocolError):
    """An intact line that says nothing known: another verb, a wrong number of fields, a number out of range."""

    code = "format"


class OverlongError(ProtocolError):
    """More than MAX_LINE bytes without a newline; everything up to the next newline is dropped."""

    code = "overlong"


class SequenceError(ProtocolError):
    """An intact line whose number does not follow the one before it: lines were lost or came twice. It carries the line itself."""

    code = "sequence"

    def __init__(self, text: str, received: Received) -> None:
        super().__init__(text)
        self.received = received


class Received(NamedTuple):
    """A line that came in."""

    seq: int
    message: Any


def clean(text: str) -> str:
    """Free text as it can travel: printable ASCII without the line's own marks, single spaces, MAX_TEXT characters at most."""
    plain = "".join(c if " " <= c <= "~" and c not in "<>*" else "?" for c in " ".join(text.split()))
    return plain[:MAX_TEXT].rstrip()


def encode(message: Message, seq: int) -> bytes:
    """A whole line with its newline. ValueError if the message has too many segments or numbers too large for a line."""
    mark, verb, pack = _PACK[type(message)]
    body = mark + " ".join([str(seq % SEQUENCES), verb, *pack(message)]).encode("ascii")
    line = b"%s*%04X\n" % (body, checksum(body))
    if len(line) > MAX_LINE:
        raise ValueError(f"a {verb} of {len(line)} bytes exceeds the line's {MAX_LINE}; send fewer segments")
    return line


def decode(line: bytes, sender: bytes) -> Received:
    """Read one line without its newline; `sender`: PLANNER or CONTROLLER. ProtocolError for anything that `encode` would not write."""
    body, star, sent = line[:-5], line[-5:-4], line[-4:]
    if star != b"*" or not _HEX.fullmatch(sent) or int(sent, 16) != checksum(body):
        raise ChecksumError(f"bad checksum in {line[:40]!r}")
    if body[:1] != sender or not _BODY.fullmatch(body, 1):
        raise FormatError(f"not a line of the {'planner' if sender == PLANNER else 'controller'}: {line[:40]!r}")
    number, _, rest = body[1:].decode("ascii").partition(" ")
    verb, *fields = rest.split(" ")
    unpack = _UNPACK[sender].get(verb)
    if unpack is None:
        raise FormatError(f"unknown verb {verb[:20]!r}; this is protocol version {VERSION}")
    try:
        received = Received(_integer(number), unpack(fields))
        canonical = received.seq < SEQUENCES and encode(received.message, received.seq)[:-1] == line
    except (ValueError, IndexError):
        canonical = False
    if not canonical:
        raise FormatError(f"{verb} with wrong fields: {line[:60]!r}")
    return received


def checksum(body: bytes) -> int:
    """CRC-16/CCITT-FALSE (polynomial 0x1021, start 0xFFFF; of b'123456789': 0x29B1)."""
    return binascii.crc_hqx(body, 0xFFFF)


class Decoder:
    """Cuts a stream into lines, reads them and watches their numbers. Garbage costs the lines it touches, never more."""

    def __init__(self, sender: bytes) -> None:
        self._sender = sender
        self._rest = b""
        self._dropping = False
        self._next: int | None = None

    def feed(self, data: bytes) -> list[Received | ProtocolError]:
        """All lines completed by `data`, in order; a bad one as the error that it is. Empty lines are ignored."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        found: list[Received | ProtocolError] = []
        for line in lines:
            if self._dropping:  # the tail of an overlong line that has been reported already
                self._dropping = False
            elif len(line) >= MAX_LINE:
                found.append(_overlong(line))
            elif line:
                found.append(self._read(line))
        if self._dropping:
            self._rest = b""
        elif len(self._rest) >= MAX_LINE:
            found.append(_overlong(self._rest))
            self._rest, self._dropping = b"", True
        return found

    def _read(self, line: bytes) -> Received | ProtocolError:
        try:
            received = decode(line, self._sender)
        except ProtocolError as error:
            return error
        expected, self._next = self._next, (received.seq + 1) % SEQUENCES
        if expected in (None, received.seq) or isinstance(received.message, Hello | Welcome):
            return received
        return SequenceError(f"line {received.seq} came where {expected} was due", received)


def _overlong(line: bytes) -> OverlongError:
    return OverlongError(f"a line of more than {MAX_LINE} bytes: {line[:40]!r}...")


_BODY = re.compile(rb"[ -)+-;=?-~]+")  # printable, without < > *
_HEX = re.compile(rb"[0-9A-F]{4}")
_WORD = re.compile(r"[a-z_]{1,20}")
_INTEGER = re.compile(r"-?[0-9]{1,18}")  # fits 64 bits


def _integer(field: str) -> int:
    if not _INTEGER.fullmatch(field):
        raise ValueError(field)
    return int(field)


def _number(value: int) -> str:
    """An integer as it travels; the reader refuses leading zeros and -0 by writing the line anew and comparing."""
    if abs(value) >= 10**18:
        raise ValueError(f"{value} is too large for the protocol")
    return str(int(value))


def _word(field: str) -> str:
    if not _WORD.fullmatch(field):
        raise ValueError(f"{field!r} is not a word of the protocol")
    return field


def _pack_numbers(message: Any) -> list[str]:
    return [_number(value) for value in message]


def _unpack_numbers(kind: Callable[..., Message], count: int, flags: tuple[int, ...] = ()) -> Callable[[list[str]], Message]:
    def unpack(fields: list[str]) -> Message:
        values: list[Any] = [_integer(field) for field in fields]
        if len(values) != count:
            raise ValueError(count)
        for index in flags:
            values[index] = bool(values[index])
        return kind(*values)

    return unpack


def _pack_move(move: Move) -> list[str]:
    if not 1 <= len(move.segments) <= MAX_SEGMENTS:
        raise ValueError(f"a MOVE has 1 to {MAX_SEGMENTS} segments, not {len(move.segments)}")
    flat = [value for segment in move.segments for value in segment]
    return [_number(v) for v in (int(move.lit), move.start_us, len(move.segments), *flat)]


def _unpack_move(fields: list[str]) -> Move:
    lit, start_us, count, *flat = [_integer(field) for field in fields]
    if len(flat) != 9 * count:
        raise ValueError(count)
    return Move(bool(lit), start_us, tuple(WireSegment(*flat[i : i + 9]) for i in range(0, len(flat), 9)))


_FLAGS = ("moving", "lit", "referenced", "has_laser", "limit_x", "limit_y", "stop")  # bits 0, 1, 2 ... of a STATUS


def _pack_report(report: Report) -> list[str]:
    flags = sum(bool(getattr(report, name)) << bit for bit, name in enumerate(_FLAGS))
    counts = (report.lag_us, report.pulses_x, report.pulses_y, report.error_x, report.error_y)
    numbers = (report.to, report.time_us, report.x, report.y, flags, *counts)
    return [_number(n) for n in numbers] + (_pack_text(report.fault, report.text) if report.fault else [])


def _unpack_report(fields: list[str]) -> Report:
    to, time_us, x, y, flags, lag_us, pulses_x, pulses_y, error_x, error_y = (_integer(field) for field in fields[:10])
    bits = [bool(flags >> bit & 1) for bit in range(len(_FLAGS))]
    fault, text = (_word(fields[10]), " ".join(fields[11:])) if len(fields) > 10 else ("", "")
    return Report(to, time_us, x, y, *bits, lag_us, pulses_x, pulses_y, error_x, error_y, fault, text)


def _pack_text(code: str, text: str) -> list[str]:
    return [_word(code), *clean(text).split()]


_PACK: dict[type, tuple[bytes, str, Callable[[Any], list[str]]]] = {}
_UNPACK: dict[bytes, dict[str, Callable[[list[str]], Message]]] = {PLANNER: {}, CONTROLLER: {}}


def _define(kind: type, sender: bytes, verb: str, pack: Callable[[Any], list[str]], unpack: Callable[[list[str]], Message]) -> None:
    _PACK[kind] = (sender, verb, pack)
    _UNPACK[sender][verb] = unpack


for _kind, _verb in (
    (Stop, "STOP"),
    (Brake, "BRAKE"),
    (Home, "HOME"),
    (Reference, "REFERENCE"),
    (Reset, "RESET"),
    (Query, "STATUS"),
    (Bye, "BYE"),
):
    _define(_kind, PLANNER, _verb, _pack_numbers, _unpack_numbers(_kind, 0))
_define(Hello, PLANNER, "HELLO", _pack_numbers, _unpack_numbers(Hello, 1))
_define(Light, PLANNER, "LIGHT", _pack_numbers, _unpack_numbers(Light, 1))
_define(Move, PLANNER, "MOVE", _pack_move, _unpack_move)
_define(Welcome, CONTROLLER, "HELLO", _pack_numbers, _unpack_numbers(Welcome, 10, flags=(2, 3)))
_define(Report, CONTROLLER, "STATUS", _pack_report, _unpack_report)
_define(
    Refusal,
    CONTROLLER,
    "ERR",
    lambda m: [_number(m.to), *_pack_text(m.code, m.text)],
    lambda f: Refusal(_integer(f[0]), _word(f[1]), " ".join(f[2:])),
)
_define(Notice, CONTROLLER, "EVENT", lambda m: _pack_text(m.code, m.text), lambda f: Notice(_word(f[0]), " ".join(f[1:])))
