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
