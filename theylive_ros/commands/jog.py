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

"""Turn the mirrors by hand, draw an outline on the board, or measure how much play the axes have.

  theylive jog                    by the arrow keys
  theylive jog --circle 30        a circle of 30 mm radius round where the beam points now
  theylive jog --square 60        a square of 60 mm
  theylive jog --backlash         approaches one place from both sides and compares where the spot is seen

Works through the running mirrors node, in its commissioning mode: disarm first. The axes must be referenced (--home, or --reference where
there are no limit switches). With light, selector and detector must run too: any protected head in view keeps the laser dark. Light comes
in bursts of a third of a second, at low duty. Once the command ends, or is killed, the laser is dark within 0.3 s. Exit status 1 when
places that were to be lit stayed dark.
"""

from __future__ import annotations

import argparse
import contextlib
import select
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from theylive_ros.controller.stop_flag import StopFlag
from theylive_ros.jogging import backlash, hand
from theylive_ros.jogging.lamp import Lamp
from theylive_ros.jogging.outline import JogError, circle, positions, square
from theylive_ros.jogging.visits import Visitor, trace

if TYPE_CHECKING:
    from theylive_ros.nodes.jogger import Jogger
    from theylive_ros.nodes.mirrors_client import RigFacts

T = TypeVar("T")
_PERIOD = 0.02  # s between two orders
_PATIENCE = 10.0  # s for the mirrors node to be heard, to change its mode, to find its reference


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--circle", metavar="R_MM", type=_millimetres, help="radius of a circle (mm on the board)")
    what.add_argument("--square", metavar="SIDE_MM", type=_millimetres, help="side of a square (mm on the board)")
    what.add_argument("--backlash", action="store_true", help="measure the play of both axes; needs light and the node calibrator")
    parser.add_argument("--light", action="store_true", help="shine at each place of an outline")
    parser.add_argument("--spacing", metavar="MM", type=_millimetres, default=0.005, help="between places of an outline (default: 5)")
    parser.add_argument("--dwell", metavar="S", type=_seconds, default=0.05, help="time at each place (default: %(default)s)")
    parser.add_argument("--laps", metavar="N", type=_count, default=1, help="rounds of an outline (default: %(default)s)")
    zero = parser.add_mutually_exclusive_group()
    zero.add_argument("--home", action="store_true", help="find the axes' zero at the limit switches first")
    zero.add_argument("--reference", action="store_true", help="take the mirrors' present place for zero first")
    parser.add_argument("--namespace", metavar="NAME", help="namespace of the rig's nodes")


def run(args: argparse.Namespace) -> int:
    """Jog; 0, 1 if places stayed dark that were to be lit, 130 if ended by Ctrl-C. Raises JogError, MirrorsError."""
    import rclpy

    from theylive_ros.nodes.process import stop_signals

    outlined = args.circle or args.square
    if args.light and not outlined:
        raise JogError("--light belongs to --circle and --square; by keys, the space bar switches it, and --backlash needs it anyway")
    if not (outlined or args.backlash or sys.stdin.isatty()):
        raise JogError("keys need a terminal: use --circle, --square or --backlash without one")
    try:
        with stop_signals() as stop, _commissioned(args, stop) as (jogger, facts):
            return _do(args, jogger, facts, stop)
    finally:
        rclpy.try_shutdown()


def _do(args: argparse.Namespace, jogger: Jogger, facts: RigFacts, stop: StopFlag) -> int:
    world = _wait(jogger.world, stop, "the mirrors node says nothing on joint_states and laser")
    here = (round(world.steps[0]), round(world.steps[1]))
    if args.backlash:
        for axis in (0, 1):
            print(report(_drive(jogger, Visitor(backlash.measure(axis, here, facts.limits)), stop), facts.geometry.microstep))
        return 0
    if args.circle or args.square:
        outline = circle(args.circle, args.spacing) if args.circle else square(args.square, args.spacing)
        places = positions(facts.geometry, facts.limits, here, outline)
        count = len(places) + (args.laps - 1) * (len(places) - 1)
        shone = _drive(jogger, Visitor(trace(places, args.light, args.dwell, args.laps)), stop)
        _drive(jogger, Visitor(trace([here], False, 0.0, 1)), stop)
        print(f"{count} places" + (f", lit at {shone}" if args.light else ", dark"))
        return int(args.light and shone < count)
    geometry = facts.geometry
    begun = hand.Hand(here, facts.limits, here, (-1 if geometry.invert_x else 1, -1 if geometry.invert_y else 1))
    _by_keys(jogger, begun, stop)
    return 0


def report(found: backlash.Backlash, microstep: float) -> str:
    """One axis in words. microstep: turn of a mirror in one (rad)."""
    size = f"axis {found.axis}: a microstep moves the spot {found.px_per_microstep:.2f} px"
    # + 0.0: no "-0.00"
    play, px, mrad = (round(value, 2) + 0.0 for value in (found.microsteps, found.px, 1e3 * found.microsteps * microstep))
    words = f"{play:.2f} +- {found.sigma:.2f} microsteps ({px:.2f} px, {mrad:.2f} mrad of the mirror)"
    return f"{size}; play {words}" if found.is_seen else f"{size}; no play to be seen: {words}"


def _drive(jogger: Jogger, visitor: Visitor[T], stop: StopFlag) -> T:
    """Make all visits; what the procedure returned."""
    while True:
        _end_if(stop)
        world = jogger.world()
        if world is not None:
            visit = visitor.step(world)
            if visit is None:
                return visitor.result
            jogger.order(visit.steps, visit.light)
            _check_mode(jogger, world.reasons)
        stop.wait(_PERIOD)


def _by_keys(jogger: Jogger, now: hand.Hand, stop: StopFlag) -> None:
    """Until `q`. The terminal is as it was afterwards."""
    print(hand.HELP)
    with _raw_terminal():
        spot, lamp = "", Lamp()
        while not now.ended:
            _end_if(stop)
            if select.select([sys.stdin], [], [], _PERIOD)[0]:
                for key in hand.decode(sys.stdin.buffer.raw.read(64)):
                    now = now.press(key)
            world = jogger.world()
            if world is None:
                continue
            jogger.order(now.steps, lamp.order(world.now, now.light, world.lit))
            _check_mode(jogger, world.reasons)
            for seen in world.spots:
                spot = f"spot {seen.x:.1f}, {seen.y:.1f} px" if seen.found else f"no spot: {seen.reason}"
            kept = [reason for reason in world.reasons if reason != "no_order"]
            light = "lit" if world.lit else f"light wanted ({', '.join(kept) or 'in bursts'})" if now.light else "dark"
            words = [f"x {world.steps[0]:+.0f} y {world.steps[1]:+.0f}", f"by {now.stride}", light, spot if world.lit else "", now.words]
            sys.stdout.write("\r\x1b[K" + "   ".join(filter(None, words))[:120])
            sys.stdout.flush()
        sys.stdout.write("\r\n")


def _check_mode(jogger: Jogger, reasons: tuple[str, ...]) -> None:
    if not jogger.commissioning:
        raise JogError(f"the mirrors node has ended commissioning mode: {', '.join(reasons) or 'no reason given'}; mend that and jog again")


@contextlib.contextmanager
def _commissioned(args: argparse.Namespace, stop: StopFlag) -> Iterator[tuple[Jogger, RigFacts]]:
    """A node of our own, spun in a thread, and the rig in commissioning mode; dark and back to targets afterwards."""
    from rclpy.executors import SingleThreadedExecutor
    from rclpy.node import Node
    from std_srvs.srv import Trigger

    from theylive_ros.nodes.jogger import Jogger
    from theylive_ros.nodes.mirrors_client import MirrorsClient, MirrorsError
    from theylive_ros.nodes.process import start_ros

    start_ros(["--ros-args", "-r", f"__ns:=/{args.namespace.strip('/')}"] if args.namespace else None)
    node = Node("jog")
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    ended = threading.Event()

    def spin() -> None:
        while not ended.is_set():
            executor.spin_once(timeout_sec=0.05)

    thread = threading.Thread(target=spin, name="jog-spin")
    thread.start()
    client = MirrorsClient(node)
    try:
        facts = client.wait_for_facts(stop)
        jogger = Jogger(node, facts.geometry)
        for asked, service in ((args.home, "home"), (args.reference, "reference")):
            if asked:
                _refer(node.create_client(Trigger, f"mirrors/{service}"), jogger, stop)
        client.commission(True, stop)
        try:
            _wait(lambda: jogger.commissioning or None, stop, "the mirrors node does not change to commissioning mode")
            yield jogger, facts
        finally:
            with contextlib.suppress(MirrorsError):  # a node that is gone is dark, and what it was that ended us is told
                client.commission(False, StopFlag())
    finally:
        ended.set()
        thread.join()
        executor.shutdown()
        node.destroy_node()


def _refer(client: object, jogger: Jogger, stop: StopFlag) -> None:
    """Have the axes' zero found, and wait until it is known."""
    from std_srvs.srv import Trigger

    answered: list[Trigger.Response] = []
    client.call_async(Trigger.Request()).add_done_callback(lambda future: answered.append(future.result()))
    answer = _wait(lambda: answered[0] if answered else None, stop, f"{client.srv_name} does not answer")
    if not answer.success:
        raise JogError(answer.message)
    time.sleep(0.2)  # what was known before is forgotten by then

    def known() -> bool | None:
        world = jogger.world()
        return True if world is not None and "unreferenced" not in world.reasons else None

    _wait(known, stop, "the axes' zero is not found", 60.0)


def _wait(what: Callable[[], T | None], stop: StopFlag, trouble: str, patience: float = _PATIENCE) -> T:
    until = time.monotonic() + patience
    while (found := what()) is None:
        _end_if(stop)
        if time.monotonic() > until:
            raise JogError(f"{trouble} within {patience:g} s: see that the mirrors node is well (its /diagnostics say)")
        stop.wait(_PERIOD)
    return found


def _end_if(stop: StopFlag) -> None:
    if stop.is_set():
        raise KeyboardInterrupt


@contextlib.contextmanager
def _raw_terminal() -> Iterator[None]:
    """Keys come one by one and unechoed; Ctrl-C still ends."""
    import termios
    import tty

    before = termios.tcgetattr(sys.stdin)
    try:
        tty.setcbreak(sys.stdin)
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _millimetres(words: str) -> float:
    value = float(words)
    if not 0.1 <= value <= 10_000:
        raise argparse.ArgumentTypeError(f"{words} is no length in mm between 0.1 and 10000")
    return value / 1000


def _seconds(words: str) -> float:
    value = float(words)
    if not 0.0 <= value <= 60.0:
        raise argparse.ArgumentTypeError(f"{words} is no time between 0 and 60 s")
    return value


def _count(words: str) -> int:
    value = int(words)
    if not 1 <= value <= 1000:
        raise argparse.ArgumentTypeError(f"{words} is no number between 1 and 1000")
    return value
