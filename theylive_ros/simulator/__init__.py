"""The simulated rig: board, heads, laser spot and camera, in lock-step and without ROS."""
