"""Stand-ins for the rig's hardware: a GPIO chip, a PWM chip, and the motors, switches and laser that hang on their wires."""
