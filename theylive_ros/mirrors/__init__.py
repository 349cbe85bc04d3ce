"""Where to point, how to get there, whether to shine."""
