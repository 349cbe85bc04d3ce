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

import os
import signal
import subprocess
import sys
import types

import numpy as np
import pytest
import tiny_tflite

from theylive_ros.detector import edgetpu, tflite
from theylive_ros.detector.interface import DetectorError

DELEGATE = r"""
#include <stdlib.h>
#include <stdint.h>
/* TfLiteDelegate of tensorflow/lite/core/c/common.h */
typedef struct Delegate {
  void* data;
  int (*prepare)(void* context, struct Delegate* delegate);
  void* copy_from; void* copy_to; void* free_handle;
  int64_t flags;
  void* opaque;
} Delegate;
static int prepare(void* context, Delegate* delegate) { return 0; }
void* tflite_plugin_create_delegate(char** keys, char** values, size_t n, void (*report)(const char*)) {
#ifdef ABSENT
  report("no device found"); return NULL;
#endif
#ifdef CRASHES
  abort();
#endif
#ifdef HANGS
  for (;;) { }
#endif
  Delegate* delegate = calloc(1, sizeof(Delegate));
  delegate->prepare = prepare;
  return delegate;
}
void tflite_plugin_destroy_delegate(void* delegate) { free(delegate); }
"""


@pytest.fixture(scope="module")
def delegates(tmp_path_factory):
    """Builds libraries that TFLite loads as it loads libedgetpu."""
    folder = tmp_path_factory.mktemp("delegates")
    source = folder / "delegate.c"
    source.write_text(DELEGATE)

    def build(behaviour):
        library = folder / f"lib{behaviour.lower()}.so"
        if not library.exists():
            subprocess.run(["gcc", "-shared", "-fPIC", f"-D{behaviour}", "-o", library, source], check=True)
        return str(library)

    return build


@pytest.fixture
def marked(tmp_path):
    """A model that any delegate can run and that counts as compiled, as it says the operator's name somewhere."""
    return tiny_tflite.squares(tmp_path / "marked.tflite", description="edgetpu-custom-op")


def picture(model):
    tensor = model.inputs[0]
    return np.zeros(tensor.shape, tensor.dtype)


@pytest.mark.parametrize("dtype", tflite.DTYPES)
def test_a_model_runs_on_the_cpu_and_tells_its_tensors(tmp_path, dtype):
    model = tflite.open_on_cpu(tiny_tflite.squares(tmp_path / "m.tflite", dtype), threads=2)
    assert model.inputs[0].shape == (1, 32, 32, 3)
    assert [o.name for o in model.outputs] == ["boxes", "scores"]
    assert {o.dtype for o in model.outputs} == {dtype}
    assert (model.outputs[0].scale > 0) == (dtype != "float32")
    boxes, scores = model.run(picture(model))
    assert model.outputs[0].real(boxes) == pytest.approx(np.ones((1, 2, 2, 4)))
    assert scores.shape == (1, 2, 2, 2)
    assert model.device.startswith("CPU, ai-edge-litert ")
    assert "2 threads" in model.device


def test_a_closed_model_says_so(tmp_path):
    model = tflite.open_on_cpu(tiny_tflite.squares(tmp_path / "m.tflite"), threads=1)
    model.close()
    model.close()
    with pytest.raises(DetectorError, match="closed"):
        model.run(picture(model))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DetectorError, match=r"there is no model .*gone\.tflite"):
        tflite.open_on_cpu(tmp_path / "gone.tflite", threads=1)


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"<html>not a model</html>"])
def test_a_file_of_another_kind_is_named(tmp_path, content):
    path = tmp_path / "other.tflite"
    path.write_bytes(content)
    with pytest.raises(DetectorError, match="not a TFLite model"):
        tflite.read_tensors(path)


@pytest.mark.parametrize("part", [0.01, 0.2, 0.5, 0.9, 0.99])
def test_a_truncated_model_is_named(tmp_path, part):
    path = tiny_tflite.squares(tmp_path / "m.tflite")
    whole = path.read_bytes()
    path.write_bytes(whole[: max(8, int(len(whole) * part))])
    with pytest.raises(DetectorError, match="damaged or truncated"):
        tflite.open_on_cpu(path, threads=1)


def test_a_compiled_model_is_refused_on_the_cpu_but_can_be_described(tmp_path):
    path = tiny_tflite.compiled(tmp_path / "m_edgetpu.tflite")
    with pytest.raises(DetectorError, match="compiled for the Edge TPU and cannot run on the CPU: use device edgetpu"):
        tflite.open_on_cpu(path, threads=1)
    assert [o.name for o in tflite.read_tensors(path)[1]] == ["boxes", "scores"]


def test_a_model_of_another_number_type_is_refused(tmp_path):
    path = tiny_tflite.reshape(tmp_path / "m.tflite", (1, 4, 4, 3), [(1, 48)], "int32")
    with pytest.raises(DetectorError, match="int32; export the model as int8, uint8 or float32"):
        tflite.open_on_cpu(path, threads=1)


def test_an_integer_model_without_scale_is_refused(tmp_path):
    path = tiny_tflite.reshape(tmp_path / "m.tflite", (1, 4, 4, 3), [(1, 48)], "int8", scale=None)
    with pytest.raises(DetectorError, match="full-integer quantisation"):
        tflite.open_on_cpu(path, threads=1)


def fake_runtime(monkeypatch, name, **members):
    module = types.ModuleType(f"{name}.interpreter")
    vars(module).update(members)
    monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, f"{name}.interpreter", module)
    return module


def test_tflite_runtime_serves_where_litert_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "ai_edge_litert", None)
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    module = fake_runtime(monkeypatch, "tflite_runtime")
    runtime = tflite.find_runtime()
    assert (runtime.name, runtime.module) == ("tflite-runtime", module)


def test_no_runtime_at_all_names_the_one_to_install(monkeypatch):
    for name in ("ai_edge_litert", "ai_edge_litert.interpreter", "tflite_runtime", "tflite_runtime.interpreter"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(DetectorError, match="pip install ai-edge-litert"):
        tflite.find_runtime()


def test_an_unplugged_tpu_is_an_error_with_its_cure(tmp_path):
    class Unplugged:
        def __init__(self, details):
            self.get_input_details, self.get_output_details = details.get_input_details, details.get_output_details

        def set_tensor(self, index, value):
            pass

        def invoke(self):
            raise RuntimeError("USB transfer error 5 [LibUsbDataOut]\nNode number 0 failed to invoke.")

    path = tiny_tflite.squares(tmp_path / "m.tflite")
    interpreter = tflite.find_runtime().module.Interpreter(model_path=str(path))
    model = tflite.Model(Unplugged(interpreter), path, "Edge TPU, usb")
    with pytest.raises(DetectorError, match=r"USB transfer error 5.*plug the Coral in again") as error:
        model.run(picture(model))
    assert "\n" not in str(error.value)


def test_a_compiled_model_runs_through_a_delegate_library(marked, delegates):
    library = delegates("WORKS")
    assert edgetpu.probe_edgetpu(library=library).ok
    model = edgetpu.open_on_edgetpu(marked, library)
    assert model.device.startswith("Edge TPU, ")
    assert len(model.run(picture(model))) == 2
    model.close()


def test_an_absent_tpu_is_named(marked, delegates, monkeypatch):
    library = delegates("ABSENT")
    monkeypatch.setattr(edgetpu, "coral_on_usb", lambda: None)
    result = edgetpu.probe_edgetpu(library=library)
    assert not result.ok
    assert "no device found" in result.message
    with pytest.raises(DetectorError, match=r"no device found.*plug the Coral in|cannot be opened"):
        edgetpu.open_on_edgetpu(marked, library)


def test_a_delegate_that_crashes_does_not_take_this_process_with_it(marked, delegates):
    with pytest.raises(DetectorError, match="crashes this TFLite runtime \\(SIGABRT\\)"):
        edgetpu.open_on_edgetpu(marked, delegates("CRASHES"))


def test_a_delegate_that_hangs_is_given_up(delegates):
    result = edgetpu.probe_edgetpu(library=delegates("HANGS"), timeout=1.5)
    assert not result.ok
    assert "does not answer" in result.message


def test_a_missing_delegate_library_is_named(marked):
    with pytest.raises(DetectorError, match=r"libnowhere\.so is not installed.*libedgetpu1-std"):
        edgetpu.open_on_edgetpu(marked, "libnowhere.so")


def test_a_model_that_is_not_compiled_is_refused_on_the_tpu(tmp_path):
    path = tiny_tflite.squares(tmp_path / "plain.tflite")
    with pytest.raises(DetectorError, match=r"edgetpu_compiler plain\.tflite"):
        edgetpu.open_on_edgetpu(path)


def test_a_delegate_that_does_not_know_the_operator_is_an_error(tmp_path, delegates):
    with pytest.raises(DetectorError, match="edgetpu-custom-op"):
        edgetpu.open_on_edgetpu(tiny_tflite.compiled(tmp_path / "m_edgetpu.tflite"), delegates("WORKS"))


def fake_pycoral(folder, content):
    package = folder / "pycoral" / "utils"
    package.mkdir(parents=True)
    (folder / "pycoral" / "__init__.py").touch()
    (package / "__init__.py").touch()
    (package / "edgetpu.py").write_text(content)


def forget_pycoral():
    for name in [n for n in sys.modules if n.split(".")[0] == "pycoral"]:
        del sys.modules[name]


def test_pycoral_opens_the_model_where_it_is_installed(marked, tmp_path, monkeypatch):
    fake_pycoral(
        tmp_path,
        "from ai_edge_litert.interpreter import Interpreter\n"
        "def list_edge_tpus(): return [{'type': 'usb', 'path': 'somewhere'}]\n"
        "def make_interpreter(path): return Interpreter(model_path=path)\n",
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    try:
        assert "pycoral" in edgetpu.probe_edgetpu().message
        assert edgetpu.open_on_edgetpu(marked, "libnowhere.so").device == "Edge TPU, pycoral"
    finally:
        forget_pycoral()


def test_the_pycoral_of_pypi_is_another_project_and_is_passed_over(marked, tmp_path, monkeypatch, delegates):
    (tmp_path / "pycoral.py").write_text("'''genomics'''\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    try:
        assert "with ai-edge-litert" in edgetpu.open_on_edgetpu(marked, delegates("WORKS")).device
    finally:
        forget_pycoral()


def test_a_coral_is_known_by_its_usb_ids(tmp_path):
    for name, vendor, product in (("1-1", "046d", "0825"), ("2-1", "18d1", "9302")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "idVendor").write_text(vendor + "\n")
        (tmp_path / name / "idProduct").write_text(product + "\n")
    (tmp_path / "usb1").mkdir()
    assert edgetpu.coral_on_usb(tmp_path) == "18d1:9302"
    assert edgetpu.coral_on_usb(tmp_path / "1-1") is None


def test_a_coral_that_is_there_but_cannot_be_opened_points_to_rights_and_rivals(monkeypatch):
    monkeypatch.setattr(edgetpu, "coral_on_usb", lambda: "18d1:9302")
    assert "plugdev" in str(edgetpu._absent("libedgetpu.so.1", ValueError("Failed to load delegate")))


def test_the_probe_survives_a_child_that_prints_nothing(monkeypatch):
    done = subprocess.CompletedProcess([], 1, "", "Traceback\nKeyError: 3")
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: done)
    assert "KeyError: 3" in edgetpu.probe_edgetpu().message
    killed = subprocess.CompletedProcess([], -signal.SIGSEGV, "", "")
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: killed)
    assert "SIGSEGV" in edgetpu.probe_edgetpu().message
    assert os.linesep not in edgetpu.probe_edgetpu().message
