"""The spec language: reading TOML and JSON with places, working out blocks and variables, the models, rendering."""
