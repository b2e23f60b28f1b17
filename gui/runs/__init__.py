"""Runs as the window sees them: followed through their folder, which is the only channel to the trainer."""
