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

"""What several commands take on the command line, and what a person is told about words that cannot be taken."""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NoReturn, TypeVar

from theylive_training.errors import TrainingError

Value = TypeVar("Value")


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line; those of its subcommands are, too."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and leave with exit status 2."""
        self.exit(2, f"{self.prog}: {message}; --help says what it takes\n")


def whole(least: int, most: int = 2**31 - 1) -> Callable[[str], int]:
    """For argparse: a whole number from `least` to `most`."""

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} to {most}")
        return value

    return read


positive = whole(1)


def number(least: float = -math.inf, most: float = math.inf) -> Callable[[str], float]:
    """For argparse: a finite number from `least` to `most`."""
    bounds = f" of {least:g} or more" if most == math.inf else f" from {least:g} to {most:g}"
    words = "no number" + (bounds if least > -math.inf else "")

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and least <= value <= most):
            raise argparse.ArgumentTypeError(f"{text!r} is {words}")
        return value

    return read


def one_of(names: Iterable[str]) -> Callable[[str], str]:
    """For argparse: one of `names`; for a list of them, see `several`."""
    known = tuple(names)

    def read(text: str) -> str:
        if text not in known:
            raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(known)}")
        return text

    return read


def several(read: Callable[[str], Value]) -> Callable[[str], list[Value]]:
    """For argparse: one or more of what `read` reads, with commas between them."""

    def read_all(text: str) -> list[Value]:
        words = [word.strip() for word in text.split(",") if word.strip()]
        if not words:
            raise argparse.ArgumentTypeError(f"{text!r} names nothing: give one or more, with commas between them")
        return [read(word) for word in words]

    return read_all


def place(text: str) -> Path:
    """For argparse: the name of a file or folder. An empty one would mean the folder that one is in; it is refused."""
    if not text:
        raise argparse.ArgumentTypeError("the name is empty")
    if any("\ud800" <= letter <= "\udfff" for letter in text):  # bytes that Python could not read; TensorFlow takes no such names
        raise argparse.ArgumentTypeError(f"{text!a} is no name in UTF-8: rename it, or choose a locale such as LC_ALL=C.UTF-8")
    return Path(text)


def add_data(parser: argparse.ArgumentParser) -> None:
    """--data and --split."""
    known = os.environ.get("THEYLIVE_DATA")
    parser.add_argument(
        "--data", type=place, default=Path(known) if known else None, metavar="DIR", help="folder of the pictures (default: THEYLIVE_DATA)"
    )
    parser.add_argument("--split", type=place, metavar="FILE", help="a file that `split` wrote (default: the set's own division)")


def needed_data(args: argparse.Namespace) -> Path:
    """The folder of --data. Raises TrainingError where none was named."""
    if args.data is None:
        raise TrainingError("no data set: give its folder as --data or in THEYLIVE_DATA")
    return args.data
