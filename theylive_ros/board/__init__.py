"""Makes a board ready for the rig: groups, udev rules, limits, systemd units, as texts and commands; written, and taken away again."""
