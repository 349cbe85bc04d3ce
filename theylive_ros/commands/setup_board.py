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

"""Make this board a rig: udev rules for GPIO, PWM and the Coral, a group, real-time limits, and a service that runs the nodes.

  theylive setup-board             say what would be done, whole, and the command that does it; changes nothing
  theylive setup-board --apply     do it, as root; doing it again changes nothing more
  theylive setup-board --remove    take it all away again

The service is written but not started: `--enable` starts it now and at every boot. It comes up dark and disarmed. It sources what this
shell has sourced, ROS and workspaces; sudo forgets that, so the command that is told names the files: --source /opt/ros/jazzy/setup.bash
"""

from __future__ import annotations

import argparse
import getpass
import os
import shlex
import shutil
import sys
from pathlib import Path

from theylive_ros.board.choices import GROUP, Choices, Pwm, SetupError, parse_pwm, sourced, user_exists
from theylive_ros.board.doing import carry_out, run_command
from theylive_ros.board.plan import CHANGED, NEW, PARTS, BoardFile, Plan, to_apply, to_remove

_PROTOTYPE = Pwm("pwmchip0", (3, 4))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--apply", action="store_true", help="write the files and run the commands (as root)")
    what.add_argument("--remove", action="store_true", help="take away what --apply has made (as root)")
    parser.add_argument("--only", metavar="PART,...", help=f"only these parts: {', '.join(PARTS)}")
    parser.add_argument("--user", metavar="NAME", help="who runs the nodes (default: who calls sudo)")
    parser.add_argument("--pwm", metavar="CHIP:N,N", help="PWM channels to export at boot (default: pwmchip0:3,4 where there is that chip)")
    parser.add_argument(
        "--source",
        metavar="FILE",
        action="append",
        default=[],
        help="shell file that the service sources; may be repeated (default: what this shell has sourced)",
    )
    parser.add_argument(
        "--params-file", metavar="FILE", help="parameters of the nodes that the service runs (default: the package's rig.yaml)"
    )
    parser.add_argument("--enable", action="store_true", help="start the service, now and at every boot")
    parser.add_argument(
        "--root", metavar="DIR", type=Path, default=Path("/"), help="a board's file system mounted elsewhere; no command is run"
    )


def run(args: argparse.Namespace) -> int:
    """Say or do it; 0, 1 when a command failed. Raises SetupError."""
    parts = _parts(args.only)
    if args.remove:
        plan = to_remove(args.root, parts)
    else:
        choices = _choices(args)
        plan = to_apply(choices, parts, args.enable)
        if "service" in parts and not choices.sources and os.environ.get("PYTHONPATH"):
            print("service: it will not have this shell's PYTHONPATH; if that leads to ROS, name what is to be sourced with --source\n")
        if "pwm" in parts and choices.pwm is None:
            print("PWM: no /sys/class/pwm/pwmchip0 here, left out; only rigs wired like the prototype need it (--pwm pwmchip0:3,4)\n")
    for line in describe(plan, show_text=not (args.apply or args.remove)):
        print(line)
    if not plan.changes:
        print("Nothing to do: all is as it should be.")
        return 0
    if not (args.apply or args.remove):
        print(f"Nothing was changed. To do it: {_as_root('--apply', *_told(args, choices))}")
        return 0
    here = args.root == Path("/")
    if here and os.geteuid() != 0:
        raise SetupError(f"this changes the system, so it must be run as root: {_as_root('...')}")
    failed = carry_out(plan, args.root, run_command if here else None)
    for trouble in failed:
        print(f"theylive setup-board: failed: {trouble}", file=sys.stderr)
    if not failed:
        print("Removed." if args.remove else f"Done. Who was made a member of the group {GROUP} logs in again; then: theylive doctor")
    return 1 if failed else 0


def describe(plan: Plan, show_text: bool) -> list[str]:
    """What is to be done, in order, for people. show_text: also what will stand in the files."""
    lines = [f"run    {' '.join(command)}" for command in plan.before]
    for file in plan.files:
        lines += _file_lines(file, show_text)
    lines += [f"run    {' '.join(command)}" for command in plan.after]
    return [*lines, ""] if lines else []


def _file_lines(file: BoardFile, show_text: bool) -> list[str]:
    lines = [f"file   {file.path} ({file.state})"]
    if show_text and file.state in (NEW, CHANGED):
        lines += [f"       | {line}" for line in file.text.splitlines()]
    return lines


def _parts(only: str | None) -> tuple[str, ...]:
    if only is None:
        return PARTS
    chosen = tuple(only.split(","))
    unknown = [name for name in chosen if name not in PARTS]
    if unknown:
        raise SetupError(f"--only: there is no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    return chosen


def _choices(args: argparse.Namespace) -> Choices:
    user = args.user or os.environ.get("SUDO_USER") or getpass.getuser()
    if user == "root":
        raise SetupError("the nodes should not run as root: say who runs them with --user NAME")
    if not user_exists(args.root, user):
        raise SetupError(f"this board knows no user {user}: name one with --user")
    for file in (*args.source, *([args.params_file] if args.params_file else [])):
        if not Path(file).is_file():
            raise SetupError(f"there is no file {file}")
    sources = tuple(str(Path(f).absolute()) for f in args.source) or (sourced(os.environ) if args.root == Path("/") else ())
    pwm = parse_pwm(args.pwm) if args.pwm else None
    if pwm is None and (args.root / "sys/class/pwm" / _PROTOTYPE.chip).exists():
        pwm = _PROTOTYPE
    arguments = ("--quiet", *(("--params-file", str(Path(args.params_file).absolute())) if args.params_file else ()))
    return Choices(user, _program(), sources, arguments, pwm, args.root)


def _told(args: argparse.Namespace, choices: Choices) -> list[str]:
    """What was chosen, as arguments that need nothing of this shell."""
    words = [f"--source={file}" for file in choices.sources]
    words += [f"--{name.replace('_', '-')}={value}" for name in ("only", "user", "pwm", "params_file") if (value := getattr(args, name))]
    return [*words, *(["--enable"] if args.enable else []), *([f"--root={args.root}"] if args.root != Path("/") else [])]


def _as_root(*words: str) -> str:
    """The command line that runs this command with this shell's programs and packages as root."""
    return f'sudo env PATH="$PATH" PYTHONPATH="$PYTHONPATH" theylive setup-board {shlex.join(words)}'


def _program() -> tuple[str, ...]:
    """How the service calls `theylive`: as it was called now."""
    called = shutil.which(sys.argv[0])
    if called and Path(called).name == "theylive":
        return (str(Path(called).absolute()),)
    return (sys.executable, "-c", "from theylive_ros.cli import main; main()")
