"""A simulated rig in place of camera and hardware, and the same nodes. Arguments: `ros2 launch theylive_ros sim.launch.py --show-args`."""

from launch import LaunchDescription
from launch.actions import OpaqueFunction

from theylive_ros.launching import arguments
from theylive_ros.launching.stack import stack

NODES = ["simulator", "detector", "selector", "mirrors", "calibrator", "visualizer"]


def generate_launch_description() -> LaunchDescription:
    """The simulated laser, too, stays dark until somebody calls the service mirrors/arm, or types arm:=true."""
    return LaunchDescription(
        [
            *arguments.common("sim.yaml"),
            *arguments.choice(NODES),
            *arguments.scenario(),
            *arguments.model(),
            *arguments.arm(),
            OpaqueFunction(function=stack, args=[NODES]),
        ]
    )
