"""From a file of weights to a network's tensors: names, layouts, prefixes, renames. Knows graphs, not programs."""

from netspec.transfer.fitting import Fitted, fit
from netspec.transfer.wanted import Wanted

__all__ = ["Fitted", "Wanted", "fit"]
