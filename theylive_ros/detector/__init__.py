"""Heads in frames: the detector interface, its plugins, and the TFLite models that they run."""
