"""Plays timed segments on the motors and keeps the light's lease; a small process of its own, standard library only."""
