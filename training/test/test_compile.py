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

"""A model compiled for the Edge TPU keeps its labels and tells what stays on the CPU; a compiler that fails leaves nothing."""

import json
import shutil
import time

import pytest
from fake_compiler import FAILED, INTERNAL, PARTLY, UNQUANTISED, WHOLE, compiled, install
from theylive_training.__main__ import main
from theylive_training.tflite.compiler import MAPPED, parse

from theylive_ros.detector import manifest
from theylive_ros.share import share_path

SHIPPED = share_path("models", "compact_yolo_224_int8.tflite")


@pytest.fixture
def model(tmp_path):
    folder = tmp_path / "models"
    folder.mkdir()
    for path in (SHIPPED, SHIPPED.with_suffix(".json")):
        shutil.copy(path, folder)
    return folder / SHIPPED.name


@pytest.fixture
def place(tmp_path):
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


def there(folder):
    return sorted(p.name for p in folder.iterdir())


def test_a_compiled_model_has_a_manifest_that_says_what_it_was_made_of(model, place, capsys):
    program = install(place, WHOLE, compiled(SHIPPED))
    assert main(["compile", str(model), "--compiler", str(program)]) == 0
    made = model.with_name("compact_yolo_224_int8_edgetpu.tflite")
    assert capsys.readouterr().out.strip() == str(made)
    told, source = manifest.load(made), manifest.load(model)
    assert (told.labels, told.input, told.outputs, told.fit) == (source.labels, source.input, source.outputs, source.fit)
    facts = told.training["compiled"]
    assert facts["compiled_from"] == source.sha256
    assert facts["compiler"] == "16.0.384591198"
    assert (facts["mapped"], facts["on_cpu"], facts["edgetpu_subgraphs"]) == (47, 0, 1)
    assert facts["memory_bytes"] == {"on_chip_used": round(880.25 * 1024), "on_chip_left": round(6.62 * 2**20), "off_chip_used": 0}
    assert told.training["licence"] == source.training["licence"]
    assert len(there(model.parent)) == 4


def test_operators_left_on_the_cpu_are_counted_with_their_reasons(model, place, capsys):
    program = install(place, PARTLY, compiled(SHIPPED, left=2))
    assert main(["compile", str(model), "--compiler", str(program)]) == 1
    said = capsys.readouterr().err
    assert "63 operators mapped" in said
    assert "1 LOGISTIC: Operation is otherwise supported" in said
    assert "1 CONCATENATION: More than one subgraph is not supported" in said
    assert "2 operators stay on the CPU" in said
    assert manifest.load(model.with_name(f"{model.stem}_edgetpu.tflite")).training["compiled"]["on_cpu"] == 2


def test_what_stays_on_the_cpu_is_counted_in_the_file_when_the_report_cannot_be_read(model, place, capsys):
    program = install(place, "\x00\x01 gibberish 12\n", compiled(SHIPPED, left=3))
    assert main(["compile", str(model), "--compiler", str(program)]) == 1
    said = capsys.readouterr().err
    assert "cannot be read" in said
    assert "3 operators stay on the CPU" in said


@pytest.mark.parametrize(
    ("words", "result", "ending", "says"),
    [
        (FAILED, None, "exit 1", "Model failed in Tflite interpreter"),
        (INTERNAL, None, "exit 1", "Internal compiler error"),
        (UNQUANTISED, None, "exit 1", "Model not quantized"),
        (FAILED, None, "exit 0", "did not compile"),
        ("", None, "exit 0", "it said nothing"),
        ("", None, "kill -SEGV $$", "died of signal 11"),
        ("\x00\xff garbage", b"no model", "exit 0", "not a TFLite model"),
        (WHOLE, b"", "exit 0", "not a TFLite model"),
        (WHOLE, "half", "exit 0", "damaged"),
        (WHOLE, "as it was", "exit 0", "nothing of it maps"),
        (WHOLE, "whole", "exit 3", "did not compile"),
    ],
)
def test_a_compiler_that_fails_leaves_nothing(words, result, ending, says, model, place, capsys):
    result = {"half": compiled(SHIPPED)[:4000], "as it was": SHIPPED.read_bytes(), "whole": compiled(SHIPPED)}.get(result, result)
    before = there(model.parent)
    program = install(place, words, result, ending)
    assert main(["compile", str(model), "--compiler", str(program)]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
    assert there(model.parent) == before


def test_a_compiler_that_hangs_is_stopped_with_its_children(model, place, capsys, monkeypatch):
    monkeypatch.setattr("theylive_training.tflite.compiler._GRACE", 0)
    before = there(model.parent)
    program = install(place, WHOLE, compiled(SHIPPED), f"sh -c 'sleep 2; touch {place}/alive' & sleep 60")
    begin = time.monotonic()
    assert main(["compile", str(model), "--compiler", str(program), "--timeout", "1"]) == 2
    assert time.monotonic() - begin < 10
    assert "--timeout" in capsys.readouterr().err
    assert there(model.parent) == before
    time.sleep(1.5)
    assert not (place / "alive").exists()


def test_without_the_compiler_it_says_where_to_get_it(model, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    before = there(model.parent)
    assert main(["compile", str(model)]) == 2
    error = capsys.readouterr().err
    assert "coral.ai" in error
    assert "x86-64" in error
    assert error.count("\n") == 1
    assert there(model.parent) == before


def test_compiling_again_replaces_its_own_file_but_nobody_elses(model, place, capsys):
    program = install(place, WHOLE, compiled(SHIPPED))
    made = model.with_name(f"{model.stem}_edgetpu.tflite")
    made.write_bytes(b"mine")
    assert main(["compile", str(model), "--compiler", str(program)]) == 2
    assert "move it away" in capsys.readouterr().err
    assert made.read_bytes() == b"mine"
    made.unlink()
    assert main(["compile", str(model), "--compiler", str(program)]) == 0
    install(place, PARTLY, compiled(SHIPPED, left=1))
    assert main(["compile", str(model), "--compiler", str(program)]) == 1
    assert manifest.load(made).training["compiled"]["on_cpu"] == 1


@pytest.mark.parametrize("wrong", ["nothing", "no manifest", "not the file", "compiled", "compiler"])
def test_wrong_input_is_one_line_and_nothing_changes(wrong, model, place, capsys):
    program = install(place, WHOLE, compiled(SHIPPED))
    if wrong == "nothing":
        model.unlink()
    elif wrong == "no manifest":
        model.with_suffix(".json").unlink()
    elif wrong == "not the file":
        model.write_bytes(model.read_bytes() + b"x")
    elif wrong == "compiler":
        program.chmod(0o644)
    else:
        assert main(["compile", str(model), "--compiler", str(program)]) == 0
        model = model.with_name(f"{model.stem}_edgetpu.tflite")
        capsys.readouterr()
    before = there(model.parent)
    assert main(["compile", str(model), "--compiler", str(program)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert there(model.parent) == before


def test_the_table_is_read_once_though_the_log_repeats_it():
    said = parse(PARTLY + PARTLY)
    assert [(r.operator, r.count) for r in said.rows if r.status == MAPPED] == [("CONV_2D", 61), ("PAD", 2)]
    assert sum(r.count for r in said.left) == 2
    assert said.memory["off_chip_used"] == round(41.75 * 1024)
    assert json.dumps(said.to_json())
