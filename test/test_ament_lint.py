"""ROS's own linters, where they are installed, have nothing to say beyond what this house does otherwise; ruff holds the rest."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CODE = [str(ROOT / name) for name in ("theylive_ros", "launch", "setup.py", "test", "tools")]
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


def test_ament_flake8_is_content():
    main = pytest.importorskip("ament_flake8.main", reason="needs ament_flake8: apt install ros-$ROS_DISTRO-ament-flake8")
    count, errors = main.main_with_errors(["--config", str(ROOT / "setup.cfg"), *CODE])
    assert count == 0, "\n".join(errors)


def test_ament_pep257_is_content():
    main = pytest.importorskip("ament_pep257.main", reason="needs ament_pep257: apt install ros-$ROS_DISTRO-ament-pep257")
    assert main.main(["--ignore", *HOUSE, "--", *CODE]) == 0
