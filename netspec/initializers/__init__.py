"""Initial values of parameters: one a file, discovered by the registry."""
