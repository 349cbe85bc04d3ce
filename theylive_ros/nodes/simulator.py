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

"""The node `simulator`: board, camera, motors and laser of a rig that is not there, with the truth about them."""

from __future__ import annotations

import dataclasses
import math
import threading
import time
from collections.abc import Sequence

from std_msgs.msg import Header
from std_srvs.srv import SetBool, Trigger
from theylive_msgs import msg

from theylive_ros.controller.config import ExecutorSettings
from theylive_ros.controller.executor import Executor
from theylive_ros.controller.lines.sim import SimConfig, SimLines
from theylive_ros.controller.server import SocketServer, monotonic_us
from theylive_ros.mirrors.optics import Geometry
from theylive_ros.nodes import qos
from theylive_ros.nodes.base import ManagedNode, Worker
from theylive_ros.nodes.controller_link import AUTO, SocketConfig, socket_path
from theylive_ros.nodes.image_publisher import ImagePublisher
from theylive_ros.nodes.parameters import ConfigurationError
from theylive_ros.nodes.process import run_node
from theylive_ros.parting import leave
from theylive_ros.settings import setting
from theylive_ros.simulator.beam import PRESETS
from theylive_ros.simulator.lit import LitPlaces
from theylive_ros.simulator.scenario import Scenario, ScenarioError, load_scenario
from theylive_ros.simulator.truth import LitSample
from theylive_ros.simulator.world import World
from theylive_ros.types import Frame


@dataclasses.dataclass(frozen=True)
class SimulatorConfig:
    """Parameters of the node; those of the rig are under geometry, lines and controller."""

    scenario: str = setting("default", "Scenario: a name in config/scenarios, or a file", read_only=True)
    seed: int = setting(-1, "Seed of all chance; -1: the scenario's own", low=-1, read_only=True)
    rate: float = setting(30.0, "Frames per second", unit="Hz", low=1.0, high=240.0, read_only=True)
    mounting: str = setting(
        "ideal", "How the rig is mounted: as its geometry says, or crookedly, so that it must be calibrated", choices=tuple(PRESETS),
        read_only=True,
    )  # fmt: skip
    wait: bool = setting(False, "Leave the board empty until ~/begin is called", read_only=True)


class SimulatorNode(ManagedNode):
    """Publishes frames as a camera would, and listens on a socket as a controller would.

    Services: ~/press_stop, the stop switch; ~/begin, for a scenario that waits.
    """

    def __init__(self, **options: object) -> None:
        super().__init__("simulator", **options)
        self._config = self.declare(SimulatorConfig)
        self._socket = self.declare(SocketConfig)
        self._geometry = self.declare(Geometry, "geometry")
        self._lines_config = self.declare(SimConfig, "lines")
        self._executor_settings = self.declare(ExecutorSettings, "controller")
        self._publisher = ImagePublisher(self)
        self._truth = self.create_lifecycle_publisher(msg.GroundTruth, "ground_truth", qos.RESULT)
        try:
            self._scenario = load_scenario(self._config.value.scenario)
        except ScenarioError as error:
            raise ConfigurationError(str(error)) from error
        self._world: World | None = None
        self._lines: SimLines | None = None
        self._executor: Executor | None = None
        self._server: SocketServer | None = None
        self._controller: threading.Thread | None = None
        self._leave = threading.Event()
        self._worker: Worker | None = None
        self._begun = threading.Event()
        self.create_service(SetBool, "~/press_stop", self._press_stop)
        self.create_service(Trigger, "~/begin", self._begin)
        self.ready()

    @property
    def rate(self) -> float:
        """Frames per second."""
        return self._config.value.rate

    @property
    def seed(self) -> int:
        """Seed of the world in use."""
        return self._world.seed

    @property
    def mm_per_pixel(self) -> float:
        """Scale of the pictures on the board."""
        return self._world.camera.settings.mm_per_px

    @property
    def missed_steps(self) -> tuple[int, int]:
        """Pulses that the motors have not followed."""
        return self._lines.missed

    def open(self) -> None:
        """Power the motors, listen for a planner, build the world. A controller lives from here to `close`, as on a rig."""
        config = self._config.value
        self._lines = SimLines(self._lines_config.value)
        self._executor = Executor(self._lines, self._executor_settings.value)
        self._server = SocketServer(socket_path(self, self._socket.value.controller_socket or AUTO))
        self._executor.open(monotonic_us())
        self._leave.clear()
        self._controller = threading.Thread(target=self._serve, name="simulated-controller", daemon=True)
        self._controller.start()
        # Last: drawing the heads takes a second or two, and no planner need wait for them.
        self._world = self._make_world(self._scenario)
        self.get_logger().info(f"scenario {config.scenario}; controller at {self._server.path}")

    def start(self) -> None:
        """Begin to film."""
        self._begun.clear()
        if not self._config.value.wait:
            self._begun.set()
        self._worker = Worker(self, "film", self._film)

    def stop(self) -> None:
        """Stop filming."""
        if self._worker is not None:
            self._worker.join()
            self._worker = None

    def close(self) -> None:
        """Switch the rig off."""
        self._leave.set()
        if self._controller is not None:
            self._controller.join(2.0)
            self._controller = None
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._executor is not None:
            self._executor.close(monotonic_us())
            self._executor = None

    def facts(self) -> dict[str, str]:
        """Which scenario, and how well the motors follow."""
        missed = self._lines.missed if self._lines is not None else (0, 0)
        return {"scenario": self._config.value.scenario, "missed_steps": f"{missed[0]}, {missed[1]}"}

    def _serve(self) -> None:
        # Exact: a simulated motor gets its pulse at the very moment it is due, however late this thread wakes up.
        self._server.serve(self._executor, self._leave, exact=True)

    def _make_world(self, scenario: Scenario) -> World:
        seed = self._config.value.seed
        return World(scenario, None if seed < 0 else seed)

    def _begin(self, _: Trigger.Request, answer: Trigger.Response) -> Trigger.Response:
        if not self.active:
            answer.message = "the node is not active, so nothing can begin"
        elif self._begun.is_set():
            answer.message = "the scenario has begun already"
        else:
            self._begun.set()
            answer.success = True
        return answer

    def _press_stop(self, request: SetBool.Request, answer: SetBool.Response) -> SetBool.Response:
        if self._lines is None:
            answer.message = "the rig is off: configure the node first"
            return answer
        self._lines.stop_pressed = request.data
        answer.success = True
        return answer

    def _film(self, worker: Worker) -> None:
        config = self._config.value
        lit = LitPlaces(self._lines, self._geometry.value, self._world.camera, PRESETS[config.mounting])
        waiting = not self._begun.is_set()
        world = self._make_world(dataclasses.replace(self._scenario, actors=(), spawn=(), disturbances=())) if waiting else self._world
        period, begin = 1.0 / config.rate, time.monotonic()
        due = begin
        while not worker.pause(max(0.0, due - time.monotonic())):
            now = time.monotonic()
            # A frame that would have been due meanwhile is dropped, as a camera drops it.
            dropped = math.floor((now - due) / period)
            self.meter.count("dropped", dropped)
            due += (dropped + 1) * period
            if waiting and self._begun.is_set():
                waiting, world, begin = False, self._world, now
            world.at(now - begin)
            samples = lit.until(round(now * 1e6))
            spot = lit.spot()
            jpeg = world.jpeg(spot if lit.shining and math.isfinite(spot[0]) else None)
            head = self._publisher.publish(Frame(now, jpeg=jpeg))
            self._truth.publish(self._tell(head, now, world, spot, samples))
            self.meter.latency("render", time.monotonic() - now)

    def _tell(self, head: Header, now: float, world: World, spot: tuple[float, float], samples: Sequence[LitSample]) -> msg.GroundTruth:
        return msg.GroundTruth(
            header=head,
            heads=[
                msg.Head(
                    id=h.id,
                    label=h.label,
                    x=h.x,
                    y=h.y,
                    width=h.width,
                    height=h.height,
                    visible=float(h.visible),
                    vx=h.vx,
                    vy=h.vy,
                    age=world.time - h.appeared_at,
                )
                for h in world.heads()
            ],
            spot_x=spot[0],
            spot_y=spot[1],
            lit_x=[s.x for s in samples],
            lit_y=[s.y for s in samples],
            lit_age=[now - s.t for s in samples],
            mirror_angles=self._lines.angles,
            missed_steps=self._lines.missed,
        )


def main() -> None:
    """Run the node as a process."""
    leave(run_node(SimulatorNode))
