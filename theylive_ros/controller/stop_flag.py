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

"""What a signal sets to end a process."""

from __future__ import annotations

import time


class StopFlag:
    """Set by a signal handler, looked at by the main thread.

    Not a threading.Event: a handler runs in the midst of what the main thread does. Where that is holding the event's lock, to look or to
    wait, `set` would wait for it for ever.
    """

    def __init__(self) -> None:
        self._set = False

    def set(self) -> None:
        """End."""
        self._set = True

    def is_set(self) -> bool:
        """Whether to end."""
        return self._set

    def wait(self, seconds: float) -> bool:
        """Let time pass, all of it unless set before; whether to end. For short waits: a signal does not cut them short."""
        if not self._set:
            time.sleep(seconds)
        return self._set
