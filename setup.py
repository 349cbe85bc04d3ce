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

"""The ament_python package theylive_ros: built by colcon on a ROS machine, by pip everywhere else."""

import os

from setuptools import find_packages, setup

NAME = "theylive_ros"


def shared(top):
    """Every file below a folder of the clone, for the same place below share/theylive_ros."""
    for folder, _, names in sorted(os.walk(top)):
        if os.path.basename(folder) != "__pycache__":
            yield f"share/{NAME}/{folder}", [os.path.join(folder, name) for name in sorted(names)]


setup(
    name=NAME,
    version="0.1.0",
    description="Sees aliens, spares John Nada: camera, Edge TPU detector, target selection and laser mirrors as ROS 2 nodes",
    license="Apache-2.0",
    maintainer="theylive_ros developers",
    maintainer_email="maintainers@theylive-ros.invalid",
    packages=find_packages(include=[NAME, f"{NAME}.*"]),
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
        *shared("launch"),
        *shared("config"),
        *shared("models"),
    ],
    python_requires=">=3.10",
    install_requires=["setuptools"],
    extras_require={
        # On the robot NumPy, OpenCV and PyYAML come from apt (package.xml), so that they match apt's cv_bridge.
        "robot": ["ai-edge-litert", "gpiod", "lapx", "mcap>=1.6,<2", "pyserial", "rosbags>=0.11,<0.12"],
        "pc": ["ai-edge-litert", "lapx", "mcap>=1.6,<2", "numpy", "opencv-python-headless", "pyserial", "PyYAML", "rosbags>=0.11,<0.12"],
        "test": ["hypothesis", "pytest", "pytest-timeout"],  # by this colcon test knows that the tests are pytest's
    },
    zip_safe=True,
    entry_points={
        "console_scripts": [
            "theylive = theylive_ros.cli:main",
            "camera = theylive_ros.nodes.camera:main",
            "detector = theylive_ros.nodes.detector:main",
            "selector = theylive_ros.nodes.selector:main",
            "mirrors = theylive_ros.nodes.mirrors:main",
            "calibrator = theylive_ros.nodes.calibrator:main",
            "simulator = theylive_ros.nodes.simulator:main",
            "visualizer = theylive_ros.nodes.visualizer:main",
            "armer = theylive_ros.nodes.armer:main",
            "player = theylive_ros.nodes.player:main",
        ],
        "theylive_ros.cameras": [
            "images = theylive_ros.camera.images:ImagesCamera",
            "v4l2 = theylive_ros.camera.v4l2:V4l2Camera",
            "video = theylive_ros.camera.video:VideoCamera",
        ],
        "theylive_ros.detectors": [
            "mobilenetv2 = theylive_ros.detector.mobilenetv2:MobileNetV2Detector",
            "yolov8 = theylive_ros.detector.yolov8:YoloV8Detector",
        ],
        "theylive_ros.selectors": [
            "highest_score = theylive_ros.targeting.highest_score:HighestScoreSelector",
            "nearest = theylive_ros.targeting.nearest:NearestSelector",
            "round_robin = theylive_ros.targeting.round_robin:RoundRobinSelector",
        ],
        "theylive_ros.lines": [
            "gpio = theylive_ros.controller.lines.gpio:GpioLines",
            "gpio_standin = theylive_ros.simulator.hardware.gpio_standin:GpioStandinLines",
            "pwm = theylive_ros.controller.lines.pwm:PwmLines",
            "pwm_standin = theylive_ros.simulator.hardware.pwm_standin:PwmStandinLines",
            "sim = theylive_ros.controller.lines.sim:SimLines",
        ],
    },
)
