"""The robot: camera, detector, selector, mirrors, calibrator. `ros2 launch theylive_ros rig.launch.py --show-args` lists arguments."""

from launch import LaunchDescription

from theylive_ros.launching import describe


def generate_launch_description() -> LaunchDescription:
    """One process for each node; the laser stays dark until somebody calls the service mirrors/arm."""
    camera = {"camera": ("Camera plugin: v4l2, video, images, or one that you installed", "camera", "plugin")}
    return describe(["camera", "detector", "selector", "mirrors", "calibrator"], "rig.yaml", camera)
