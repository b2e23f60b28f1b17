"""Transfer learning in the window."""
