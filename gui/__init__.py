"""The desktop program of netspec."""
