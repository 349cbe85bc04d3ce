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

"""What the command `ros2` says of a rig that runs: every node and every kind of question has a sensible answer."""

import subprocess
import sys
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import launched
import pytest
import yaml
from processes import programs
from running_rig import NODES, START

RIGS = launched.Rigs("")
# Question -> what the answer holds. One answer, so that they can be asked two at a time.
ANSWERS = {
    "topic list -t": ["/target [theylive_msgs/msg/Target]", "/image_raw [sensor_msgs/msg/Image]", "/laser [theylive_msgs/msg/LaserState]"],
    "topic echo --once /target": ["frame_id: camera_optical_frame", "has_target: ", "protected_tracks:", "clears_protected: true"],
    "topic echo --once /laser": ["armed: false", "- not_armed"],
    "topic echo --once /joint_states": ["- mirror_1_joint"],
    "topic echo --once --field status /diagnostics": ["theylive"],
    "topic info -v /target": ["Type: theylive_msgs/msg/Target", "Node name: selector", "Node name: mirrors", "Reliability: RELIABLE"],
    "service list -t": ["/mirrors/arm [std_srvs/srv/Trigger]", "/simulator/press_stop [std_srvs/srv/SetBool]"],
    "service call /mirrors/disarm std_srvs/srv/Trigger": ["success=True"],
    "service call /mirrors/reference std_srvs/srv/Trigger": ["success=True"],
    "action list -t": ["/calibrate [theylive_msgs/action/Calibrate]"],
    "action info /calibrate": ["Action servers: 1"],
    "action send_goal --feedback /calibrate theylive_msgs/action/Calibrate {}": [
        "Goal accepted with ID: ",
        "no file to write: give one with the goal",
        "Goal finished with status: ABORTED",
    ],
    "interface show theylive_msgs/msg/Target": ["Track target", "uint32 width", "(px)"],
    "interface show theylive_msgs/action/Calibrate": ["bool success", "float32 progress"],
    "param describe /mirrors gate.guard_radius": ["Type: double", "(m)", "Min value: 0.0", "Max value: 1.0"],
    "param describe /detector detector.fit": ["Read only: true", "one of: manifest, letterbox, crop, stretch"],
    "param get /detector detector.score_threshold": ["Double value is: 0.5"],
    "param set /detector detector.score_threshold high": ["detector.score_threshold is 'high'; it must be float from 0.0 to 1.0"],
    "param set /selector target_labels [john]": ["john is in target_labels and in protected_labels"],
    "lifecycle nodes": [f"/{node}" for node in NODES],
    "lifecycle list /mirrors": ["- deactivate [4]"],
    "lifecycle set /mirrors configure": ["Unknown transition requested, available ones are:", "- deactivate"],
    "lifecycle get /mirrors": ["active [3]"],
    **{f"node info /{node}": [f"/{node}/change_state: lifecycle_msgs/srv/ChangeState", "/diagnostics: "] for node in NODES},
}
RATES = ("image_raw", "detections", "target", "laser", "pointing", "joint_states")


@pytest.mark.skipif(not launched.there("ros2cli"), reason="needs ROS 2's command ros2, which is no wheel: source a ROS 2 installation")
@launched.launch_test
def generate_test_description():
    return launched.description(launched.include("sim.launch.py", composed="true"))


def ros2(question):
    """What `ros2` answers, errors and all."""
    done = subprocess.run(["ros2", *question.split()], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr


class TestRos2Cli(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        (cls.rig,) = RIGS.open()
        cls.rig.wait_until_active()
        cls.rig.wait_until_only_arming_is_missing()
        # Without a daemon a question would start one, and be answered without it. A new one has yet to find the rig.
        ros2("daemon start")
        cls.rig.bench.until(lambda: {f"/{node}" for node in NODES} <= set(ros2("node list").split()), START)
        cls.rig.bench.until(lambda: {f"/{topic}" for topic in RATES} <= set(ros2("topic list").split()), START)

    @classmethod
    def tearDownClass(cls):
        ros2("daemon stop")
        RIGS.end()

    def test_every_question_has_its_answer(self):
        with ThreadPoolExecutor(2) as pool:
            answers = dict(zip(ANSWERS, pool.map(ros2, ANSWERS), strict=True))
        lacking = {question: words for question, words in ANSWERS.items() if not all(word in answers[question] for word in words)}
        assert not lacking, "\n".join(f"$ ros2 {question}\n{answers[question]}\n- lacks one of {lacking[question]}" for question in lacking)

    def test_what_flows_has_a_rate(self):
        with programs() as start:
            for asked in [start("ros2", "topic", "hz", f"/{topic}") for topic in RATES]:
                asked.says("average rate: ", 60)

    def test_what_is_dumped_is_a_parameter_file(self):
        dumped = yaml.safe_load(ros2("param dump /selector"))
        assert dumped["/selector"]["ros__parameters"]["protected_labels"] == ["john"]

    def test_a_node_is_walked_down_and_up(self):
        for transition, state in (
            ("deactivate", "inactive"),
            ("cleanup", "unconfigured"),
            ("configure", "inactive"),
            ("activate", "active"),
        ):
            assert "Transitioning successful" in ros2(f"lifecycle set /selector {transition}")
            assert self.rig.state("selector") == state


TestTheEnd = launched.the_end(RIGS)
