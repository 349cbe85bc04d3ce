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

"""The planner's side: says what the mirrors should do, and knows what the controller last said of itself. No call waits."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import time
from collections import deque
from collections.abc import Callable, Sequence

from theylive_ros.controller import protocol as p
from theylive_ros.controller.clock_map import ClockMap
from theylive_ros.controller.messages import MILLI
from theylive_ros.controller.stream import StreamClosedError
from theylive_ros.controller.transports import Transport

SILENCE = 0.1  # s without news after which nothing is known
INTERVAL = 0.005  # s between two requests for a status
GREETING = 0.5  # s between two tries to be answered
PATIENCE = 0.5  # s within which a command must be answered
STOP_AGAIN = 0.02  # s after which an unanswered STOP or BRAKE is repeated


@dataclasses.dataclass(frozen=True)
class Status:
    """What the controller last said of itself; the fields of `mirrors.interface.ControllerStatus`, and the pulses made.

    time: local monotonic clock (s). position: microsteps; count_error: by how many it is off at most. lag: s. fault: empty, or cause and
    cure. pulses: per axis since its start.
    """

    time: float
    position: tuple[int, int]
    moving: bool
    lit: bool
    referenced: bool
    lag: float
    has_laser: bool
    limit_x: bool
    limit_y: bool
    stop: bool
    fault: str
    count_error: tuple[int, int]
    pulses: tuple[int, int]


class Link:
    """Keeps `mirrors.interface.Controller`. Call `pump` often: every few milliseconds, or when `fileno` can be read."""

    def __init__(
        self,
        transport: Transport,
        clock: Callable[[], float] = time.monotonic,
        *,
        silence: float = SILENCE,
        interval: float = INTERVAL,
    ) -> None:
        """clock: local monotonic seconds. silence: age (s) beyond which a status counts for nothing. interval: between requests (s)."""
        self.closed = False
        self.welcome: p.Welcome | None = None  # what the controller is; None until it has answered
        self._transport = transport
        self._clock = clock
        self._silence, self._interval = silence, interval
        self._decoder = p.Decoder(p.CONTROLLER)
        self._seq = 0
        self._map = ClockMap()
        self._report: p.Report | None = None
        self._asked: dict[int, tuple[p.Message, float]] = {}
        self._last_greeting = -math.inf
        self._last_request = -math.inf
        self._errors: deque[str] = deque(maxlen=100)
        self._greet()

    # --- what the mirrors' planner calls

    def status(self) -> Status | None:
        """The newest status, None while the link is down or the newest is older than `silence`."""
        report = self._report
        if report is None or self.closed or self.welcome is None:
            return None
        at = report.time_us * 1e-6 - self._map.offset
        if self._clock() - at > self._silence:
            return None
        return Status(
            time=at,
            position=(report.x, report.y),
            moving=report.moving,
            lit=report.lit,
            referenced=report.referenced,
            lag=report.lag_us * 1e-6,
            has_laser=report.has_laser,
            limit_x=report.limit_x,
            limit_y=report.limit_y,
            stop=report.stop,
            fault=f"{report.fault}: {report.text}" if report.fault else "",
            count_error=(report.error_x, report.error_y),
            pulses=(report.pulses_x, report.pulses_y),
        )

    @property
    def has_limits(self) -> bool:
        """Whether the rig has limit switches; False until the controller has answered."""
        return self.welcome is not None and self.welcome.has_limits

    def move(self, segments: Sequence[Sequence[float]], start: float, *, lit: bool) -> None:
        """Play segments (each as `types.Segment`: s, then microsteps) from `start` (local s) on. ValueError for what no line can hold."""
        if self._ready("MOVE", timed=True):
            start_us = round((start + self._map.offset) * 1e6)
            self._send(p.Move(lit, start_us, to_wire(segments)))

    def light(self, seconds: float) -> None:
        """Renew the lease; 0: dark at once. What is not known of the controller's clock makes the lease shorter, never longer."""
        if seconds <= 0.0:
            if self._ready("LIGHT"):
                self._send(p.Light(0))
        elif self._ready("LIGHT", timed=True):
            now = self._clock()
            self._send(p.Light(max(0, math.floor((now + seconds + self._map.least(now)) * 1e6))))

    def stop(self) -> None:
        """Dark and motionless at once; repeated until it is answered."""
        self._send(p.Stop())

    def brake(self) -> None:
        """Dark at once, and to rest as quickly as the motors can follow, keeping the reference; repeated until it is answered."""
        self._send(p.Brake())

    def home(self) -> None:
        """Find the reference."""
        if self._ready("HOME"):
            self._send(p.Home())

    def reference(self) -> None:
        """The mirrors stand at 0, 0 now."""
        if self._ready("REFERENCE"):
            self._send(p.Reference())

    def reset(self) -> None:
        """Clear a latched fault whose cause is gone."""
        if self._ready("RESET"):
            self._send(p.Reset())

    # --- what keeps it going

    def pump(self, now: float | None = None) -> None:
        """Read what has come, ask for news when it is time. now: the clock's value, if just read."""
        now = self._clock() if now is None else now
        self._read()
        if self.closed:
            return
        if self.welcome is None:
            if now - self._last_greeting >= GREETING:
                self._greet()
        elif now - self._last_request >= self._interval:
            self._send(p.Query())
        self._chase(now)
        self._read()

    def take_errors(self) -> list[str]:
        """What went wrong since the last call, oldest first: refusals, faults, damaged lines, a lost controller."""
        errors = list(self._errors)
        self._errors.clear()
        return errors

    def fileno(self) -> int:
        """To wait for news; -1 where there is none to wait for."""
        return self._transport.fileno()

    def close(self) -> None:
        """Say goodbye, dark. Safe to call twice."""
        if not self.closed:
            with contextlib.suppress(StreamClosedError):
                self._transport.send(p.encode(p.Light(0), self._seq) + p.encode(p.Bye(), self._seq + 1))
        self.closed = True
        self._transport.close()

    # --- inside

    def _ready(self, verb: str, *, timed: bool = False) -> bool:
        """Whether a command can be sent. timed: it tells a time of the controller's clock."""
        if self.closed or self.welcome is None:
            self._errors.append(f"{verb} not sent: the controller {'is gone' if self.closed else 'has not answered yet'}")
            return False
        if timed and not self._map.known:
            self._errors.append(f"{verb} not sent: the controller's clock is not known yet")
            return False
        return True

    def _greet(self) -> None:
        self._last_greeting = self._clock()
        self._asked.clear()
        self._send(p.Hello(p.VERSION), before=b"\n")  # ends whatever half line the controller may have heard

    def _send(self, message: p.Message, before: bytes = b"") -> None:
        now = self._clock()
        line = before + p.encode(message, self._seq)
        self._asked[self._seq] = (message, now)
        self._seq = (self._seq + 1) % p.SEQUENCES
        if not isinstance(message, p.Stop | p.Brake | p.Hello):
            self._last_request = now  # every command is answered by a status
        self._put(line)

    def _put(self, data: bytes) -> None:
        if self.closed:
            return
        try:
            self._transport.send(data)
        except StreamClosedError as error:
            self._lose(error)

    def _read(self) -> None:
        if self.closed:
            return
        try:
            data = self._transport.receive()
        except StreamClosedError as error:
            self._lose(error)
            return
        now = self._clock()
        for item in self._decoder.feed(data) if data else ():
            if isinstance(item, p.ProtocolError):
                self._errors.append(f"from the controller: {item}")
                if not isinstance(item, p.SequenceError):
                    continue
                item = item.received  # what it says of itself holds whatever was lost before
            self._hear(item.message, now)

    def _hear(self, message: p.Message, now: float) -> None:
        asked = self._asked.pop(message.to, None) if isinstance(message, p.Welcome | p.Report | p.Refusal) else None
        if isinstance(message, p.Welcome):
            if message.version == p.VERSION and asked is not None:
                self.welcome = message
        elif isinstance(message, p.Report):
            if asked is not None:
                self._map.update(asked[1], now, message.time_us * 1e-6)
            if self._map.known:
                self._report = message
        elif isinstance(message, p.Refusal):
            what = type(asked[0]).__name__.upper() if asked else "a line"
            self._errors.append(f"{what} refused ({message.code}): {message.text}")
            if message.code == "hello":  # a controller that has started anew
                self.welcome = None
        elif isinstance(message, p.Notice) and message.code != "homed":
            self._errors.append(f"{message.code}: {message.text}")

    def _chase(self, now: float) -> None:
        """Repeat an unanswered STOP or BRAKE; give up, in words, on other commands."""
        for seq, (message, sent) in list(self._asked.items()):
            if now - sent > (STOP_AGAIN if isinstance(message, p.Stop | p.Brake) else PATIENCE):
                del self._asked[seq]
                if isinstance(message, p.Stop | p.Brake):
                    self._send(message)
                else:
                    self._errors.append(f"no answer to {type(message).__name__.upper()} within {PATIENCE} s")

    def _lose(self, error: StreamClosedError) -> None:
        self.closed = True
        self._errors.append(f"the controller is gone: {error}")


def to_wire(segments: Sequence[Sequence[float]]) -> tuple[p.WireSegment, ...]:
    """Segments in whole microseconds and milli-microsteps; those shorter than half a microsecond vanish. ValueError if none is left."""
    made = []
    for duration, *course in segments:
        if not all(map(math.isfinite, (duration, *course))) or len(course) != 8 or duration < -1e-7:
            raise ValueError(f"not a segment of (duration, px, vx, ax, jx, py, vy, ay, jy): {(duration, *course)}")
        if round(duration * 1e6) > 0:
            made.append(p.WireSegment(round(duration * 1e6), *(round(value * MILLI) for value in course)))
    if not made:
        raise ValueError("a move needs a segment of 1 us or longer")
    return tuple(made)
