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

"""The command `theylive`: help for all, one line for what cannot be."""

import subprocess
import sys

import pytest

from theylive_ros import __version__, cli

RECORDINGS = ("record", "replay", "info")


def call(*words):
    with pytest.raises(SystemExit) as end:
        cli.main(words)
    return end.value.code


def test_help_lists_every_command(capsys):
    assert call("--help") == 0
    told = capsys.readouterr().out
    assert all(f"  {name}" in told for name in cli.COMMANDS)


def test_the_version_is_the_packages(capsys):
    assert call("--version") == 0
    assert __version__ in capsys.readouterr().out


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_each_command_explains_itself(name, capsys):
    if name in RECORDINGS:
        pytest.importorskip("rosbags", reason="recordings need rosbags: pip install 'rosbags<0.12'")
        pytest.importorskip("mcap", reason="recordings need mcap: pip install 'mcap>=1.6,<2'")
    assert call(name, "--help") == 0
    told = capsys.readouterr().out
    assert f"usage: theylive {name}" in told
    assert len(told.splitlines()) > 5


@pytest.mark.parametrize("words", [(), ("dance",), ("detect",), ("demo", "--seconds", "soon"), ("bench", "nothing")])
def test_a_wrong_call_ends_with_2_and_says_why(words, capsys):
    assert call(*words) == 2
    assert "error:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("demo", "--seconds", "0"), "--seconds is 0.0; it must be more than 0"),
        (("demo", "--report", "/no/such/folder/r.json"), "there is no folder /no/such/folder"),
        (("demo", "--window"), "--window"),
        (("demo", "--seconds", "nan"), "--seconds is nan; it must be more than 0"),
        (("demo", "--seed", "-5"), "--seed is -5; it must be 0 or more"),
        (("demo", "--picture", "p.xyz"), "p.xyz: a picture ends in .png or .jpg"),
        (("demo", "--video", "x.foo"), "x.foo: a film ends in .mp4"),
        (("demo", "--report", "/"), "/ cannot be written: it is a folder"),
        (("run", "--seconds", "-3"), "--seconds is -3.0; it must be more than 0"),
        (("run", "--sim", "--ros-args", "-p", "mirror:gate.guard_radius:=1.0"), "-p mirror:... is for no node of this run"),
        (("bench", "detector", "--runs", "0"), "--runs is 0; it must be more than 0"),
        (("demo", "--scenario", "no such scene"), "no such scene"),
        (("run", "--nodes", "camera,cook"), "no node cook; there are: camera"),
        (("run", "--params-file", "/no/such.yaml"), "no parameter file /no/such.yaml"),
        (("detect", "/no/such/picture.jpg"), "/no/such/picture.jpg"),
        (("bench", "detector", "--model", "no.tflite"), "there is no model no.tflite"),
    ],
)
def test_an_error_is_one_line_that_names_its_cause(words, says, capfd, monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert call(*words) == 2
    told = [line for line in capfd.readouterr().err.splitlines() if not line.startswith("demo: starting")]
    assert says in told[-1]
    assert len(told) == 1, told


@pytest.mark.parametrize("missing", ["rosbags", "mcap"])
@pytest.mark.parametrize("name", RECORDINGS)
def test_what_recordings_need_and_is_not_installed_is_named_with_its_cure(name, missing):
    program = f"import sys; sys.modules[{missing!r}] = None; from theylive_ros.cli import main; main(sys.argv[1:])"
    done = subprocess.run([sys.executable, "-c", program, name, "monday"], capture_output=True, text=True)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"theylive {name}: recordings need rosbags and mcap (")
    assert line.endswith("): pip install 'rosbags<0.12' 'mcap>=1.6,<2'")
