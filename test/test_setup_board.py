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

"""setup-board: says all before it does anything, does it once, takes it away whole, and never touches what is not its own."""

import argparse
import grp
import os
import pwd
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from theylive_ros.board import choices, doing, plan, texts
from theylive_ros.board.choices import Choices, Pwm, SetupError, sourced
from theylive_ros.commands import setup_board

PWM = Pwm("pwmchip0", (3, 4))
FILES = [path for paths in plan._FILES.values() for path in paths]


@pytest.fixture
def board(tmp_path):
    """A board's file system: a user, its groups, a PWM chip."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\nnada:x:1000:1000::/home/nada:/bin/bash\nnot a row\n")
    (tmp_path / "etc/group").write_text("root:x:0:\nvideo:x:44:nada\ndialout:x:20:frank,\nnada:x:1000:\n")
    (tmp_path / "sys/class/pwm/pwmchip0").mkdir(parents=True)
    return tmp_path


def call(board, *words):
    parser = argparse.ArgumentParser()
    setup_board.add_arguments(parser)
    return setup_board.run(parser.parse_args(["--root", str(board), "--user", "nada", *words]))


def there(board):
    return sorted(f"/{p.relative_to(board)}" for p in board.rglob("*") if p.is_file() and "/etc/" in str(p) and texts.MARK in p.read_text())


def test_without_apply_everything_is_told_and_nothing_is_done(board, capsys):
    assert call(board) == 0
    told = capsys.readouterr().out
    assert there(board) == []
    for path in FILES:
        assert f"file   {path} (new)" in told
    assert '| SUBSYSTEM=="gpio", KERNEL=="gpiochip*", GROUP="theylive", MODE="0660"' in told
    assert "run    groupadd --system theylive" in told
    assert "run    usermod --append --groups theylive,dialout nada" in told  # it is in video already
    assert "Nothing was changed" in told


def test_applied_twice_changes_nothing_more(board, capsys):
    assert call(board, "--apply") == 0
    assert there(board) == sorted(FILES)
    before = {path: (board / path[1:]).stat().st_mtime_ns for path in FILES}
    (board / "etc/group").write_text("video:x:44:nada\ndialout:x:20:nada\ntheylive:x:999:nada\n")
    capsys.readouterr()
    assert call(board, "--apply") == 0
    assert "Nothing to do" in capsys.readouterr().out
    assert before == {path: (board / path[1:]).stat().st_mtime_ns for path in FILES}


def test_removed_leaves_nothing_and_may_be_repeated(board, capsys):
    call(board, "--apply")
    call(board, "--remove")
    assert there(board) == []
    assert "(goes)" in capsys.readouterr().out
    call(board, "--remove")
    assert "Nothing to do" in capsys.readouterr().out


def test_what_is_applied_is_readable_by_all_and_written_whole(board):
    call(board, "--apply")
    for path in FILES:
        assert (board / path[1:]).stat().st_mode & 0o777 == 0o644
    assert not list(board.rglob(".*.new"))


@pytest.mark.parametrize("part", plan.PARTS)
def test_each_part_comes_and_goes_alone(board, part):
    call(board, "--apply")
    mine = set(plan._FILES.get(part, ()))
    call(board, "--remove", "--only", part)
    assert set(there(board)) == set(FILES) - mine
    call(board, "--apply", "--only", part)
    assert set(there(board)) == set(FILES)


def test_an_older_file_of_ours_is_brought_up_to_date(board, capsys):
    old = board / "etc/udev/rules.d/99-theylive.rules"
    old.parent.mkdir(parents=True)
    old.write_text(f"{texts.MARK}\n# of last year\n")
    call(board, "--apply")
    assert "99-theylive.rules (changed)" in capsys.readouterr().out
    assert old.read_text() == texts.udev_rules()


def test_a_file_of_somebody_elses_is_neither_overwritten_nor_removed(board):
    theirs = board / "etc/systemd/system/theylive.service"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("[Service]\nExecStart=/my/own\n")
    with pytest.raises(SetupError, match="was not written by this command: move it away"):
        call(board, "--apply")
    assert there(board) == []
    call(board, "--remove")
    assert theirs.read_text() == "[Service]\nExecStart=/my/own\n"
    assert call(board, "--apply", "--only", "udev,limits") == 0


def test_without_a_pwm_chip_no_channels_are_exported_unless_asked_for(board, capsys):
    shutil.rmtree(board / "sys")
    call(board, "--apply")
    assert "left out" in capsys.readouterr().out
    assert not any("pwm" in path for path in there(board))
    call(board, "--apply", "--pwm", "pwmchip1:2,0")
    assert "for c in 0 2;" in (board / "etc/systemd/system/theylive-pwm.service").read_text()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--user", "piper"], "knows no user piper"),
        (["--user", "root"], "should not run as root"),
        (["--only", "udev,paint"], "there is no part paint"),
        (["--pwm", "chip:3"], "say it as pwmchip0:3,4"),
        (["--pwm", "pwmchip0:3;reboot"], "say it as pwmchip0:3,4"),
        (["--source", "/no/setup.bash"], "there is no file /no/setup.bash"),
        (["--params-file", "/no/rig.yaml"], "there is no file /no/rig.yaml"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(board, words, says):
    with pytest.raises(SetupError, match=re.escape(says)):
        call(board, "--apply", *words)
    assert there(board) == []


@pytest.mark.parametrize("what", ["--apply", "--remove"])
def test_only_root_may_change_the_system(monkeypatch, what, board):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(setup_board, "carry_out", lambda *_: pytest.fail("it was carried out"))
    monkeypatch.setattr(setup_board, "to_remove", lambda *_: plan.Plan((("true",),), (), ()))
    with pytest.raises(SetupError, match="must be run as root: sudo"):
        call(Path("/"), what, "--user", some_user(), "--pwm", "pwmchip0:3")


def some_user():
    return next(u.pw_name for u in pwd.getpwall() if u.pw_uid != 0)


def test_commands_run_in_order_round_the_files_and_one_that_fails_stops_nothing(board):
    ran = []

    def run(command):
        ran.append(" ".join(command))
        return "no udevadm here" if command[0] == "udevadm" else ""

    todo = plan.to_apply(Choices("nada", ("/bin/theylive",), pwm=PWM, root=board), enable=True)
    assert doing.carry_out(todo, board, run) == ["no udevadm here"] * 2
    assert ran == [
        "groupadd --system theylive",
        "usermod --append --groups theylive,dialout nada",
        "udevadm control --reload",
        "udevadm trigger --subsystem-match=gpio --subsystem-match=pwm --subsystem-match=usb",
        "systemctl daemon-reload",
        "systemctl enable theylive-pwm.service",
        "systemctl restart theylive-pwm.service",
        "systemctl enable --now theylive.service",
    ]
    (board / "etc/group").write_text("theylive:x:999:nada\n")
    ran.clear()
    doing.carry_out(plan.to_remove(board), board, run)
    assert ran == [
        "systemctl disable --now theylive.service",
        "systemctl disable --now theylive-pwm.service",
        "udevadm control --reload",
        "udevadm trigger --subsystem-match=gpio --subsystem-match=pwm --subsystem-match=usb",
        "systemctl daemon-reload",
        "groupdel theylive",
    ]


def test_a_place_that_cannot_be_written_is_told_in_one_line(board):
    (board / "etc/udev").write_text("a file where a folder should be")
    with pytest.raises(SetupError, match=r"99-theylive\.rules cannot be (read|changed): Not a directory"):
        call(board, "--apply")


def test_a_command_that_fails_is_named_with_its_last_word():
    assert doing.run_command(["true"]) == ""
    assert doing.run_command(["sh", "-c", "echo first; echo last >&2; exit 3"]) == "`sh -c echo first; echo last >&2; exit 3`: last"
    assert "this machine has no no-such-program" in doing.run_command(["no-such-program", "--x"])


def test_members_are_those_listed_and_those_whose_own_group_it_is():
    group = grp.getgrgid(os.getgid()).gr_name
    mine = choices.members(Path("/"), group)
    assert pwd.getpwuid(os.getuid()).pw_name in mine
    assert choices.members(Path("/"), "no such group") is None


def test_the_coral_is_named_by_both_of_its_numbers():
    rules = texts.udev_rules()
    for vendor, product in (("1a6e", "089a"), ("18d1", "9302")):
        assert f'ATTR{{idVendor}}=="{vendor}", ATTR{{idProduct}}=="{product}"' in rules


@pytest.mark.parametrize("rules", [texts.udev_rules(), texts.pwm_rules()])
def test_every_udev_rule_keeps_to_the_grammar(rules):
    pair = r'[A-Z]+(\{\w+\})?(==|!=|=|\+=)"[^"]*"'
    for line in rules.splitlines():
        assert line.startswith("#") or re.fullmatch(rf"{pair}(, {pair})*", line), line


def exec_words(unit, key):
    """What systemd would run: quotes taken off, %% and $$ made single."""
    (line,) = re.findall(rf"^{key}=-?(.*)$", unit, re.MULTILINE)
    return [word.replace("%%", "%").replace("$$", "$") for word in shlex.split(line)]


def test_the_service_sources_what_it_was_told_to_and_runs_the_command():
    unit = texts.stack_unit(Choices("nada", ("/home/nada/the live/bin/theylive",), ("/opt/ros/ja zz%y/$x.bash",), ("--quiet",), PWM))
    shell, option, script = exec_words(unit, "ExecStart")
    assert (shell, option) == ("/bin/bash", "-c")
    assert shlex.split(script) == [".", "/opt/ros/ja zz%y/$x.bash", "&&", "exec", "/home/nada/the live/bin/theylive", "run", "--quiet"]
    plain = texts.stack_unit(Choices("nada", ("/usr/bin/theylive",)))
    assert exec_words(plain, "ExecStart") == ["/usr/bin/theylive", "run"]
    assert "pwm" not in plain
    assert "--arm" not in unit


def test_the_service_sources_what_this_shell_has_installations_before_workspaces(tmp_path):
    jazzy, others, mine, package = (tmp_path / name for name in ("jazzy", "others", "my ws", "my ws/theylive_ros"))
    for prefix in (jazzy, others, mine):
        prefix.mkdir()
        (prefix / "setup.bash").touch()
    environ = {"AMENT_PREFIX_PATH": f"{package}:{jazzy}", "COLCON_PREFIX_PATH": f"{mine}:{others}:{tmp_path / 'gone'}"}
    assert sourced(environ) == tuple(str(prefix / "setup.bash") for prefix in (jazzy, others, mine))
    assert sourced({}) == sourced({"COLCON_PREFIX_PATH": ""}) == ()


def test_the_command_that_is_told_needs_nothing_that_sudo_forgets(tmp_path, monkeypatch, capsys):
    (tmp_path / "setup.bash").touch()
    monkeypatch.setenv("COLCON_PREFIX_PATH", str(tmp_path))
    parser = argparse.ArgumentParser()
    setup_board.add_arguments(parser)
    assert setup_board.run(parser.parse_args(["--user", some_user(), "--only", "service"])) == 0
    told = capsys.readouterr().out
    assert f"{tmp_path}/setup.bash && exec" in told
    command = shlex.split(told.rsplit("To do it: ", 1)[1])
    assert command[:6] == ["sudo", "env", "PATH=$PATH", "PYTHONPATH=$PYTHONPATH", "theylive", "setup-board"]
    again = parser.parse_args(command[6:])
    assert (again.apply, again.source, again.only, again.user) == (True, [f"{tmp_path}/setup.bash"], "service", some_user())


def test_a_service_that_may_not_find_ros_is_warned_of(board, monkeypatch, capsys):
    monkeypatch.setenv("PYTHONPATH", "/opt/ros/jazzy/lib/python3.12/site-packages")
    assert call(board) == 0
    assert "name what is to be sourced with --source" in capsys.readouterr().out
    (board / "setup.bash").touch()
    assert call(board, "--source", str(board / "setup.bash")) == 0
    assert "PYTHONPATH;" not in capsys.readouterr().out


def test_the_service_has_what_the_controller_asks_for():
    from theylive_ros.controller.__main__ import PRIORITY

    unit = texts.stack_unit(Choices("nada", ("theylive",)))
    assert f"LimitRTPRIO={PRIORITY}" in unit
    assert "LimitMEMLOCK=infinity" in unit
    assert f"@theylive - rtprio {PRIORITY}" in texts.limits()


def test_systemd_finds_nothing_wrong_with_the_units(tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("this machine has no systemd-analyze")
    (tmp_path / "theylive-pwm.service").write_text(texts.pwm_unit(PWM))
    unit = texts.stack_unit(Choices(some_user(), (shutil.which("true"),), ("/etc/profile",), (), PWM))
    (tmp_path / "theylive.service").write_text(unit)
    done = subprocess.run(["systemd-analyze", "verify", *map(str, tmp_path.glob("*.service"))], capture_output=True, text=True)
    wrong = [line for line in done.stderr.splitlines() if str(tmp_path) in line and "Special user" not in line]
    assert not wrong, done.stderr


def sysfs(tmp_path, *exported):
    chip = tmp_path / "pwmchip0"
    chip.mkdir()
    for name in ("export", "unexport"):
        (chip / name).write_text("")
    for number in exported:
        (chip / f"pwm{number}").mkdir()
        (chip / f"pwm{number}" / "enable").write_text("1\n")
    return chip


def sh(script):
    return subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, timeout=20)


def test_at_boot_channels_are_exported_once_and_given_to_the_group(tmp_path):
    chip = sysfs(tmp_path, 3)
    (chip / "pwm3" / "enable").chmod(0o644)
    done = sh(texts.export_script(PWM, str(tmp_path), str(os.getgid()), 1))
    assert (done.returncode, done.stderr) == (0, "")
    assert (chip / "export").read_text() == "4\n"  # 3 was there
    assert (chip / "pwm3" / "enable").stat().st_mode & 0o777 == 0o664


def test_a_chip_that_is_not_there_is_said(tmp_path):
    done = sh(texts.export_script(PWM, str(tmp_path), str(os.getgid()), 1))
    assert done.returncode == 1
    assert "no " + str(tmp_path / "pwmchip0") in done.stderr


def test_channels_are_still_before_they_are_given_back_and_after_a_crash(tmp_path):
    chip = sysfs(tmp_path, 3)
    assert sh(texts.still_script(PWM, str(tmp_path))).returncode == 0
    assert (chip / "pwm3/enable").read_text() == "0\n"
    assert (chip / "unexport").read_text() == ""
    (chip / "pwm3/enable").write_text("1\n")
    assert sh(texts.unexport_script(PWM, str(tmp_path))).returncode == 0
    assert (chip / "pwm3/enable").read_text() == "0\n"
    assert (chip / "unexport").read_text() == "3\n"
