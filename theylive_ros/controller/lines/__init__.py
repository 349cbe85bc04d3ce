"""Wires of rigs: one file per plugin of the group `theylive_ros.lines`."""
