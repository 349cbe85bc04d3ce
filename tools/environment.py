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

"""Makes and renews the clone's virtual environments, in steps that are each redone when one of their inputs has changed."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import beside_ros
import interfaces
import machine
from steps import Step, digests

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / "tools"
NEEDS = ROOT / "requirements"
MESSAGES = ROOT / "msg" / "theylive_msgs"
SHARED = ("config", "models", "package.xml")
USUAL = "jazzy"


class SetupError(Exception):
    """What went wrong, in one line; with the command's output where there is any."""


def main() -> int:
    """Bring an environment up to date; 0, or 1 after a line that says what to do."""
    parser = argparse.ArgumentParser(description="Makes the clone's virtual environment; quick when nothing has changed.")
    parser.add_argument("--training", action="store_true", help="the PC's training environment (.venv-training, 2.8 GB)")
    parser.add_argument("--keep-python", action="store_true", help="an environment that is there keeps its Python")
    parser.add_argument("--ros", help=f"the ROS 2 distribution; without it what is sourced, or {USUAL} from wheels")
    given = parser.parse_args()
    try:
        venv = ROOT / (".venv-training" if given.training else _robot_venv(given.ros))
        _change_python(venv, given.keep_python)
        with _alone(venv) as lock:
            Setup(venv, given.training, lock, given.ros or USUAL).renew()
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("setup: interrupted; the next make goes on", file=sys.stderr)
        return 130
    return 0


def distributions() -> list[str]:
    """The ROS 2 distributions whose wheels are pinned in requirements/."""
    return sorted(path.stem.removeprefix("ros-") for path in NEEDS.glob("ros-*.txt"))


def _robot_venv(distro: str | None) -> str:
    """The environment's name for a distribution that was asked for by name, or for the usual one. Raises SetupError."""
    known = distributions()
    if distro is not None and distro not in known:
        raise SetupError(f"ROS={distro}: wheels are pinned for {' and '.join(known)}; for any other ROS 2, source it and leave ROS= out")
    sourced = os.environ.get("ROS_DISTRO") if distro and machine.sourced_ros() else None
    if sourced not in (None, distro):
        raise SetupError(f"ROS={distro} in a shell that has sourced {sourced}: use a shell that has not, or leave ROS= out")
    return ".venv" if distro in (None, USUAL) else f".venv-{distro}"


def _change_python(venv: Path, keep: bool) -> None:
    """Go on with the Python that the environment is made of: never with one that lives in an environment itself."""
    python = Path(getattr(sys, "_base_executable", sys.executable)) if sys.prefix != sys.base_prefix else Path(sys.executable)
    there = Path(_state(venv).get("python", ""))
    if keep and there.is_absolute() and os.access(there, os.X_OK):
        python = there
    if python != Path(sys.executable):
        arguments = [a for a in sys.argv if a != "--keep-python"]
        os.execve(python, [str(python), *arguments], _environment())


@contextlib.contextmanager
def _alone(venv: Path) -> Iterator[int]:
    with open(f"{venv}.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"setup: waiting for another make that is setting up {venv.name}", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


def _state(venv: Path) -> dict:
    try:
        return json.loads((venv / "setup.json").read_text())
    except (OSError, ValueError):
        return {}


def _environment() -> dict[str, str]:
    """The caller's environment without what an outer make, another environment, or a pip meant for elsewhere would spoil."""
    spoilers = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "VIRTUAL_ENV"}
    kept = {k: v for k, v in os.environ.items() if k not in spoilers and k != "_ROS_WHEELS_BOOTSTRAP_COMPLETE"}
    return kept | {"PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}


class Setup:
    """One environment and the steps that make it."""

    def __init__(self, venv: Path, training: bool, lock: int, distro: str = USUAL) -> None:
        self.venv = venv
        self.lock = lock
        self.training = training
        self.distro = distro
        self.ros = None if training else machine.sourced_ros()
        self.wheels = not training and self.ros is None
        self.python = venv / "bin" / "python"
        self.log = venv / "setup.log"

    def renew(self) -> None:
        """Do the steps whose inputs have changed since they were last done, and those after them. Raises SetupError."""
        state = _state(self.venv)
        if not state and self.venv.exists() and any(self.venv.iterdir()):
            raise SetupError(f"{self.venv} was not made by this clone: move it away (mv {self.venv.name} {self.venv.name}-mine)")
        steps = self._training_steps() if self.training else self._robot_steps()
        new = digests(steps)
        done = state.get("done", {})
        # pip that was stopped half-way leaves packages that look complete
        fresh = state.get("running") in ("venv", "packages") or done.get("venv") != new["venv"]
        todo = steps if fresh else [s for s in steps if done.get(s.name) != new[s.name] or s.name == state.get("running")]
        if not todo:
            return
        self._check_machine(fresh)
        began = time.monotonic()
        print(f"setup: {self._summary()}", flush=True)
        self.venv.mkdir(exist_ok=True)
        for step in todo:
            for name in new if step.name == "venv" else [step.name]:
                done.pop(name, None)
            self._note(done, running=step.name)
            print(f"setup: {step.says}", flush=True)
            step.action()
            done[step.name] = new[step.name]
            self._note(done, running="")
        enter = f"; to work by hand: . {self.venv.name}/bin/activate"
        print(f"setup: done in {time.monotonic() - began:.0f} s{enter}", flush=True)

    def _summary(self) -> str:
        python = f"Python {sys.version.split()[0]} ({sys.executable})"
        if self.training:
            return f"{python}, training packages, into {self.venv.name}"
        ros = f"{self.distro} from wheels" if self.wheels else f"{os.environ['ROS_DISTRO']} as sourced"
        return f"{python}, ROS 2 {ros.capitalize()}, into {self.venv.name}"

    def _note(self, done: dict[str, str], running: str) -> None:
        """Write the state so that it is whole whenever this process ends."""
        new = self.venv / "setup.json.new"
        new.write_text(json.dumps({"python": sys.executable, "running": running, "done": done}, indent=1))
        new.replace(self.venv / "setup.json")

    def _check_machine(self, fresh: bool) -> None:
        gigabytes = 0.1 if not fresh else 6 if self.training else 1.5
        lines = machine.problems(self.venv, wheels=self.wheels, training=self.training, gigabytes=gigabytes)
        if self.ros:
            lines += beside_ros.shadows(ROOT)
        if lines:
            raise SetupError("\nsetup: ".join(lines))

    def _robot_steps(self) -> list[Step]:
        made_of = (
            str(ROOT),
            os.path.realpath(sys.executable),
            sys.version,
            self.ros or "wheels",
            os.environ.get("ROS_DISTRO", "") if self.ros else "",
        )
        sets = [NEEDS / f"ros-{self.distro}.txt", NEEDS / "run.txt", NEEDS / "test.txt"]
        clone = [ROOT / name for name in ("setup.py", "setup.cfg", "pyproject.toml", "package.xml", "theylive_ros/__init__.py")]
        clone += sorted((ROOT / "launch").glob("*.py"))
        packages = f"packages: ROS 2 {self.distro.capitalize()}, NumPy, OpenCV, TFLite, pytest (0.6 GB, about a minute)"
        return [
            Step("venv", "virtual environment", made_of, self._make_venv),
            Step("packages", packages if self.wheels else "packages", tuple(sets), self._robot_packages),
            Step("messages", "theylive_msgs, from msg/", (MESSAGES, TOOLS / "interfaces.py", TOOLS / "wheels.cmake"), self._messages),
            Step(
                "package", "theylive_ros, as it stands in this clone", (*clone, TOOLS / "site_hook.py", Path(__file__)), self._robot_package
            ),
        ]

    def _training_steps(self) -> list[Step]:
        sets = [NEEDS / "training.txt", NEEDS / "training-nodeps.txt", NEEDS / "test.txt"]
        clone = [ROOT / "setup.py", ROOT / "pyproject.toml", ROOT / "training" / "setup.py", ROOT / "training" / "pyproject.toml"]
        return [
            Step("venv", "virtual environment", (str(ROOT), os.path.realpath(sys.executable), sys.version), self._make_venv),
            Step("packages", "packages: torch, TensorFlow, ultralytics (2.8 GB, some minutes)", tuple(sets), self._training_packages),
            Step(
                "package",
                "theylive_training and theylive_ros, as they stand in this clone",
                (*clone, Path(__file__)),
                self._training_package,
            ),
        ]

    def _make_venv(self) -> None:
        for path in self.venv.iterdir():
            if path.name != "setup.json":
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        (self.venv / "COLCON_IGNORE").touch()
        system = ["--system-site-packages"] if self.ros else []
        self._run([sys.executable, "-m", "venv", *system, str(self.venv)])

    def _pip(self, *arguments: str | Path) -> None:
        # without --no-compile pip spends a third of its time on modules of which most are never imported
        self._run([str(self.python), "-m", "pip", "install", "--no-compile", "--progress-bar", "off", *map(str, arguments)])

    def _robot_packages(self) -> None:
        if self.wheels:
            self._pip("-r", NEEDS / f"ros-{self.distro}.txt", "-r", NEEDS / "run.txt", "-r", NEEDS / "test.txt")
            return
        wanted, kept = beside_ros.packages(NEEDS / "run.txt")
        if not shutil.which("cmake"):
            wanted.append("cmake")
        constraints = self.venv / "system-packages.txt"
        constraints.write_text("".join(f"{line}\n" for line in kept))
        self._pip("-c", constraints, "-r", NEEDS / "test.txt", *wanted)

    def _training_packages(self) -> None:
        self._pip("-r", NEEDS / "training.txt", "-r", NEEDS / "test.txt")
        self._pip("--no-deps", "-r", NEEDS / "training-nodeps.txt")

    def _messages(self) -> None:
        interfaces.build(MESSAGES, self.venv, wheels=self.wheels, run=self._run)

    def _robot_package(self) -> None:
        self._pip("--no-deps", "--no-build-isolation", "-e", ROOT)
        # An editable installation has no share/ and no lib/theylive_ros, where ROS looks for launch files and executables.
        index = self.venv / "share" / "ament_index" / "resource_index" / "packages" / "theylive_ros"
        index.parent.mkdir(parents=True, exist_ok=True)
        index.touch()
        for name in SHARED:
            _link(self.venv / "share" / "theylive_ros" / name, ROOT / name)
        _link_files(self.venv / "share" / "theylive_ros" / "launch", ROOT / "launch")
        names = subprocess.run([self.python, "-c", _SCRIPTS], check=True, capture_output=True, text=True, env=_environment()).stdout.split()
        for name in names:
            _link(self.venv / "lib" / "theylive_ros" / name, Path("..", "..", "bin", name))
        site = Path(self._site_packages())
        shutil.copyfile(TOOLS / "site_hook.py", site / "_theylive_clone.py")
        (site / "_theylive_clone.pth").write_text("import _theylive_clone\n")

    def _training_package(self) -> None:
        if not (ROOT / "training" / "pyproject.toml").is_file():
            raise SetupError("training/pyproject.toml is not there: this clone has no training package")
        self._pip("--no-deps", "--no-build-isolation", "-e", ROOT, "-e", ROOT / "training")

    def _site_packages(self) -> str:
        return str(self.venv / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages")

    def _run(self, command: list[str], extra: dict[str, str] | None = None) -> None:
        environment = _environment() | (extra or {})
        with open(self.log, "a") as log:
            log.write(f"\n$ {' '.join(command)}\n")
            log.flush()
            start = log.tell()
            # The lock is handed down: where this process is killed, the next make waits for the pip that it leaves behind.
            code = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, cwd=ROOT, pass_fds=[self.lock]
            ).returncode
        if code:
            tail = self.log.read_bytes()[start:].decode(errors="replace").splitlines()[-15:]
            print("\n".join(f"  {line[:300]}" for line in tail), file=sys.stderr)
            raise SetupError(f"{Path(command[0]).name} failed (see above; all of it in {self.log})")


_SCRIPTS = (
    "from importlib.metadata import distribution as d\n"
    "print(*[e.name for e in d('theylive_ros').entry_points if e.group == 'console_scripts'])"
)


def _link(link: Path, target: Path) -> None:
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(target)


def _link_files(folder: Path, source: Path) -> None:
    """Link each file on its own: `ros2 launch` does not look into a folder that is a link."""
    if folder.is_symlink():
        folder.unlink()
    shutil.rmtree(folder, ignore_errors=True)
    for file in source.glob("*.py"):
        _link(folder / file.name, file)
