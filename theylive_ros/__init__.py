"""Sees aliens, spares John Nada: camera, Edge TPU detector, target selection and laser mirrors as ROS 2 nodes."""

__version__ = "0.1.0"
