"""The door to ROS 2: one file per node, each a thin wrapper around a stage."""
