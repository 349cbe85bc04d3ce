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

"""What tests of real processes share: started in a session of their own, heard on one pipe, ended for sure."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

BIN = Path(sys.executable).parent
THEYLIVE = (sys.executable, "-c", "from theylive_ros.cli import main; main()")


def executable(node):
    """The command of a node: its executable, or what that would do where it is not installed beside this Python."""
    path = BIN / node
    return [path] if path.is_file() else [sys.executable, "-c", f"from theylive_ros.nodes.{node} import main; main()"]


class Program:
    """A process whose output is collected as it comes."""

    def __init__(self, command, **environment):
        self.process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
        )
        self.lines = []
        self._news = threading.Condition()
        self._ended = False
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            with self._news:
                self.lines.append(line.rstrip("\n"))
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    @property
    def text(self):
        return "\n".join(self.lines)

    def says(self, words, timeout=40.0):
        """Wait until a line with these words has come; returns it."""

        def found():
            return next((line for line in self.lines if words in line), None)

        with self._news:
            self._news.wait_for(lambda: found() or self._ended, timeout)
            assert found(), f"never said {words!r}:\n{self.text}"
            return found()

    def ask_to_end(self, number):
        """Send a signal to this process alone, as `kill` does."""
        self.process.send_signal(number)

    def end(self, timeout=40.0):
        """Wait for its end and the end of its output; returns the exit status."""
        code = self.process.wait(timeout)
        self._reader.join(timeout)
        assert not self._reader.is_alive(), f"somebody still holds its output:\n{self.text}"
        return code

    def kill(self):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._reader.join()


@contextlib.contextmanager
def programs():
    """A function that starts programs; what still runs at the end is killed."""
    started = []

    def start(*command, **environment):
        started.append(Program(command, **environment))
        return started[-1]

    try:
        yield start
    finally:
        for program in started:
            program.kill()
            program.process.stdout.close()


def children(pid):
    """Processes whose parent is `pid`."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            stat = (folder / "stat").read_text()
            if int(stat.rpartition(")")[2].split()[1]) == pid:
                found.append(int(folder.name))
    return found


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
