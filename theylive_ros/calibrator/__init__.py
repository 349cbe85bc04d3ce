"""Finds out how a rig's pixels and mirrors belong together: sees the spot, sweeps it over the board, fits, draws what is left over."""
