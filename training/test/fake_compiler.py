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

"""Stands in for Google's edgetpu_compiler, which cannot be had everywhere: its words are those of version 16.0."""

from pathlib import Path

import flatbuffers
from ai_edge_litert import schema_py_generated as schema

WHOLE = """\
Edge TPU Compiler version 16.0.384591198
Started a compilation timeout timer of 600 seconds.

Model compiled successfully in 524 ms.

Input model: m.tflite
Input size: 846.47KiB
Output model: m_edgetpu.tflite
Output size: 1.22MiB
On-chip memory used for caching model parameters: 880.25KiB
On-chip memory remaining for caching model parameters: 6.62MiB
Off-chip memory used for streaming uncached model parameters: 0.00B
Number of Edge TPU subgraphs: 1
Total number of operations: 65
Operation log: m_edgetpu.log

Operator                       Count      Status

ADD                            6          Mapped to Edge TPU
CONV_2D                        37         Mapped to Edge TPU
MAX_POOL_2D                    3          Mapped to Edge TPU
RESIZE_NEAREST_NEIGHBOR        1          Mapped to Edge TPU
Compilation child process completed within timeout period.
Compilation succeeded!
"""
PARTLY = """\
Edge TPU Compiler version 16.0.384591198
Started a compilation timeout timer of 600 seconds.

Model compiled successfully in 1524 ms.

On-chip memory used for caching model parameters: 4.21MiB
On-chip memory remaining for caching model parameters: 3.29MiB
Off-chip memory used for streaming uncached model parameters: 41.75KiB
Number of Edge TPU subgraphs: 1
Total number of operations: 65

Model successfully compiled but not all operations are supported by the Edge TPU. A percentage of the model will instead run on the CPU, \
which is slower. If possible, consider updating your model to use only operations supported by the Edge TPU. For details, visit \
g.co/coral/model-reqs.
Number of operations that will run on Edge TPU: 63
Number of operations that will run on CPU: 2
See the operation log file for individual operation details.

Operator                       Count      Status

CONV_2D                        61         Mapped to Edge TPU
PAD                            2          Mapped to Edge TPU
LOGISTIC                       1          Operation is otherwise supported, but not mapped due to some unspecified limitation
CONCATENATION                  1          More than one subgraph is not supported
Compilation child process completed within timeout period.
Compilation succeeded!
"""
FAILED = """\
Edge TPU Compiler version 16.0.384591198
Started a compilation timeout timer of 600 seconds.
ERROR: Node number 1 (Atan) failed to prepare.

Compilation failed: Model failed in Tflite interpreter. Please ensure model can be loaded/run in Tflite interpreter.
Compilation child process completed within timeout period.
Compilation failed!
"""
INTERNAL = "Edge TPU Compiler version 14.1.317412892\n\nInternal compiler error. Aborting!\n"
UNQUANTISED = "Edge TPU Compiler version 14.1.317412892\nInvalid model: m.tflite\nModel not quantized\n"


def compiled(model: Path, left: int = 0) -> bytes:
    """The model as the compiler leaves it: one custom operator, and the last `left` operators as they were."""
    tree = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model.read_bytes(), 0))
    graph = tree.subgraphs[0]
    custom = schema.OperatorCodeT()
    custom.builtinCode, custom.deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM, schema.BuiltinOperator.CUSTOM
    custom.customCode, custom.version = b"edgetpu-custom-op", 1
    tree.operatorCodes.append(custom)
    tpu = schema.OperatorT()
    tpu.opcodeIndex, tpu.inputs, tpu.outputs = len(tree.operatorCodes) - 1, graph.inputs, graph.outputs
    kept = graph.operators[len(graph.operators) - left :]
    if left:
        tpu.outputs = kept[0].inputs[:1]
    graph.operators = [tpu, *kept]
    builder = flatbuffers.Builder(1024)
    builder.Finish(tree.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def install(folder: Path, words: str, result: bytes | None, ending: str = "exit 0") -> Path:
    """A program that says `words`, leaves `result` where the compiler would, and ends as the shell line `ending` says."""
    (folder / "said").write_text(words)
    lines = [
        "#!/bin/sh",
        'while [ $# -gt 1 ]; do case "$1" in --out_dir) out="$2"; shift;; esac; shift; done',
        f'cat "{folder}/said"',
    ]
    if result is not None:
        (folder / "result").write_bytes(result)
        lines.append(f'name=$(basename "$1" .tflite); cp "{folder}/result" "$out/${{name}}_edgetpu.tflite"')
        lines.append(f'cp "{folder}/said" "$out/${{name}}_edgetpu.log"')
    program = folder / "edgetpu_compiler"
    program.write_text("\n".join([*lines, ending, ""]))
    program.chmod(0o755)
    return program
