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

"""Fetch the public data set (chxadr/humanxalien-dataset, 1,001 heads and 500 backgrounds, PDDL 1.0, some 20 MB) into a new folder.

Every file is verified, and DIR appears only when all is well; DIR/download.json lists what came. A download that broke off goes on when the
same command is given again, where the server can do that (GitHub cannot, and sends it anew). A whole data set in DIR is left as it is.
"""

from __future__ import annotations

import argparse
import sys

from theylive_training.arguments import place


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--out", type=place, required=True, metavar="DIR", help="new folder")
    parser.add_argument("--url", help="another address of such a .tar.gz (default: of one commit, at GitHub)")


def run(args: argparse.Namespace) -> int:
    """Download. Raises TrainingError."""
    from tqdm import tqdm

    from theylive_training.data import public_set

    with tqdm(unit="B", unit_scale=True, desc="download", file=sys.stderr, disable=not sys.stderr.isatty(), leave=False) as bar:

        def progress(have: int, total: int | None) -> None:
            bar.total = total
            bar.update(have - bar.n)

        def say(words: str) -> None:
            bar.write(f"theylive-train download: {words}", file=sys.stderr)

        got = public_set.download(args.out, args.url or public_set.PUBLIC.url, public_set.PUBLIC, progress, say)
    came = "was there already" if got.was_there else "came whole"
    version = "" if got.is_known else ", another version than the one this program knows"
    print(f"{args.out}: {got.heads} heads and {got.boards} backgrounds {came}{version}")
    print(f"next: theylive-train check {args.out}")
    return 0
