"""Layers: one a file (docs, fields, shape rule, parameters, costs, kernels), discovered by the registry."""
