"""Which head is which, and which one to aim at."""
