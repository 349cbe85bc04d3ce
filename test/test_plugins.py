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

"""A stranger's distribution adds a camera by being installed; what is wrong with a plugin is said by name, and the others work."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import textwrap
from importlib.metadata import EntryPoint, EntryPoints

import pytest

from theylive_ros import plugins
from theylive_ros.plugins import CAMERAS, PluginError
from theylive_ros.settings import setting


class Good:
    @dataclasses.dataclass
    class Config:
        rate: float = setting(30.0, "Frames", unit="Hz", low=1.0, high=120.0)

    def __init__(self, config):
        self.config = config


class WithoutConfig:
    pass


@pytest.fixture
def installed(monkeypatch):
    """Makes the given names the only installed plugins."""

    def install(*pairs):
        found = EntryPoints(EntryPoint(name, value, CAMERAS) for name, value in pairs)
        monkeypatch.setattr(plugins, "entry_points", lambda group: found.select(group=group))

    return install


GOOD = ("good", f"{__name__}:Good")
BROKEN = ("broken", "no_such_driver.camera:Camera")


def test_an_unknown_name_lists_those_that_exist(installed):
    installed(GOOD, BROKEN)
    with pytest.raises(PluginError, match=r"no plugin 'webcam' .*installed: broken, good"):
        plugins.load(CAMERAS, "webcam")


def test_without_any_plugin_the_cure_is_to_install(installed):
    installed()
    with pytest.raises(PluginError, match="is theylive_ros installed"):
        plugins.load(CAMERAS, "webcam")


def test_a_plugin_that_does_not_import_is_named_with_its_cause_and_the_others_work(installed):
    installed(BROKEN, GOOD)
    with pytest.raises(
        PluginError, match=r"'broken' .*no_such_driver.camera:Camera.* ModuleNotFoundError: No module named 'no_such_driver'"
    ):
        plugins.load(CAMERAS, "broken")
    good, bad = plugins.load_all(CAMERAS)
    assert good == {"good": Good}
    assert list(bad) == ["broken"]


def test_a_class_without_config_is_refused(installed):
    installed(("odd", f"{__name__}:WithoutConfig"))
    with pytest.raises(PluginError, match="must be a class with a dataclass named Config"):
        plugins.load(CAMERAS, "odd")


def test_of_two_plugins_with_one_name_the_first_is_taken_and_said(installed, caplog):
    installed(GOOD, ("good", "other.place:Camera"))
    assert plugins.load(CAMERAS, "good") is Good
    assert "other.place:Camera" in caplog.text


def test_create_builds_with_the_given_settings(installed):
    installed(GOOD)
    assert plugins.create(CAMERAS, "good", rate=60).config.rate == 60
    assert plugins.create(CAMERAS, "good").config == Good.Config()


def test_create_refuses_a_setting_that_is_not_there_and_lists_those_that_are(installed):
    installed(GOOD)
    with pytest.raises(PluginError, match="good has no setting speed; it has: rate"):
        plugins.create(CAMERAS, "good", speed=1)


def test_create_refuses_a_value_out_of_range(installed):
    installed(GOOD)
    with pytest.raises(PluginError, match=r"good: rate is 500; it must be float from 1.0 to 120.0 Hz"):
        plugins.create(CAMERAS, "good", rate=500)


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    """The folder into which a distribution that is not ours, with a camera of its own, has been installed by pip."""
    source = tmp_path_factory.mktemp("source")
    (source / "checkerboard_camera.py").write_text(
        textwrap.dedent(
            """
            import dataclasses

            import numpy as np

            from theylive_ros.camera.interface import Camera, EndOfStream
            from theylive_ros.settings import setting
            from theylive_ros.types import Frame


            class CheckerboardCamera(Camera):
                @dataclasses.dataclass(frozen=True)
                class Config:
                    frames: int = setting(2, "How many frames there are", low=1)

                def open(self):
                    self.left = self.config.frames

                def read(self):
                    if not self.left:
                        raise EndOfStream
                    self.left -= 1
                    return Frame(stamp=float(self.left), image=np.indices((240, 320)).sum(axis=0).astype(np.uint8) % 2 * 255)

                def close(self):
                    self.left = 0
            """
        )
    )
    (source / "setup.py").write_text(
        textwrap.dedent(
            """
            from setuptools import setup

            setup(
                name="checkerboard-camera",
                version="1.0",
                py_modules=["checkerboard_camera"],
                entry_points={
                    "theylive_ros.cameras": [
                        "checkerboard = checkerboard_camera:CheckerboardCamera",
                        "unplugged = checkerboard_camera:NotThere",
                    ]
                },
            )
            """
        )
    )
    target = tmp_path_factory.mktemp("target")
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "install", *options, "--target", str(target), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PIP_USER": "0"})
    assert done.returncode == 0, done.stderr
    return target


def in_a_process_that_sees(folder, program):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_camera_from_another_distribution_is_found_opened_and_read(stranger):
    said = in_a_process_that_sees(
        stranger,
        """
        from theylive_ros import plugins
        from theylive_ros.camera.interface import EndOfStream

        camera = plugins.create(plugins.CAMERAS, "checkerboard", frames=3)
        camera.open()
        try:
            while True:
                frame = camera.read()
                print(frame.stamp, frame.image.shape, frame.image[0, :3].tolist())
        except EndOfStream:
            camera.close()
        """,
    )
    assert said == [f"{stamp} (240, 320) [0, 255, 0]" for stamp in (2.0, 1.0, 0.0)]


def test_a_strangers_broken_plugin_harms_no_other(stranger):
    said = in_a_process_that_sees(
        stranger,
        """
        from theylive_ros import plugins

        good, bad = plugins.load_all(plugins.CAMERAS)
        print("checkerboard" in good, "images" in good)
        print(bad["unplugged"])
        """,
    )
    assert said[0] == "True True"
    assert "NotThere" in said[1]
