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

"""The house keeps its walls: who may import whom, what is declared, what is installed."""

from __future__ import annotations

import ast
import importlib
import re
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "theylive_ros"
MESSAGES = ROOT / "msg" / "theylive_msgs"
STAGES = ("camera", "detector", "targeting", "mirrors", "calibrator", "controller", "simulator")
COMMON = {"theylive_ros", "theylive_ros.types", "theylive_ros.settings", "theylive_ros.plugins", "theylive_ros.share"}
DRIVERS = {"gpiod", "serial"}
# What only nodes/, the command line and launch files may know.
ROS = re.compile(r"(rclpy|launch|launch_ros|tf2_ros|cv_bridge|ament_index_python|diagnostic_updater|\w+_msgs|\w+_interfaces|std_srvs)$")
HEAVY = {"torch", "torchvision", "ultralytics", "tensorflow", "keras", "onnx", "onnxruntime", "theylive_training"}


def files(*parts):
    return sorted(p for p in PACKAGE.joinpath(*parts).rglob("*.py"))


def imports(path):
    """The full names of all modules and of the names taken from them, wherever in the file they are imported."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            here = path.relative_to(ROOT).with_suffix("").parts[: -node.level]
            module = ".".join([*here, node.module or ""]).strip(".") if node.level else node.module
            names |= {f"{module}.{a.name}" for a in node.names} | {module}
    return names


def top(name):
    return name.split(".")[0]


def within(name, *packages):
    return any(name == p or name.startswith(f"{p}.") for p in packages)


def complaints(paths, forbidden):
    return [f"{p.relative_to(ROOT)} imports {n}" for p in paths for n in sorted(imports(p)) if forbidden(n)]


@pytest.mark.parametrize("stage", [*STAGES, "viewing", "types.py", "messages.py", "settings.py", "plugins.py"])
def test_stages_know_no_ros_and_no_node(stage):
    paths = [PACKAGE / stage] if stage.endswith(".py") else files(stage)
    above = ("theylive_ros.nodes", "theylive_ros.commands", "theylive_ros.cli")
    assert not complaints(paths, lambda name: ROS.match(top(name)) or within(name, *above))


@pytest.mark.parametrize("stage", STAGES)
def test_stages_do_not_import_each_other(stage):
    allowed = [f"theylive_ros.{stage}"]
    if stage == "simulator":
        allowed += ["theylive_ros.mirrors.optics", "theylive_ros.controller", "theylive_ros.camera.interface"]
    if stage == "calibrator":
        allowed += [f"theylive_ros.mirrors.{module}" for module in ("optics", "plane", "correction", "calibration")]
    others = [f"theylive_ros.{s}" for s in STAGES]

    def forbidden(name):
        # `from theylive_ros.mirrors import optics` names the package on the way to an allowed module
        way = any(a.startswith(f"{name}.") for a in allowed)
        return within(name, *others) and not within(name, *allowed) and not way

    assert not complaints(files(stage), forbidden)


def test_the_controller_needs_the_standard_library_alone():
    def forbidden(name):
        return top(name) not in sys.stdlib_module_names and not within(name, "theylive_ros.controller") and name != "theylive_ros"

    lines = {*files("controller", "lines"), PACKAGE / "controller" / "serial_port.py"}
    assert not complaints(set(files("controller")) - lines, forbidden)
    assert not complaints(lines, lambda name: forbidden(name) and top(name) not in DRIVERS)


def test_nothing_on_the_robot_imports_training_or_its_tools():
    assert not complaints(files(), lambda name: top(name) in HEAVY)


def test_packages_import_nothing_by_themselves():
    for path in files():
        if path.name == "__init__.py":
            tree = ast.parse(path.read_text())
            assert ast.get_docstring(tree), f"{path.relative_to(ROOT)} says nothing of its package"
            rest = [n for n in tree.body[1:] if not (isinstance(n, ast.Assign) and n.targets[0].id == "__version__")]
            assert not rest, f"{path.relative_to(ROOT)} does more than say what its package is"


def test_every_file_begins_with_the_notice_of_the_licence():
    notice = Path(__file__).read_text().split("\n\n")[0]
    known = "".join(line.removeprefix("#").strip() for line in notice.splitlines()[2:])
    licence = "".join(line.strip() for line in (ROOT / "LICENSE").read_text().splitlines())
    assert known in licence
    code = [p for top in ("theylive_ros", "launch", "test", "tools", "training") for p in (ROOT / top).rglob("*.py")]
    assert code
    bare = [str(p.relative_to(ROOT)) for p in (*code, ROOT / "setup.py", ROOT / "docs/conf.py") if not p.read_text().startswith(notice)]
    assert not bare, bare


def declared_entry_points():
    """(group, name, value) as they stand in setup.py."""
    for node in ast.walk(ast.parse((ROOT / "setup.py").read_text())):
        if isinstance(node, ast.keyword) and node.arg == "entry_points":
            groups = ast.literal_eval(node.value)
            return [(g, *(part.strip() for part in line.split("="))) for g, lines in groups.items() for line in lines]
    raise AssertionError("setup.py has no entry_points")


@pytest.mark.parametrize(("group", "name", "value"), declared_entry_points())
def test_every_entry_point_leads_somewhere(group, name, value):
    module, attribute = value.split(":")
    if ".nodes." in module:
        pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")
    if name == "player":
        pytest.importorskip("rosbags", reason="recordings need rosbags: pip install 'rosbags<0.12'")
        pytest.importorskip("mcap", reason="recordings need mcap: pip install 'mcap>=1.6,<2'")
    assert callable(getattr(importlib.import_module(module), attribute))


def test_what_is_installed_has_the_entry_points_of_setup_py():
    installed = {(e.group, e.name, e.value) for e in distribution("theylive_ros").entry_points}
    assert installed == set(declared_entry_points()), "the installation is older than setup.py: make setup, or pip install -e ."


def test_ros_finds_every_executable():
    index = pytest.importorskip("ament_index_python.packages", reason="needs ROS 2 (ament_index_python)")
    try:
        prefix = Path(index.get_package_prefix("theylive_ros"))
    except (LookupError, OSError):
        pytest.skip("theylive_ros is not in the ament index: installed by plain pip, neither by make setup nor by colcon")
    for group, name, _ in declared_entry_points():
        if group == "console_scripts":
            assert (prefix / "lib" / "theylive_ros" / name).is_file(), f"`ros2 run theylive_ros {name}` finds nothing in {prefix}/lib"
    assert (prefix / "share" / "theylive_ros" / "package.xml").is_file()


def manifest(folder):
    return ElementTree.parse(folder / "package.xml").getroot()


def test_the_version_is_the_same_everywhere():
    setup = ast.parse((ROOT / "setup.py").read_text())
    versions = {
        "setup.py": next(ast.literal_eval(n.value) for n in ast.walk(setup) if isinstance(n, ast.keyword) and n.arg == "version"),
        "package.xml": manifest(ROOT).findtext("version"),
        "theylive_msgs": manifest(MESSAGES).findtext("version"),
        "__version__": importlib.import_module("theylive_ros").__version__,
    }
    assert len(set(versions.values())) == 1, versions


def test_the_manifest_declares_what_the_robot_imports():
    keys = {"cv2": "python3-opencv", "numpy": "python3-numpy", "yaml": "python3-yaml"}
    declared = {e.text for e in manifest(ROOT) if e.tag in ("depend", "exec_depend")}
    # Used where it is installed, and never needed.
    optional = {"vision_msgs"}
    used = {top(n) for p in [*files(), *sorted((ROOT / "launch").glob("*.py"))] for n in imports(p)}
    needed = {keys.get(n, n) for n in used if n in keys or ROS.match(n)} - optional
    assert needed <= declared, f"package.xml does not declare {sorted(needed - declared)}"


FIELD = re.compile(r"^(?P<type>[\w/]+(\[\w*(<=)?\w*\])?)\s+(?P<name>[a-z]\w*)\s*(?P<comment>#.*)?$")
UNIT = re.compile(r"\((px|s|m|rad|Hz|px/s|px\^2[^)]*)\b[^)]*\)|0 to 1")


@pytest.mark.parametrize("path", sorted(MESSAGES.glob("*/*.*")), ids=lambda p: p.name)
def test_every_field_of_a_message_says_what_it_is_in_which_unit_and_frame(path):
    assert path.read_text().startswith("# "), "a message begins with what it is"
    for line in path.read_text().splitlines():
        if not line.strip() or line.startswith(("#", "---")):
            continue
        assert "#" in line, f"no comment: {line}"
        field = FIELD.match(line)
        if field is None:  # a constant
            assert "=" in line.split("#")[0], line
            continue
        comment = field["comment"]
        if field["type"].startswith("float"):
            assert UNIT.search(comment), f"no unit: {line}"
        if re.fullmatch(r"(x|y|\w+_x|\w+_y|[xy]_(min|max))", field["name"]):
            assert "image frame" in comment, f"no frame: {line}"
        if field["type"] == "std_msgs/Header":
            assert "stamp:" in comment
            assert "frame_id:" in comment


def test_every_message_file_is_built():
    text = (MESSAGES / "CMakeLists.txt").read_text()
    there = {str(p.relative_to(MESSAGES)) for p in MESSAGES.glob("*/*.*")}
    assert there == set(re.findall(r"(?:msg|srv|action)/\w+\.(?:msg|srv|action)", text))


def test_a_wheel_holds_every_module_and_every_file_the_robot_reads(tmp_path):
    clone = tmp_path / "clone"
    for name in ("setup.py", "setup.cfg", "pyproject.toml", "package.xml", "LICENSE"):
        clone.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, clone)
    for name in ("theylive_ros", "resource", "launch", "config", "models"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, clone / name, ignore=shutil.ignore_patterns("__pycache__"))
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check", "--wheel-dir", str(tmp_path)]
    done = subprocess.run([sys.executable, "-m", "pip", "wheel", *options, str(clone)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    share = f"{wheel.name.rsplit('-', 3)[0]}.data/data/share"
    expected = {f"{share}/ament_index/resource_index/packages/theylive_ros", f"{share}/theylive_ros/package.xml"}
    expected |= {str(p.relative_to(clone)) for p in (clone / "theylive_ros").rglob("*") if p.is_file()}
    for folder in ("launch", "config", "models"):
        expected |= {f"{share}/theylive_ros/{p.relative_to(clone)}" for p in (clone / folder).rglob("*") if p.is_file()}
    assert not expected - names
