"""Labelled pictures on disk: found, read, checked, converted, split."""
