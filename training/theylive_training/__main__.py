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

"""The command theylive-train."""

from __future__ import annotations

import argparse
import importlib
import os
import shlex
import sys
from collections.abc import Sequence

from theylive_training.arguments import Parser

COMMANDS = {
    "capture": "take labelled pictures with a camera: bursts, or clicks on the heads",
    "download": "fetch the public data set, and verify it",
    "check": "audit a data set: files, labels, division, and how exact the labels are",
    "convert": "write a data set as CSV, YOLO or COCO",
    "split": "divide pictures into those to learn from and those to judge by",
    "synth": "make labelled pictures: many heads on a board, crowds, empty boards, the simulator's",
    "train": "fit a net: compact, yolov8n or mobilenetv2",
    "evaluate": "judge models on pictures that they have not learned from",
    "sweep": "train nets of several sizes, and plot accuracy against time",
    "explain": "say what a net costs, what it sees and what it makes of a picture",
    "export": "make the int8 TFLite file and its manifest of a finished training",
    "verify": "hold an int8 model against its float net, within limits",
    "edgetpu-check": "say what of a model would not map onto the Edge TPU",
    "compile": "compile a model for the Edge TPU, where Google's compiler is installed",
    "ship": "copy verified models to where the robot finds them",
    "report": "write one page about trainings, models and data",
    "pipeline": "the whole way of a net, from pictures to a verified model and its report",
}
_OURS = ("theylive_training", "theylive_ros")  # whose errors are one line for a person
_FOLDERS = ("--data", "--out", "--start", "--split", "--weights")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status. 0: done; 1: done, but found wanting; 2: something given is missing or wrong."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given and given[0] in COMMANDS:
        return _run(given[0], given[1:])
    width = max(map(len, COMMANDS))
    listing = "\n".join(f"  {name:<{width}}  {words}" for name, words in COMMANDS.items())
    parser = Parser(
        prog="theylive-train",
        description="From pictures to the models that theylive_ros loads.",
        epilog=f"commands:\n{listing}\n\n'theylive-train COMMAND --help' says more of each.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND")
    parser.parse_args(given)
    return 2


def _run(name: str, words: list[str]) -> int:
    module = importlib.import_module(f"theylive_training.commands.{name.replace('-', '_')}")
    parser = Parser(prog=f"theylive-train {name}", description=module.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    module.add_arguments(parser)
    args = parser.parse_args(words)
    args.command_line = _without_folders(["theylive-train", name, *words])
    try:
        return module.run(args)
    except KeyboardInterrupt:
        print(f"theylive-train {name}: interrupted; the same command goes on", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader (head, less) has left; Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        if not (error.strerror and error.filename):
            raise  # of no file that a person could mend
        print(f"theylive-train {name}: {error.filename}: {error.strerror}: mend it or name another place", file=sys.stderr)
        return 2
    except Exception as error:
        if type(error).__module__.split(".")[0] not in _OURS:
            raise  # a bug: show where
        print(f"theylive-train {name}: {error}", file=sys.stderr)
        return 2


def _without_folders(words: Sequence[str]) -> str:
    """The command as it was given, without the folders of this machine: it goes into manifests."""
    kept, skip = [], False
    for word in words:
        option, is_joined, _ = word.partition("=")
        is_folder = option in _FOLDERS
        kept.append("DIR" if skip else f"{option}=DIR" if is_folder and is_joined else word)
        skip = is_folder and not is_joined
    return shlex.join(kept)


if __name__ == "__main__":
    sys.exit(main())
