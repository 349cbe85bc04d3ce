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

"""Words on the command line that cannot be taken are told in one readable line, before anything is done."""

import math
from argparse import ArgumentTypeError

import pytest
from theylive_training.__main__ import COMMANDS, main
from theylive_training.arguments import number, one_of, place, several, whole


def refusal(words, capsys):
    """What is said of words that cannot be taken."""
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    return said.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["capture", "burst", "--label", "alien", "--centre", "nan", "3"], "--centre: 'nan' is no number"),
        (["capture", "burst", "--interval", "-1"], "--interval: '-1' is no number of 0 or more"),
        (["capture", "burst", "--label", "cat", "--out", "x"], "invalid choice: 'cat'"),
        (["capture", "burst", "--label", "alien", "--out", ""], "--out: the name is empty"),
        (["check", "x", "--bits", "many"], "--bits: 'many' is no whole number from 0 to 128"),
        (["check", "x", "--seconds", "inf"], "--seconds: 'inf' is no number"),
        (["convert", "x", "--to", "csv", "--out", "y", "--box", "big"], "--box: 'big' is no number from 1 to 10000, nor measured"),
        (["split", "x", "--out", "y", "--seed", "1.5"], "--seed: '1.5' is no whole number"),
        (["split", "x", "--out", "y", "--gap", "long"], "--gap: 'long' is no number of 0 or more"),
        (["split", "x", "--out", "y", "--shares", "half"], "--shares: 'half' is no number from 0 to 1"),
        (["split", "x", "--out", "y", "--shares", "nan", "0.2"], "--shares: 'nan' is no number from 0 to 1"),
        (["split", "x", "--out", "y", "--gap", "-1"], "--gap: '-1' is no number of 0 or more"),
        (["synth", "--out", "x", "--count", "0"], "--count: '0' is no whole number from 1"),
        (["train", "compact", "--out", "x", "--width", "wide"], "--width: 'wide' is no number from 0.1 to 2"),
        (["train", "compact", "--out", "x", "--seed", "99999999999999999999"], "--seed: '99999999999999999999' is no whole number"),
        (["train", "compact", "--out", "x", "--threads", "99999"], "--threads: '99999' is no whole number from 1 to 256"),
        (["train", "compact", "--data", "", "--out", "x"], "--data: the name is empty"),
        (["train", "resnet", "--out", "x"], "invalid choice: 'resnet'"),
        (["sweep", "--out", "x", "--sides", "224,wide"], "--sides: 'wide' is no whole number"),
        (["sweep", "--out", "x", "--widths", "1,x"], "--widths: 'x' is no number"),
        (["sweep", "--out", "x", "--nets", "compact,resnet"], "--nets: 'resnet' is none of compact, yolov8n, mobilenetv2"),
        (["evaluate", "x", "--sets", "validation,dreams"], "--sets: 'dreams' is none of validation, backgrounds"),
        (["evaluate", "x", "--threshold", "high"], "--threshold: 'high' is no number from 0 to 1"),
        (["export", "x", "--calibration", "1"], "--calibration: '1' is no whole number from 100"),
        (["compile", "x", "--timeout", "soon"], "--timeout: 'soon' is no whole number"),
        (["explain", "cost", "compact", "--width", "x"], "--width: 'x' is no number from 0.1 to 2"),
        (["explain", "everything"], "invalid choice: 'everything'"),
        (["pipeline", "compact", "--out", "x", "--seed", "-3"], "--seed: '-3' is no whole number"),
        (["check", "b\udcff"], r"DATA: 'b\udcff' is no name in UTF-8"),
        (["dream"], "invalid choice: 'dream'"),
        ([], "COMMAND"),
    ],
)
def test_what_cannot_be_taken_is_one_readable_line(words, says, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = refusal(words, capsys)
    assert says in said
    assert said.startswith("theylive-train")
    assert said.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_tells_an_unknown_option_in_one_line(name, capsys):
    said = refusal([name, "--no-such-thing"], capsys)
    assert said.count("\n") == 1


def test_what_can_be_taken_comes_as_its_value():
    assert whole(0, 5)("5") == 5
    assert number(0, 1)("0.5") == 0.5
    assert number()("-3") == -3
    assert several(one_of(("a", "b")))(" a, b,") == ["a", "b"]
    assert str(place("my shots ü")) == "my shots ü"
    for text in ("nan", "inf", "-inf", ""):
        with pytest.raises(ArgumentTypeError):
            number(-math.inf)(text)
