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

"""The clone's environment: made once, renewed where an input changed, never trusted half-made; what is missing is said with its cure."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def tools(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """The checks, on a machine that has everything."""
    import machine

    monkeypatch.setattr(machine.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(machine, "_glibc", lambda: (2, 36))
    monkeypatch.setattr(machine, "WHEELS_PYTHON", (sys.version_info[:2], sys.version_info[:2]))
    monkeypatch.setattr(machine, "TRAINING_PYTHON", (sys.version_info[:2], sys.version_info[:2]))
    monkeypatch.setattr(machine.importlib.util, "find_spec", lambda name: object())
    (tmp_path / "include").mkdir()
    (tmp_path / "include" / "Python.h").touch()
    monkeypatch.setattr(machine.sysconfig, "get_path", lambda name: str(tmp_path / "include"))
    monkeypatch.setattr(machine.shutil, "which", lambda name: f"/usr/bin/{name}")
    return machine


@pytest.fixture
def setup(tmp_path, monkeypatch):
    """A setup of two steps that only note that they were done."""
    import environment

    made = environment.Setup(tmp_path / ".venv", training=False, lock=0)
    made.did = []
    made.inputs = {"venv": "3.11", "packages": "pins", "messages": "fields", "package": "setup.py"}
    made.fails = None

    def step(name):
        def action():
            made.did.append(name)
            if name == made.fails:
                raise environment.SetupError(f"{name} failed")

        return environment.Step(name, name, (made.inputs[name],), action)

    monkeypatch.setattr(made, "_robot_steps", lambda: [step(name) for name in made.inputs])
    monkeypatch.setattr(made, "_check_machine", lambda fresh: None)

    def renew(**changed):
        made.did.clear()
        made.inputs |= changed
        made.renew()
        return list(made.did)

    made.after = renew
    made.error = environment.SetupError
    return made


EVERY = ["venv", "packages", "messages", "package"]


def test_the_first_time_does_everything_and_the_second_nothing(setup):
    assert setup.after() == EVERY
    assert setup.after() == []


@pytest.mark.parametrize("changed", EVERY)
def test_a_changed_input_redoes_its_step_and_those_after_it(setup, changed):
    setup.after()
    assert setup.after(**{changed: "other"}) == EVERY[EVERY.index(changed) :]
    assert setup.after() == []


@pytest.mark.parametrize("failing", EVERY)
def test_a_step_that_failed_is_not_taken_for_done(setup, failing):
    setup.fails = failing
    with pytest.raises(setup.error):
        setup.after()
    setup.fails = None
    # pip that was stopped may leave packages that only look complete
    again = EVERY if failing in ("venv", "packages") else EVERY[EVERY.index(failing) :]
    assert setup.after() == again
    assert setup.after() == []


def test_a_damaged_note_of_what_is_done_starts_from_nothing_only_in_a_folder_of_ours(setup):
    setup.after()
    (setup.venv / "setup.json").write_text("{")
    (setup.venv / "bin").mkdir()
    with pytest.raises(setup.error, match="was not made by this clone: move it away"):
        setup.after()


def test_the_note_names_the_python_so_that_the_next_make_keeps_it(setup):
    setup.after()
    assert json.loads((setup.venv / "setup.json").read_text())["python"] == sys.executable


def test_launch_files_are_linked_one_by_one_also_where_their_folder_was_a_link(tmp_path, setup):
    import environment

    source, folder = tmp_path / "clone", tmp_path / "share" / "launch"
    source.mkdir()
    (source / "rig.launch.py").write_text("here")
    folder.parent.mkdir()
    folder.symlink_to(source)
    for _ in range(2):
        environment._link_files(folder, source)
        assert not folder.is_symlink()
        assert (folder / "rig.launch.py").is_symlink()
    assert (source / "rig.launch.py").read_text() == "here"


def test_the_digest_of_a_folder_sees_contents_and_names(tmp_path):
    import steps

    def digest():
        return steps.digests([steps.Step("s", "s", (tmp_path / "msg",), print)])["s"]

    (tmp_path / "msg").mkdir()
    (tmp_path / "msg" / "A.msg").write_text("bool on")
    before = digest()
    assert digest() == before
    (tmp_path / "msg" / "A.msg").write_text("bool off")
    assert digest() != before
    (tmp_path / "msg" / "A.msg").write_text("bool on")
    (tmp_path / "msg" / "A.msg").rename(tmp_path / "msg" / "B.msg")
    assert digest() != before


def lines(machine, tmp_path, **given):
    return machine.problems(tmp_path / ".venv", **({"wheels": True, "training": False, "gigabytes": 0.0} | given))


def test_a_machine_that_has_everything_is_told_nothing(machine, tmp_path):
    assert lines(machine, tmp_path) == []
    assert lines(machine, tmp_path, training=True) == []


def test_arm_is_told_to_take_ros_from_apt(machine, tmp_path, monkeypatch):
    monkeypatch.setattr(machine.platform, "machine", lambda: "aarch64")
    (line,) = lines(machine, tmp_path)
    assert "no ROS 2 wheels for aarch64: install ROS 2 with apt" in line
    assert "source /opt/ros/" in line


def test_arm_with_a_sourced_ros_is_fine(machine, tmp_path, monkeypatch):
    monkeypatch.setattr(machine.platform, "machine", lambda: "aarch64")
    assert lines(machine, tmp_path, wheels=False) == []


def test_macos_and_windows_are_told_that_it_is_for_linux(machine, tmp_path, monkeypatch):
    monkeypatch.setattr(machine.sys, "platform", "darwin")
    monkeypatch.setattr(machine.platform, "system", lambda: "Darwin")
    assert lines(machine, tmp_path) == [
        "Darwin is not supported: use Linux (Debian, Ubuntu; on this machine in Docker, WSL or a virtual machine)"
    ]


@pytest.mark.parametrize(("libc", "words"), [(None, "has another C library"), ((2, 17), "glibc 2.28 or newer, this system has 2.17")])
def test_another_or_too_old_c_library_is_named(machine, tmp_path, monkeypatch, libc, words):
    monkeypatch.setattr(machine, "_glibc", lambda: libc)
    (line,) = lines(machine, tmp_path)
    assert words in line


def test_a_python_without_wheels_is_told_of_one_that_has_them(machine, tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "WHEELS_PYTHON", ((3, 4), (3, 6)))
    (line,) = lines(machine, tmp_path)
    assert "ROS 2 wheels exist for CPython 3.4 to 3.6" in line
    assert line.endswith("PYTHON=python3.6 make ...")
    monkeypatch.setattr(machine.shutil, "which", lambda name: None if name.startswith("python") else name)
    assert lines(machine, tmp_path)[0].endswith("install one of them, then PYTHON=python3.6 make ...")


def test_a_missing_venv_headers_and_compilers_are_each_named_with_apts_command(machine, tmp_path, monkeypatch):
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    monkeypatch.setattr(machine.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(machine.sysconfig, "get_path", lambda name: str(tmp_path))
    for name in ("CC", "CXX", "CMAKE_GENERATOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(machine.shutil, "which", lambda name: name if name == "apt-get" else None)
    assert lines(machine, tmp_path) == [
        f"Python's venv is missing: sudo apt install python{version}-venv",
        f"Python's headers are missing (Python.h): sudo apt install python{version}-dev",
        "a C compiler is missing (gcc): sudo apt install build-essential",
        "a C++ compiler is missing (g++): sudo apt install build-essential",
        "make is missing: sudo apt install make",
    ]


def test_a_full_disk_is_named_before_anything_is_downloaded(machine, tmp_path):
    (line,) = lines(machine, tmp_path, gigabytes=1e9)
    assert "GB are free: make room" in line


def test_training_needs_no_compiler_but_a_python_that_its_packages_know(machine, tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "TRAINING_PYTHON", ((3, 4), (3, 6)))
    monkeypatch.setattr(machine.shutil, "which", lambda name: None)
    (line,) = lines(machine, tmp_path, wheels=False, training=True)
    assert "the training packages exist for CPython 3.4 to 3.6" in line


def test_numpy_stays_below_2_beside_a_sourced_ros_that_has_it_so(monkeypatch):
    import beside_ros

    versions = {"numpy": "1.26.4", "opencv-python-headless": None, "PyYAML": "5.4.1"}
    monkeypatch.setattr(beside_ros.importlib.util, "find_spec", lambda name: object())

    def version(name):
        if versions[name] is None:
            raise beside_ros.PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr(beside_ros, "version", version)
    needs = ROOT / "requirements" / "run.txt"
    assert beside_ros.packages(needs) == (["lapx", "ai-edge-litert"], ["numpy==1.26.4", "PyYAML==5.4.1"])
    versions["numpy"] = "1.21.5"
    assert beside_ros.packages(needs) == (["lapx", "ai-edge-litert", "numpy>=1.24,<2"], ["PyYAML==5.4.1"])


def test_make_help_says_one_line_per_target():
    targets = subprocess.run(["make", "-s", "-C", str(ROOT), "help"], capture_output=True, text=True, check=True).stdout
    for name in ("setup", "demo", "test", "test-training", "lint", "clean", "help"):
        assert sum(line.split()[1] == name for line in targets.splitlines()) == 1


def test_a_python_that_is_not_there_is_said_in_one_line():
    done = subprocess.run(["make", "-s", "-C", str(ROOT), "setup", "PYTHON=python3.99"], capture_output=True, text=True)
    assert done.returncode
    assert "there is no python3.99: " in done.stdout + done.stderr


def test_a_shell_in_another_ros_does_not_leak_into_the_environment(tmp_path):
    """The hook of the environment, run by hand in a prefix that looks like one with wheels."""
    other = tmp_path / "other"
    for prefix in (other, tmp_path / "venv"):
        (prefix / "lib").mkdir(parents=True)
        (prefix / "lib" / "librcl.so").touch()
    own = tmp_path / "venv" / "lib" / "site-packages"
    for folder in (other / "python", own):
        (folder / "rclpy").mkdir(parents=True)
    program = f"""
import json, os, sys
sys.prefix = {str(tmp_path / "venv")!r}
exec(open({str(ROOT / "tools" / "site_hook.py")!r}).read())
names = "AMENT_PREFIX_PATH LD_LIBRARY_PATH PYTHONPATH RMW_IMPLEMENTATION _ROS_WHEELS_BOOTSTRAP_COMPLETE".split()
print(json.dumps([os.environ.get(n) for n in names]))
"""
    environment = {
        "AMENT_PREFIX_PATH": f"{other}:{tmp_path}",
        "LD_LIBRARY_PATH": f"{other}/lib:/some/lib",
        "PYTHONPATH": f"{other}/python:/some/python:{own}",
        "RMW_IMPLEMENTATION": "rmw_cyclonedds_cpp",
        "_ROS_WHEELS_BOOTSTRAP_COMPLETE": "1",
    }
    done = subprocess.run([sys.executable, "-S", "-c", program], capture_output=True, text=True, env=environment, check=True)
    assert json.loads(done.stdout) == [f"{tmp_path}:{tmp_path}/venv", "/some/lib", f"/some/python:{own}", None, None]
