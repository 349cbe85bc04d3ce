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

"""Say what is in a recording: files, topics, how long, and what is damaged."""

from __future__ import annotations

import argparse
import datetime
import json
from pathlib import Path
from typing import Any

from theylive_ros.bags.reader import BagReader


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("bag", type=Path, metavar="BAG", help="folder of a recording, or one of its files")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print it; 0, 1 if something is damaged. Raises BagError."""
    with BagReader(args.bag) as reader:
        facts = _facts(reader)
    if args.json:
        print(json.dumps(facts))
    else:
        _print(facts)
    return 1 if facts["damage"] else 0


def _facts(reader: BagReader) -> dict[str, Any]:
    seconds = max(reader.seconds, 1e-9)
    return {
        "bag": str(reader.path),
        "version": reader.version,
        "distro": reader.distro,
        "start": reader.first,
        "seconds": reader.seconds,
        "messages": reader.count,
        "bytes": sum(path.stat().st_size for path in reader.paths if path.is_file()),
        "files": reader.files,
        "topics": [
            {"name": name, "type": t.type, "messages": t.count, "per_second": round(t.count / seconds, 2) if t.count > 1 else 0.0}
            for name, t in reader.topics.items()
        ],
        "custom": reader.custom,
        "damage": reader.damage,
    }


def _print(facts: dict[str, Any]) -> None:
    start = datetime.datetime.fromtimestamp(facts["start"] / 1e9).astimezone().isoformat(sep=" ", timespec="seconds")
    when = f", {facts['seconds']:.1f} s from {start}" if facts["messages"] else ""
    print(f"{facts['bag']}: {facts['messages']} messages{when}, {facts['bytes'] / 1e6:.1f} MB")
    print(f"files: {', '.join(facts['files'])} (rosbag2 version {facts['version'] or '?'}, ROS {facts['distro'] or '?'})")
    wide = max((len(t["name"]) for t in facts["topics"]), default=0)
    for t in facts["topics"]:
        print(f"  {t['name']:<{wide}}  {t['messages']:>7}  {t['per_second']:>7.1f} Hz  {t['type']}")
    for line in facts["damage"]:
        print(f"damaged: {line}")
