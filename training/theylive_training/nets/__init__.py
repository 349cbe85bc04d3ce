"""The nets: what they are, built with random weights."""
