"""What the panels that look inside networks share."""
