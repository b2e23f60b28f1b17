"""The table of layers: what each costs, with totals, to sort, filter and copy."""
