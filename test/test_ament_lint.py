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

"""ROS's own linters, where they are installed, have nothing to say beyond what this house does otherwise; ruff holds the rest."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CODE = [str(ROOT / name) for name in ("theylive_ros", "launch", "setup.py", "test", "tools")]
WHOLE = [*CODE, *(str(ROOT / name) for name in ("training", "docs/conf.py", "CONTRIBUTING.md", "LICENSE"))]
MANIFESTS = [str(path) for path in (ROOT / "package.xml", ROOT / "training/package.xml", *ROOT.glob("msg/*/package.xml"))]
# Docstrings here are statements about the thing, not orders, and begin where their quotes do.
HOUSE = [
    "D100",
    "D101",
    "D102",
    "D103",
    "D104",
    "D105",
    "D106",
    "D107",
    "D203",
    "D205",
    "D209",
    "D212",
    "D213",
    "D400",
    "D401",
    "D402",
    "D403",
    "D404",
    "D415",
]


def test_ament_copyright_is_content():
    main = pytest.importorskip("ament_copyright.main", reason="needs ament_copyright: apt install ros-$ROS_DISTRO-ament-copyright")
    assert main.main(WHOLE) == 0


def test_ament_xmllint_is_content(capfd):
    main = pytest.importorskip("ament_xmllint.main", reason="needs ament_xmllint: apt install ros-$ROS_DISTRO-ament-xmllint")
    result = main.main(MANIFESTS)
    if "failed to load external entity" in capfd.readouterr().err:
        pytest.skip("the manifests' schema at download.ros.org cannot be reached from here")
    assert result == 0


def test_ament_flake8_is_content():
    main = pytest.importorskip("ament_flake8.main", reason="needs ament_flake8: apt install ros-$ROS_DISTRO-ament-flake8")
    count, errors = main.main_with_errors(["--config", str(ROOT / "setup.cfg"), *CODE])
    assert count == 0, "\n".join(errors)


def test_ament_pep257_is_content():
    main = pytest.importorskip("ament_pep257.main", reason="needs ament_pep257: apt install ros-$ROS_DISTRO-ament-pep257")
    assert main.main(["--ignore", *HOUSE, "--", *CODE]) == 0
