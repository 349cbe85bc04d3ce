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

"""The doctor: what it finds on machines with and without a rig, and that every trouble has its cure."""

from __future__ import annotations

import argparse
import json

import pytest

from theylive_ros.camera.interface import CameraError
from theylive_ros.camera.v4l2_query import Camera, Mode
from theylive_ros.commands import doctor
from theylive_ros.controller.lines.interface import LinesError
from theylive_ros.doctor import child, devices, finding, software, system, table
from theylive_ros.doctor.lines import free_lines
from theylive_ros.simulator.hardware import wires
from theylive_ros.simulator.hardware.fake_gpiod import FakeGpiod

MODES = (Mode("MJPG", 320, 240, 120.0),)


def put(path, text=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def no_tpu():
    return False, "no Edge TPU answers: plug the Coral in, or use device cpu"


def by_name(findings, name):
    return [(f.status, f.detail, f.cure) for f in findings if f.name == name]


@pytest.fixture
def rig(tmp_path):
    """The /sys and /dev of the rig, as far as files can be them."""
    usb = tmp_path / "sys/bus/usb/devices/2-1"
    for name, text in {"idVendor": "18d1\n", "idProduct": "9302\n", "speed": "480\n", "busnum": "2\n", "devnum": "5\n"}.items():
        put(usb / name, text)
    put(tmp_path / "sys/bus/usb/devices/usb1/idVendor", "1d6b\n")
    put(tmp_path / "dev/bus/usb/002/005")
    for k in (0, 1):
        put(tmp_path / f"sys/class/video4linux/video{k}/name", "Rig Cam\n")
        put(tmp_path / f"dev/video{k}")
    put(tmp_path / "sys/class/pwm/pwmchip0/npwm", "6\n")
    put(tmp_path / "sys/class/pwm/pwmchip0/export")
    for channel in (3, 4, 10):
        put(tmp_path / f"sys/class/pwm/pwmchip0/pwm{channel}/enable")
    put(tmp_path / "dev/ttyUSB0")
    return tmp_path


def query(path):
    if path.endswith("video1"):
        raise CameraError(f"{path} (Rig Cam) gives no pictures: take the camera's other node")
    return Camera("Rig Cam", "uvcvideo", MODES)


def test_a_whole_rig_is_well(rig):
    found = (
        devices.check_coral(rig, lambda: (True, "Edge TPU, libedgetpu.so.1"))
        + devices.check_cameras(rig, query)
        + devices.check_pwm(rig)
        + devices.check_serial(rig, lambda code: (True, "3.5"))
    )
    assert {f.status for f in found} == {"ok"}
    assert by_name(found, "Coral") == [("ok", "18d1:9302 on USB, ready, at USB 2 (480 Mbit/s; USB 3 is faster)", "")]
    assert by_name(found, "camera") == [("ok", "video0: Rig Cam; MJPG 320x240 at 120 fps", "")]
    assert by_name(found, "PWM") == [("ok", "pwmchip0: 6 channels, exported: 3, 4, 10", "")]
    assert by_name(found, "serial") == [("ok", "/dev/ttyUSB0", "")]


def test_a_machine_without_a_rig_gets_warnings_with_cures_and_no_failure(tmp_path):
    found = devices.check_devices(tmp_path, no_tpu, query)
    assert [f.name for f in found] == ["Coral", "libedgetpu", "camera", "GPIO", "PWM", "serial"]
    assert all(f.part == finding.RIG for f in found)
    assert all(f.status == "warn" and f.cure for f in found[:4])
    # either drives the motors only on rigs that are wired so
    assert [f.status for f in found[4:]] == ["ok", "ok"]
    assert by_name(found, "libedgetpu") == [("warn", "no Edge TPU answers", "plug the Coral in, or use device cpu")]


def test_a_coral_that_waits_for_its_firmware_is_well(rig):
    put(rig / "sys/bus/usb/devices/2-1/idVendor", "1a6e\n")
    put(rig / "sys/bus/usb/devices/2-1/idProduct", "089a\n")
    (coral, _) = devices.check_coral(rig, no_tpu)
    assert coral.status == "ok"
    assert "waits for its firmware" in coral.detail


def test_a_coral_that_may_not_be_opened_names_the_command_that_mends_it(rig):
    (rig / "dev/bus/usb/002/005").unlink()  # the same for access() as a node of root's
    (coral, _) = devices.check_coral(rig, no_tpu)
    assert coral.status == "warn"
    assert "theylive setup-board" in coral.cure


def test_a_camera_in_trouble_is_named_with_its_cure(rig):
    def busy(path):
        raise CameraError(f"{path} is in use by another program: stop it")

    (first, _) = devices.check_cameras(rig, busy)
    assert first.status == "warn"
    assert "video0 (Rig Cam)" in first.detail
    assert first.cure == "stop it"


def test_a_file_that_is_no_gpio_chip_is_said_to_be_none(tmp_path):
    put(tmp_path / "dev/gpiochip0")
    first = devices.check_gpio(tmp_path)[0]
    assert (first.status, first.name) == ("warn", "GPIO")
    assert first.cure


def test_a_gpio_chip_is_named_by_its_label(tmp_path, monkeypatch):
    put(tmp_path / "dev/gpiochip1")

    def ioctl(handle, number, info):
        assert number == 0x8044B401
        info[:9] = b"gpiochip1"
        info[32:40] = b"300b000."
        info[64:68] = (288).to_bytes(4, "little")

    monkeypatch.setattr(devices.fcntl, "ioctl", ioctl)
    monkeypatch.setattr(devices.platform, "release", lambda: "6.1.31-sun50iw9")
    found = devices.check_gpio(tmp_path, lambda code: (True, "300b000.pinctrl: dir_x 75 are free"))
    assert by_name(found, "GPIO") == [("ok", "gpiochip1: 300b000., 288 lines", "")]
    assert by_name(found, "GPIO lines") == [("ok", "300b000.pinctrl: dir_x 75 are free", "")]
    monkeypatch.setattr(devices.platform, "release", lambda: "5.4.125")
    found = devices.check_gpio(tmp_path, lambda code: (False, "no permission to open /dev/gpiochip1: theylive setup-board"))
    assert "kernel 5.4.125 is too old" in found[1].detail
    assert by_name(found, "GPIO lines") == [("warn", "no permission to open /dev/gpiochip1", "theylive setup-board")]


def test_the_lines_of_the_default_wiring_are_looked_at_one_by_one():
    chip = wires.Chip("/dev/gpiochip1", label := "300b000.pinctrl")
    gpiod = FakeGpiod([chip])
    assert free_lines(gpiod, ["/dev/gpiochip1"]).startswith(f"{label}: dir_x 75, dir_y 226")
    chip.users.update({226: "uart5", 78: "a button"})
    with pytest.raises(LinesError, match=r"in use: 226 \(dir_y\) by 'uart5', 78 \(stop\) by 'a button': stop that program, switch its"):
        free_lines(gpiod, ["/dev/gpiochip1"])
    with pytest.raises(LinesError, match="no permission to open /dev/gpiochip1: `theylive setup-board`"):
        free_lines(FakeGpiod([chip], denied=["/dev/gpiochip1"]), ["/dev/gpiochip1"])
    with pytest.raises(LinesError, match="has 32 lines, the default wiring goes up to 233"):
        free_lines(FakeGpiod([wires.Chip("/dev/gpiochip1", label, lines=32)]), ["/dev/gpiochip1"])


def test_the_doctor_says_of_a_board_without_the_default_chip_which_it_has():
    good, said = child.ask(devices._LINES)
    if not good:
        assert said.split(": ")[-1], "a cure follows the colon"
    assert "Error" not in said


def test_exported_channels_that_may_not_be_written_are_told(rig, monkeypatch):
    writable = devices.os.access
    monkeypatch.setattr(devices.os, "access", lambda path, mode: "pwm4" not in str(path) and writable(path, mode))
    (pwm,) = devices.check_pwm(rig)
    assert (pwm.status, pwm.detail) == ("warn", "pwmchip0: 6 channels, exported: 3, 4, 10; no permission")
    assert "theylive setup-board" in pwm.cure


def test_a_port_without_permission_or_without_pyserial_is_told(rig, monkeypatch):
    monkeypatch.setattr(devices.os, "access", lambda path, mode: False)
    found = devices.check_serial(rig, lambda code: (False, "pyserial is missing: pip install pyserial"))
    assert [(f.status, f.detail) for f in found] == [("warn", "/dev/ttyUSB0: no permission"), ("warn", "pyserial is missing")]
    assert [f.cure for f in found] == [finding.SET_UP, "pip install pyserial"]


@pytest.mark.parametrize(("version", "status"), [((3, 9, 2), "fail"), ((3, 10, 0), "ok"), ((3, 13, 9), "ok"), ((3, 14, 0), "warn")])
def test_pythons_from_3_10_to_3_13_will_do(version, status):
    assert software.check_python(version).status == status


def answers(**wrong):
    """An `ask` by which all is well but the modules named."""

    def ask(code):
        for module, said in wrong.items():
            if f"import {module}" in code:
                return False, said
        return True, "[[], [], [], []]" if "load_all" in code else "1.2.3"

    return ask


def test_what_the_simulator_needs_fails_when_it_is_missing_and_the_rest_warns(tmp_path):
    wrong = {
        "rclpy": "ModuleNotFoundError: No module named 'rclpy'",
        "cv2": "crashes (SIGILL)",
        "tflite": "no TFLite runtime works here: pip install ai-edge-litert",
        "cv_bridge": "ModuleNotFoundError: No module named 'cv_bridge'",
        "launch_ros": "ModuleNotFoundError: No module named 'launch_ros'",
        "rosbags": "ModuleNotFoundError: No module named 'mcap'",
    }
    found = software.check_software(tmp_path, answers(**wrong))
    states = {f.name: f.status for f in found}
    assert {n for n, s in states.items() if s == "fail"} == {"ROS 2", "OpenCV", "TFLite", "models"}
    assert {n for n, s in states.items() if s == "warn"} == {"cv_bridge", "ros2 launch", "recordings"}
    assert all(f.cure for f in found if f.status != "ok")
    assert by_name(found, "TFLite") == [("fail", "no TFLite runtime works here", "pip install ai-edge-litert")]


def test_the_cure_is_taken_from_our_own_messages_only():
    assert finding.split_cure("the thing is off: switch it on", "x") == ("the thing is off", "switch it on")
    assert finding.split_cure("ModuleNotFoundError: No module named 'numpy'", "x") == ("ModuleNotFoundError: No module named 'numpy'", "x")
    assert finding.split_cure("crashes (SIGILL)", "x") == ("crashes (SIGILL)", "x")


def test_a_ros_of_another_python_is_told_apart_from_none(tmp_path, monkeypatch):
    monkeypatch.setenv("ROS_DISTRO", "humble")
    ask = answers(rclpy="ImportError: cannot import name '_rclpy_pybind11'")
    (ros,) = [f for f in software.check_software(tmp_path, ask) if f.name == "ROS 2"]
    assert "use the Python that ROS humble was built for" in ros.cure


def test_a_plugin_that_does_not_import_is_named(tmp_path):
    def ask(code):
        return (True, json.dumps([["plugin 'x' does not import: boom"], [], [], []])) if "load_all" in code else (True, "1")

    (plugins,) = [f for f in software.check_software(tmp_path, ask) if f.name == "plugins"]
    assert plugins.status == "warn"
    assert "plugin 'x' does not import" in plugins.detail


def test_a_model_without_a_manifest_fails_with_the_cure(tmp_path):
    put(tmp_path / "heads.tflite", "x")
    (model,) = software.check_models(tmp_path)
    assert model.status == "fail"
    assert "no manifest heads.json" in model.detail
    assert "theylive manifest" in model.cure


def test_groups_that_exist_must_be_joined_and_ours_must_exist():
    there = ["video", "theylive", "users"]
    lacking = system.check_groups(there, ["users", "video"], root=False)
    assert (lacking.status, lacking.detail) == ("warn", "you are not in theylive")
    assert "usermod -aG theylive" in lacking.cure
    assert system.check_groups(there, ["video", "theylive"], root=False).status == "ok"
    assert system.check_groups(there, [], root=True).status == "ok"
    none = system.check_groups(["video", "users"], ["video"], root=False)
    assert (none.status, none.cure) == ("warn", finding.SET_UP)


@pytest.mark.parametrize(("answer", "status"), [(0, "ok"), (5, "warn"), (-1, "warn")])
def test_a_clock_that_may_jump_is_told(answer, status):
    assert system.check_clock(lambda state: answer).status == status


@pytest.mark.parametrize(
    ("priority", "memory", "status"), [(0, -1, "warn"), (10, -1, "warn"), (50, 65536, "warn"), (50, -1, "ok"), (-1, 1 << 30, "ok")]
)
def test_the_controller_wants_real_time_and_locked_memory(monkeypatch, priority, memory, status):
    monkeypatch.setattr(system.os, "geteuid", lambda: 1000)
    assert system.check_realtime(priority, memory).status == status


def test_a_child_that_crashes_or_raises_is_told_by_its_last_word():
    assert child.ask("print('first'); print('last')") == (True, "last")
    assert child.ask("raise ValueError('so it is')") == (False, "ValueError: so it is")
    good, said = child.ask("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    assert (good, said) == (False, "crashes (SIGSEGV)")


def test_the_table_fits_80_columns_and_has_colours_only_when_asked():
    found = [
        finding.well("Python", "3.11.2"),
        finding.missing("models", "/a/folder holds none of the many things that it ought to hold " * 2, "copy them there " * 8),
        finding.rig_lacks("real time", "no SCHED_FIFO", "allow it"),
    ]
    plain = table.table(found, 80)
    assert max(map(len, plain.splitlines())) <= 80
    assert "\033" not in plain
    assert "-> copy them there" in plain
    assert plain.endswith("Not ready: 1 thing to mend (fail).")
    assert "\033[31mfail" in table.table(found, 80, colour=True)
    assert table.summary([found[0]]).endswith("and as a rig.")
    assert "as a rig, 1 to mend" in table.summary([found[0], found[2]])


def test_the_command_looks_this_machine_over_and_its_status_says_whether_something_fails(capsys):
    parser = argparse.ArgumentParser()
    doctor.add_arguments(parser)
    status = doctor.run(parser.parse_args(["--json"]))
    said = json.loads(capsys.readouterr().out)
    assert {"Python", "ROS 2", "TFLite", "libedgetpu", "Coral", "camera", "GPIO", "PWM", "serial", "groups", "clock", "real time"} <= {
        c["name"] for c in said["checks"]
    }
    assert all(set(c) == {"name", "status", "detail", "cure", "part"} for c in said["checks"])
    assert said["ok"] == (status == 0) == all(c["status"] != "fail" for c in said["checks"])
    assert all(c["cure"] for c in said["checks"] if c["status"] != "ok")
    # the environment in which this test runs has all of these
    assert {c["status"] for c in said["checks"] if c["name"] in ("Python", "NumPy", "OpenCV", "lapx", "plugins")} == {"ok"}
