"""Recordings in ROS 2's own bag format, written and read without rosbag2, and replayed through detector and selector."""
