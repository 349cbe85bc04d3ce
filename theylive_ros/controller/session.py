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

"""A controller's side of the conversation: bytes in, bytes out, around an executor. Pure: no stream, no clock."""

from __future__ import annotations

from theylive_ros.controller import protocol as p
from theylive_ros.controller.executor import Executor
from theylive_ros.controller.messages import UNKNOWN


class Session:
    """One planner's conversation with an executor, from its first byte to the end of the stream."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self.over = False  # the planner said BYE
        self._decoder = p.Decoder(p.PLANNER)
        self._seq = 0
        self._greeted = False

    def receive(self, data: bytes, now_us: int) -> bytes:
        """Obey what came; returns what to answer."""
        answers = [self._answer(item, now_us) for item in self._decoder.feed(data)]
        return b"".join(answers) + self.news()

    def news(self) -> bytes:
        """What the executor says unasked. Call after every `advance`."""
        return b"".join(self._encode(notice) for notice in self.executor.take_notices())

    def end(self, now_us: int) -> None:
        """The stream is closed: dark."""
        self.executor.hang_up(now_us)

    def _answer(self, item: p.Received | p.ProtocolError, now_us: int) -> bytes:
        if isinstance(item, p.Received | p.SequenceError):
            self.executor.heard(now_us)
        if isinstance(item, p.SequenceError):
            # Lines were lost, a dark move perhaps: out goes the light. The line is not obeyed, for it may build on what was lost.
            if not isinstance(item.received.message, p.Stop | p.Brake):
                self.executor.distrust("a line was lost", now_us)
                return self._encode(p.Refusal(item.received.seq, item.code, str(item)))
            item = item.received
        if isinstance(item, p.ProtocolError):
            return self._encode(p.Refusal(UNKNOWN, item.code, str(item)))
        if not self._greeted and not isinstance(item.message, p.Hello | p.Stop | p.Brake):
            return self._encode(p.Refusal(item.seq, "hello", "say HELLO first"))
        answer = self.executor.handle(item.message, now_us)
        self._greeted = self._greeted or isinstance(answer, p.Welcome)
        self.over = self.over or isinstance(item.message, p.Bye)
        return self._encode(answer._replace(to=item.seq))

    def _encode(self, message: p.Message) -> bytes:
        line = p.encode(message, self._seq)
        self._seq = (self._seq + 1) % p.SEQUENCES
        return line
