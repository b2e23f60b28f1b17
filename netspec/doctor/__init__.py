"""`netspec doctor`: a spec examined on its real network and its real data, before the long run."""
