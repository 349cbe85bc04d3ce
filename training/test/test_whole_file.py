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

"""A file is there whole or as it was before, and what was being written goes."""

import pytest
from theylive_training.errors import TrainingError
from theylive_training.whole_file import write_new, write_whole


def test_a_file_takes_the_place_of_another_whole(tmp_path):
    (tmp_path / "x").write_text("old")
    write_whole(tmp_path / "x", lambda file: file.write(b"new"), "cure")
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("x", "new")]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ValueError("a bug"), KeyboardInterrupt()])
def test_what_fails_halfway_leaves_the_file_as_it_was_and_nothing_beside_it(error, tmp_path):
    (tmp_path / "x").write_text("old")

    def half(file):
        file.write(b"ne")
        raise error

    with pytest.raises(TrainingError if isinstance(error, OSError) else type(error)) as raised:
        write_whole(tmp_path / "x", half, "make room")
    if isinstance(error, OSError):
        assert str(raised.value) == f"{tmp_path / 'x'} cannot be written (No space left on device): make room"
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("x", "old")]


def test_a_place_that_cannot_be_written_is_told_with_its_cure(tmp_path):
    with pytest.raises(TrainingError, match=r"x cannot be written \(No such file or directory\): give another"):
        write_whole(tmp_path / "no" / "x", lambda file: file.write(b""), "give another")


def test_a_new_file_never_takes_the_place_of_another(tmp_path):
    write_new(tmp_path / "x", b"first", tmp_path / "part")
    (tmp_path / "part").unlink()
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "x", b"second", tmp_path / "part")
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("x", "first")]
