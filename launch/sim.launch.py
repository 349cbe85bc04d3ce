"""A simulated rig in place of camera and hardware, and the same nodes. Arguments: `ros2 launch theylive_ros sim.launch.py --show-args`."""

from launch import LaunchDescription

from theylive_ros.launching import describe


def generate_launch_description() -> LaunchDescription:
    """One process for each node; the simulated laser, too, stays dark until somebody calls the service mirrors/arm."""
    scenario = {"scenario": ("Scenario: a name in config/scenarios, or a file", "simulator", "scenario")}
    return describe(["simulator", "detector", "selector", "mirrors", "calibrator", "visualizer"], "sim.yaml", scenario)
