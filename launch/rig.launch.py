"""The robot: camera, detector, selector, mirrors, calibrator. `ros2 launch theylive_ros rig.launch.py --show-args` lists arguments."""

from launch import LaunchDescription
from launch.actions import OpaqueFunction

from theylive_ros.launching import arguments
from theylive_ros.launching.stack import stack

NODES = ["camera", "detector", "selector", "mirrors", "calibrator"]


def generate_launch_description() -> LaunchDescription:
    """The laser stays dark until somebody calls the service mirrors/arm, or types arm:=true."""
    return LaunchDescription(
        [
            *arguments.common("rig.yaml"),
            *arguments.choice(NODES),
            *arguments.camera(),
            *arguments.model(),
            *arguments.arm(),
            OpaqueFunction(function=stack, args=[[*NODES, "visualizer"]]),
        ]
    )
