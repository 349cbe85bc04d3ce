"""The rig in space, for RViz and for whoever clicks in it: frames, shapes, the beam, the URDF. Knows no ROS."""
