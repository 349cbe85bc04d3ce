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

"""Only a model whose manifest is complete and whose very bytes passed verify reaches the robot's folder, and nothing is lost there."""

import dataclasses
import shutil

import pytest
from fake_compiler import WHOLE, compiled, install
from theylive_training.__main__ import main
from theylive_training.tflite.completeness import missing

from theylive_ros.detector import manifest
from theylive_ros.share import share_path

SHIPPED = share_path("models", "compact_yolo_224_int8.tflite")
FACTS = {
    "schedule": {"seed": 1},
    "pictures": {"sha256_of_sorted_sha256s": "1" * 64},
    "versions": {"python": "3.11"},
    "licence": {"model": "AGPL-3.0", "code": "Apache-2.0", "data": "PDDL-1.0"},
    "metrics": {"sets": {}},
}


def complete(sha256):
    data = {"kind": "real", "sha256_of_sorted_sha256s": "2" * 64, "doubt": None}
    return {**FACTS, "verify": {"passed": True, "failed": [], "sha256": sha256, "data": data}}


def put(folder, name, **changes):
    folder.mkdir(exist_ok=True)
    model = folder / f"{name}.tflite"
    shutil.copy(SHIPPED, model)
    told = manifest.load(SHIPPED)
    told = dataclasses.replace(told, model=model.name, training=complete(told.sha256))
    manifest.save(dataclasses.replace(told, **changes), manifest.path_of(model))
    return model


@pytest.fixture
def model(tmp_path):
    return put(tmp_path / "run", "m_int8")


@pytest.fixture
def to(tmp_path):
    return tmp_path / "models"


def there(folder):
    return {p.name: p.read_bytes() for p in folder.iterdir()} if folder.exists() else {}


def test_a_complete_and_verified_model_is_copied_with_its_manifest(model, to, capsys):
    assert main(["ship", str(model), "--to", str(to)]) == 0
    assert capsys.readouterr().out.strip() == str(to / "m_int8.tflite")
    assert there(to) == there(model.parent)
    assert manifest.load(to / "m_int8.tflite").labels == ("alien", "john")


def test_shipping_again_changes_nothing_and_mends_a_half(model, to):
    assert main(["ship", str(model), "--to", str(to)]) == 0
    (to / "m_int8.json").unlink()  # as though it had been killed between the two
    assert main(["ship", str(model), "--to", str(to)]) == 0
    assert there(to) == there(model.parent)


def test_another_file_is_replaced_only_when_asked(model, to, capsys):
    to.mkdir()
    (to / "m_int8.tflite").write_bytes(b"another")
    assert main(["ship", str(model), "--to", str(to)]) == 2
    assert "--replace" in capsys.readouterr().err
    assert there(to) == {"m_int8.tflite": b"another"}
    assert main(["ship", str(model), "--to", str(to), "--replace"]) == 0
    assert there(to) == there(model.parent)


def without(*path):
    facts = complete(manifest.sha256(SHIPPED))
    inner = facts
    for name in path[:-1]:
        inner[name] = dict(inner[name])
        inner = inner[name]
    del inner[path[-1]]
    return facts


def verdict(**changes):
    facts = complete(manifest.sha256(SHIPPED))
    return {**facts, "verify": {**facts["verify"], **changes}}


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({}, "the hash of its data"),
        (without("pictures", "sha256_of_sorted_sha256s"), "the hash of its data"),
        (without("schedule", "seed"), "its seed"),
        (without("versions"), "versions"),
        (without("metrics"), "metrics"),
        (without("licence"), "its licence"),
        (without("licence", "data"), "the licence of its data"),
        (without("verify"), "a passed verify"),
        (verdict(passed=False, failed=["int8: map50 0"]), "it failed: int8: map50 0"),
        (verdict(passed="yes"), "a passed verify"),
        (verdict(sha256="0" * 64), "others were verified"),
        (verdict(data={"kind": "drawn"}), "on real pictures"),
        (verdict(data={"sha256_of_sorted_sha256s": "2", "doubt": "it has learned from 9 of them"}), "it has learned from 9 of them"),
        ({"verify": [], "licence": "mine"}, "its licence"),
    ],
)
def test_what_is_missing_is_named_in_one_line_and_nothing_is_copied(facts, says, model, to, capsys):
    told = dataclasses.replace(manifest.load(model), training=facts)
    assert any(says in line for line in missing(told))
    manifest.save(told, manifest.path_of(model))
    other = put(model.parent.parent / "other", "n_int8")
    assert main(["ship", str(other), str(model), "--to", str(to)]) == 2  # all or none
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
    assert not to.exists()


def test_what_was_compiled_of_it_goes_with_it_unless_it_is_of_other_bytes(model, to, tmp_path, capsys):
    assert main(["compile", str(model), "--compiler", str(install(tmp_path, WHOLE, compiled(SHIPPED)))]) == 0
    assert main(["ship", str(model), "--to", str(to)]) == 0
    assert sorted(there(to)) == ["m_int8.json", "m_int8.tflite", "m_int8_edgetpu.json", "m_int8_edgetpu.tflite"]
    shutil.rmtree(to)
    told = manifest.load(model.with_name("m_int8_edgetpu.tflite"))
    manifest.save(dataclasses.replace(told, training={"compiled": {"compiled_from": "0"}}), model.with_name("m_int8_edgetpu.json"))
    assert main(["ship", str(model), "--to", str(to)]) == 0
    assert sorted(there(to)) == ["m_int8.json", "m_int8.tflite"]
    assert "compile again" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", ["no model", "no manifest", "cut", "a file as folder", "two of one name", "a run that is not done"])
def test_wrong_input_is_one_line_and_nothing_is_copied(wrong, model, to, tmp_path, capsys):
    given = [str(model)]
    if wrong == "no model":
        model.unlink()
    elif wrong == "no manifest":
        manifest.path_of(model).unlink()
    elif wrong == "cut":
        model.write_bytes(model.read_bytes()[:100])
    elif wrong == "a file as folder":
        to.write_text("")
    elif wrong == "two of one name":
        given.append(str(put(tmp_path / "other", "m_int8")))
    else:
        given = [str(tmp_path)]
    assert main(["ship", *given, "--to", str(to)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert to.is_file() or not to.exists()
