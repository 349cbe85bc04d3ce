"""From pictures to the models that theylive_ros loads; for a PC, never installed on the robot."""
