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

"""Makes the clone's virtual environment; nothing happens when it is up to date. See `make help` and docs/install.md.

usage: python3 tools/setup_clone.py [--training] [--keep-python] [--ros DISTRIBUTION]
"""

# This file alone must be readable by a Python that is too old, so that it can say so.
import sys

if sys.version_info < (3, 10):  # noqa: UP036
    sys.exit(
        "setup: %s is Python %d.%d, 3.10 or newer is needed: sudo apt install python3.11 python3.11-venv python3.11-dev (or another that "  # noqa: UP031
        "the system has), then PYTHON=python3.11 make ..." % (sys.executable, sys.version_info[0], sys.version_info[1])
    )

from environment import main

sys.exit(main())
