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

"""Compile an exported model for the Edge TPU with Google's edgetpu_compiler, where that is installed.

Writes m_edgetpu.tflite with a manifest beside m.tflite. Exit status 1: some operators stay on the CPU.
"""

from __future__ import annotations

import argparse
import sys

from theylive_training.arguments import place, positive


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "model", type=place, metavar="MODEL", help="an int8 .tflite file with its manifest, or the folder of an exported run"
    )
    parser.add_argument("--compiler", type=place, metavar="FILE", help="the compiler (default: edgetpu_compiler on PATH)")
    parser.add_argument("--timeout", type=positive, default=600, metavar="S", help="seconds that it may take (default: %(default)s)")


def run(args: argparse.Namespace) -> int:
    """Compile. 1: operators stay on the CPU. Raises TrainingError."""
    from theylive_training.run_folder import model_of
    from theylive_training.tflite.compile import compile_model

    compiled = compile_model(model_of(args.model), args.compiler, args.timeout)
    said = compiled.said
    print(compiled.path)
    mapped = sum(row.count for row in said.rows) - sum(row.count for row in said.left)
    told = [f"{mapped} operators mapped" if said.rows else "its list of operators cannot be read"]
    told += [f"{name.replace('_', ' ')} {size / 2**20:.2f} MiB" for name, size in said.memory.items()]
    print(f"edgetpu_compiler {said.version or '(says no version)'}: {', '.join(told)}", file=sys.stderr)
    for row in said.left:
        print(f"  on the CPU: {row.count} {row.operator}: {row.status}", file=sys.stderr)
    if compiled.on_cpu:
        print(f"{compiled.on_cpu} operators stay on the CPU: each run goes back and forth between the two", file=sys.stderr)
    return int(compiled.on_cpu > 0)
