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

"""The files that make a board a rig, as texts: udev(7), limits.conf(5), systemd.unit(5)."""

from __future__ import annotations

import shlex

from theylive_ros.board.choices import GROUP, Choices, Pwm

MARK = "# Written by `theylive setup-board`; `theylive setup-board --remove` takes it away."
PRIORITY = 50  # SCHED_FIFO of the controller, as controller/__main__.py wants it
_SYSFS = "/sys/class/pwm"


def udev_rules() -> str:
    """GPIO chips and the Coral for the group. Rules of a distribution that come before (99-com) are overridden.

    The Coral calls itself 1a6e:089a until its firmware is loaded, 18d1:9302 after that.
    """
    usb = "\n".join(
        f'SUBSYSTEM=="usb", ATTR{{idVendor}}=="{vendor}", ATTR{{idProduct}}=="{product}", GROUP="{GROUP}", MODE="0660"'
        for vendor, product in (("1a6e", "089a"), ("18d1", "9302"))
    )
    return f"""{MARK}
# GPIO lines, for libgpiod
SUBSYSTEM=="gpio", KERNEL=="gpiochip*", GROUP="{GROUP}", MODE="0660"
# Coral USB Accelerator, before and after its firmware is loaded
{usb}
"""


def pwm_rules() -> str:
    """PWM channels for the group. The kernel tells of an exported channel by a change of its chip."""
    return f"""{MARK}
SUBSYSTEM=="pwm", ACTION=="add|change", RUN+="/bin/chgrp -R {GROUP} /sys%p", RUN+="/bin/chmod -R g=u /sys%p"
"""


def limits() -> str:
    """Real time and locked memory for the controller when a person starts it; the service has them from its unit."""
    return f"""{MARK}
@{GROUP} - rtprio {PRIORITY}
@{GROUP} - memlock unlimited
"""


def pwm_unit(pwm: Pwm) -> str:
    """Channels exported at boot, standing still, and the group's."""
    return f"""{MARK}
[Unit]
Description=They Live: PWM channels of the stepper motors

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c {_quoted(export_script(pwm))}
ExecStop=/bin/sh -c {_quoted(unexport_script(pwm))}

[Install]
WantedBy=multi-user.target
"""


def export_script(pwm: Pwm, sysfs: str = _SYSFS, group: str = GROUP, patience: int = 50) -> str:
    """Shell: wait for the chip (0.2 s `patience` times), export, stand still, give to the group; 1 where there is no chip."""
    chip = f"{sysfs}/{pwm.chip}"
    return (
        f"n=0; until [ -e {chip}/export ]; do n=$((n+1)); "
        f"if [ $n -gt {patience} ]; then echo no {chip}: switch PWM on in the device tree >&2; exit 1; fi; sleep 0.2; done; "
        f"cd {chip} && for c in {_words(pwm)}; do [ -d pwm$c ] || echo $c > export || exit 1; done && "
        f"chgrp -R {group} . && chmod -R g=u ."
    )


def unexport_script(pwm: Pwm, sysfs: str = _SYSFS) -> str:
    """Shell: still, and given back to the kernel."""
    return f"cd {sysfs}/{pwm.chip} && for c in {_words(pwm)}; do if [ -d pwm$c ]; then echo 0 > pwm$c/enable; echo $c > unexport; fi; done"


def still_script(pwm: Pwm, sysfs: str = _SYSFS) -> str:
    """Shell: no more pulses. A controller that was killed cannot switch its channels off."""
    return f"cd {sysfs}/{pwm.chip} && for c in {_words(pwm)}; do if [ -d pwm$c ]; then echo 0 > pwm$c/enable; fi; done"


def stack_unit(choices: Choices) -> str:
    """The nodes, as a service: dark and disarmed after each start, started again after a crash, for ever."""
    run = shlex.join([*choices.program, "run", *choices.arguments])
    if choices.sources:
        sourced = "".join(f". {shlex.quote(file)} && " for file in choices.sources)
        run = f"/bin/bash -c {_quoted(f'{sourced}exec {run}')}"
    else:
        run = _escaped(run)
    after = still = ""
    if choices.pwm is not None:
        after = " theylive-pwm.service"
        script = _quoted(still_script(choices.pwm))
        still = f"\n# A killed controller leaves its PWM channels running.\nExecStopPost=-/bin/sh -c {script}"
    return f"""{MARK}
# Settings of your own: sudo systemctl edit theylive
[Unit]
Description=They Live: sees aliens, spares John Nada
After=network.target{after}
StartLimitIntervalSec=0

[Service]
User={choices.user}
SupplementaryGroups={GROUP}
WorkingDirectory=~
ExecStart={run}{still}
Restart=on-failure
RestartSec=5
TimeoutStopSec=10
LimitRTPRIO={PRIORITY}
LimitMEMLOCK=infinity
NoNewPrivileges=yes

[Install]
WantedBy=multi-user.target
"""


def _words(pwm: Pwm) -> str:
    return " ".join(map(str, pwm.channels))


def _quoted(script: str) -> str:
    """As one word of an Exec line."""
    return '"' + _escaped(script).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _escaped(line: str) -> str:
    """systemd replaces %x and $x itself unless they are doubled."""
    return line.replace("%", "%%").replace("$", "$$")
