"""Pass: which values need a gradient.

before: nothing is said about gradients; after: `differentiated` holds the layers and inputs that lie between something
that wants a gradient (a trainable parameter, a wanted input) and the loss. Below the lowest trainable layer there is none.
"""

from __future__ import annotations

from dataclasses import replace

from netspec.graph import inputs_of
from netspec.plan.plan import Plan


def differentiate(plan: Plan) -> Plan:
    """Find the values whose gradient is needed."""
    if not plan.goal.gradients:
        return plan
    wanted = set(plan.inputs) if plan.goal.input_gradients else set()
    for name in plan.order:
        if _trains(plan, name) or any(source in wanted for source in inputs_of(plan.graph, name)):
            wanted.add(name)
    reached = set(plan.loss_inputs if plan.goal.loss else plan.outputs)
    for name in reversed(plan.order):
        if name in reached:
            reached.update(inputs_of(plan.graph, name))
    return replace(plan, differentiated=frozenset(wanted & reached))


def _trains(plan: Plan, name: str) -> bool:
    shapes = [plan.shapes[source] for source in inputs_of(plan.graph, name)]
    return name not in plan.frozen and bool(plan.layer(name).parameters(shapes))
