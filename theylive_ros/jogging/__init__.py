"""Turning the axes by hand: keys, outlines drawn on the board, and how much play an axis has. Knows no ROS."""
