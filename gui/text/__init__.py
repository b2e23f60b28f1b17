"""The text of the spec: what stands where, what may stand there, and the editor that shows it."""
