"""One check a file, discovered by walking this folder."""
