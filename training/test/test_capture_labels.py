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

"""The label file of captured pictures: what is read, and how a torn end is mended."""

import os

import pytest
from theylive_training.capture.labels import Row, mend, parse, parse_line
from theylive_training.errors import TrainingError


def test_a_row_is_written_as_in_the_public_set():
    assert Row("capture_20250618_063107.jpg", 48.4, 37.6, 0).line() == "capture_20250618_063107.jpg,48,38,0\n"


@pytest.mark.skipif("THEYLIVE_DATA" not in os.environ, reason="THEYLIVE_DATA names no data set")
def test_the_public_sets_file_comes_back_byte_for_byte():
    with open(os.path.join(os.environ["THEYLIVE_DATA"], "humanxalien", "data_mnetv2", "labels_mnetv2.csv"), "rb") as file:
        data = file.read()
    table = parse(data, "labels")
    assert len(table.rows) == 1346
    assert "".join(row.line() for row in table.rows).encode() == data
    assert mend(table, {}) is None


@pytest.mark.parametrize("line", ["", "a.jpg", "a.jpg,1,2", "a.jpg,1,2,3", "a.jpg,x,2,0", ",1,2,0", "a.jpg,nan,2,0", "a.jpg,1,2,0,5"])
def test_what_is_no_row_is_none(line):
    assert parse_line(line) is None


def test_a_damaged_line_in_the_middle_is_named():
    with pytest.raises(TrainingError, match=r"labels.csv line 2 is 'rubbish'"):
        parse(b"a.jpg,1,2,0\nrubbish\nb.jpg,1,2,0\n", "labels.csv")


def test_windows_line_ends_and_empty_lines_are_no_damage():
    table = parse(b"a.jpg,1,2,0\r\n\nb.jpg,1.5,2,2\n\n", "labels.csv")
    assert table.rows == (Row("a.jpg", 1, 2, 0), Row("b.jpg", 1.5, 2, 2))
    assert mend(table, {}) is None


def mended(data, pending=None):
    cure = mend(parse(data, "labels.csv"), pending or {})
    return data if cure is None else data[: cure.keep] + cure.add


def test_a_first_line_of_column_names_is_no_damage():
    table = parse(b"name,centre_x,centre_y,class\na.jpg,1,2,0\nb.jp", "labels.csv")
    assert table.rows == (Row("a.jpg", 1, 2, 0),)
    assert mend(table, {}).keep == len(b"name,centre_x,centre_y,class\na.jpg,1,2,0\n")


BEFORE = b"a.jpg,1,2,0\n"
THREE = b"b.jpg,10,20,0\nb.jpg,30,40,1\nb.jpg,50,60,0\n"


@pytest.mark.parametrize("cut", range(len(THREE)))
def test_wherever_three_rows_are_torn_the_picture_keeps_all_or_none(cut):
    whole = BEFORE + THREE
    assert mended(BEFORE + THREE[:cut], {"b.jpg": 3}) == (whole if cut == len(THREE) - 1 else BEFORE)


@pytest.mark.parametrize("cut", range(1, len(b"b.jpg,10,20,0\n")))
def test_a_torn_row_goes_also_where_nothing_tells_what_was_being_saved(cut):
    data = BEFORE + b"b.jpg,10,20,0\n"[:cut]
    assert mended(data) in (BEFORE, data + b"\n")


def test_a_torn_row_takes_the_other_rows_of_its_picture_along():
    assert mended(BEFORE + b"b.jpg,10,20,0\nb.jpg,30,") == BEFORE


def test_a_file_that_an_editor_left_without_a_last_line_end_loses_nothing():
    assert mended(b"a.jpg,1,2,0\nb.jpg,3,4,1") == b"a.jpg,1,2,0\nb.jpg,3,4,1\n"


def test_zeros_that_a_power_cut_leaves_are_cut_off():
    assert mended(BEFORE + b"\0" * 40) == BEFORE
