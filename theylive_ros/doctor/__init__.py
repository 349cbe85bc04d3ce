"""Looks a machine over: what is there, what is missing, and how to mend it."""
