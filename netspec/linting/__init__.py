"""Rules for what is legal but probably wrong, by subject; `netspec/lints.py` calls them."""
