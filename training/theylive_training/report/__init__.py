"""One page about trainings, models and data, for a person to read instead of their folders."""
