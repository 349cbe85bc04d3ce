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

"""Hold an exported int8 model against its float net on pictures that it has not learned from.

Limits are set on what the integers may cost: mAP50-95, Johns called aliens, the aliens' centres; and nothing may stay off the Edge TPU.
Writes verify.json into the run's folder, and metrics and verdict into the model's manifest. Without --data, which `ship` asks for, drawn
pictures judge. Exit status 1: a limit is not kept.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from theylive_training.arguments import add_data, place


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("model", type=place, metavar="RUN", help="folder of an exported run, or its int8 model")
    add_data(parser)


def run(args: argparse.Namespace) -> int:
    """Verify. 1: a limit is not kept. Raises TrainingError."""
    from theylive_training.run_folder import model_of
    from theylive_training.tflite.verify import verify

    found = verify(model_of(args.model), args.data, args.split)
    data = found.told["data"]
    where = f"part {data['part']} of the split {data['split']}" if data["kind"] == "real" else "drawn pictures, for lack of --data"
    print(f"{found.told['model']} on {where}")
    print(_table(found.main()))
    for note in found.notes:
        print(f"note: {note}", file=sys.stderr)
    for line in found.failed:
        print(f"not kept: {line}", file=sys.stderr)
    print("not passed" if found.failed else "passed")
    return int(bool(found.failed))


def _table(results: dict[str, dict[str, Any]]) -> str:
    rows = [f"{'':8}  accuracy   mAP50  mAP50-95  missed  Johns called aliens  aliens' centres off p50 / p95 px"]
    for who, r in results.items():
        error = r["centre_error_px"]["alien"]
        centres = f"{error['p50']:.2f} / {error['p95']:.2f}" if error else "-"
        missed = sum(r["missed"].values())
        shares = "  ".join(f"{_share(r.get(k)):>{w}}" for k, w in (("accuracy", 8), ("map50", 6), ("map50_95", 8)))
        rows.append(f"{who:8}  {shares}  {missed:6}  {r['john_called_alien']:19}  {centres}")
    return "\n".join(rows)


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
