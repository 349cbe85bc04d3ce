"""Where frames come from: an interface, and one file per kind of camera."""
