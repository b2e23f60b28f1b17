"""The learning-rate range test: `netspec lr-find`, and the proof that it leaves everything as it was."""
