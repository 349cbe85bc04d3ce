"""The commands of theylive-train, one module each."""
