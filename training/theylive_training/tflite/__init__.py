"""From a trained net to a file that the robot and the Edge TPU run."""
