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

"""A pseudo-terminal that looks to a planner like the serial port of a controller."""

from __future__ import annotations

import contextlib
import errno
import os
import tty

from theylive_ros.controller.stream import FdStream


class Terminal:
    """One end is ours, the other a serial port by the name `link`. Like a serial line it does not tell when a planner leaves."""

    def __init__(self, link: str) -> None:
        """Make it, with a symbolic link to it; one that a dead controller has left is replaced. OSError in one line if that cannot be."""
        self.link = link
        self._ours, self._theirs = os.openpty()  # theirs stays open here: else ours would end whenever a planner lets go
        tty.setraw(self._theirs)
        try:
            if os.path.islink(link) and not os.path.exists(link):
                os.unlink(link)
            os.symlink(os.ttyname(self._theirs), link)
        except OSError as error:
            self._let_go()
            cure = "give a name that is free" if error.errno == errno.EEXIST else "give a name in a folder that you may write to"
            raise OSError(f"terminal {link} cannot be made ({error.strerror}): {cure}") from error

    def stream(self) -> FdStream:
        """Our end, for one planner after the other; closing the stream does not close the terminal."""
        return FdStream(self._ours, self._ours, lambda: None)

    def close(self) -> None:
        """Remove the link; whoever has the port open sees its end, as of a cable that is pulled."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.link)
        self._let_go()

    def _let_go(self) -> None:
        os.close(self._ours)
        os.close(self._theirs)
