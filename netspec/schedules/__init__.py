"""Learning-rate schedules: one a file, discovered by the registry."""
