"""What goes wrong with a recording."""


class BagError(Exception):
    """A recording that cannot be written, read or replayed; one line with the cause and the cure."""
