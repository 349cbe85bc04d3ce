"""Pictures that a net learns from: real, composed, simulated, worn."""
