"""What freezing saves, as a table and a line; for `netspec plan` and `netspec summary`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec.cli import console

if TYPE_CHECKING:
    from rich.table import Table

    from netspec.plan.savings import Savings, StepCost

ROWS = {
    "multiply_adds": "multiply-adds", "backward_calls": "backward calls", "backward_layers": "layers differentiated",
    "gradient_bytes": "gradients", "slot_bytes": "optimizer slots", "activation_bytes": "activations and workspaces",
    "kept_bytes": "prepared once",
}  # fmt: skip
THOUSAND = 1000


def table(savings: Savings) -> Table:
    """A row for each cost of a step, a column for each way."""
    columns = savings.columns()
    made = console.plain_table("what freezing saves", *columns, right=tuple(columns))
    for key, words in ROWS.items():
        if getattr(savings.frozen, key) is not None:
            made.add_row(words, *(_shown(key, cost) for cost in columns.values()))
    return made


def _shown(key: str, cost: StepCost) -> str:
    value: int = getattr(cost, key)
    return console.size(value) if key.endswith("bytes") else console.count(value)


def line(savings: Savings) -> str:
    """The frozen prefix and what the cache takes."""
    prefix = savings.prefix
    if prefix is None:
        return "frozen prefix: none, as layers that learn, draw random numbers or take statistics of a batch stand at the front"
    names = prefix.first if prefix.layers == 1 else f"{prefix.first} … {prefix.last}"
    layers, numbers = console.plural(prefix.layers, "layer"), console.plural(prefix.numbers, "number")
    many = f"{console.size(THOUSAND * prefix.bytes)} for {console.count(THOUSAND)}"
    return f"frozen prefix: {names} ({layers}) → {numbers}; the cache takes {console.size(prefix.bytes)} a sample, {many}"
