"""Pass: the order of computation. before: a graph; after: its layers, each behind all it reads, as in the file if possible."""

from __future__ import annotations

from dataclasses import replace

from netspec.graph import order as graph_order
from netspec.plan.plan import Plan


def order(plan: Plan) -> Plan:
    """Fix the order of the layers."""
    return replace(plan, order=tuple(name for name in graph_order(plan.graph) if name not in plan.inputs))
