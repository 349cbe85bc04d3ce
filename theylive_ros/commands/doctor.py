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

"""Check this machine and say what to mend.

Each line is ok, warn or fail. Exit status 1 when something fails that the simulator, pictures and bags need, too; what only the rig
needs is at most a warning.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path

from theylive_ros.doctor.devices import check_devices
from theylive_ros.doctor.finding import FAIL
from theylive_ros.doctor.software import check_software
from theylive_ros.doctor.system import check_system
from theylive_ros.doctor.table import table
from theylive_ros.share import share_path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--json", action="store_true", help='{"ok": ..., "checks": [{name, status, detail, cure, part}]} on one line')


def run(args: argparse.Namespace) -> int:
    """Print what was found; 0 unless something fails."""
    findings = [*check_software(share_path("models")), *check_system(), *check_devices(Path("/"))]
    ok = all(f.status != FAIL for f in findings)
    if args.json:
        print(json.dumps({"ok": ok, "checks": [f.as_json() for f in findings]}))
    else:
        print(table(findings, min(shutil.get_terminal_size().columns, 100), sys.stdout.isatty()))
    return 0 if ok else 1
