"""What freezing saves, as a table and lines; for `netspec plan` and `netspec summary`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec.cli import console

if TYPE_CHECKING:
    from rich.table import Table

    from netspec.plan.savings import Savings, StageCost, StepCost

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


def lines(savings: Savings) -> list[str]:
    """What the table is of; then for each stage the frozen prefix and what the cache takes, or why there is none."""
    first, count = savings.stages[0], len(savings.stages)
    of = f"the table is of a training step with {console.plural(savings.batch, 'sample')}"
    if count == 1:
        return [of, _prefix(first)]
    whole = savings.nothing_frozen.multiply_adds
    found = [f"stage {one.number + 1} of {count}, {_epochs(one)}: {_stage(one, whole)}" for one in savings.stages]
    return [f"{of} in stage 1", *found]


def _epochs(stage: StageCost) -> str:
    first, last = stage.first_epoch + 1, stage.last_epoch
    return f"epoch {first}" if last <= first else f"epochs {first} – {last}"


def _stage(stage: StageCost, whole: int) -> str:
    """Its share of the work, and its prefix."""
    if not stage.frozen_layers:
        return "nothing is frozen, nothing is saved"
    if stage.number == 0:
        return _prefix(stage)
    done = stage.from_cache or stage.frozen
    return f"{100 * done.multiply_adds / max(whole, 1):.3g} % of the multiply-adds; {_prefix(stage)}"


def _prefix(stage: StageCost) -> str:
    prefix = stage.prefix
    if prefix is None:
        return "frozen prefix: none, as layers that learn, draw random numbers or take statistics of a batch stand at the front"
    names = prefix.first if prefix.layers == 1 else f"{prefix.first} … {prefix.last}"
    layers, numbers = console.plural(prefix.layers, "layer"), console.plural(prefix.numbers, "number")
    text = f"frozen prefix: {names} ({layers}) → {numbers}; "
    if stage.no_cache:
        return f"{text}the cache is off, {stage.no_cache}"
    many = f"{console.size(THOUSAND * prefix.bytes)} for {console.count(THOUSAND)}"
    return f"{text}the cache takes {console.size(prefix.bytes)} a sample, {many}"
