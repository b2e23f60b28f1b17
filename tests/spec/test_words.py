"""Wrong values of every key are told in netspec's words, never in those of pydantic or Python."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from pydantic import BaseModel

from netspec.loading import read_text
from netspec.registry import plugins
from netspec.spec.model import Spec
from netspec.spec.sections import Checkpoint, EarlyStopping, Input, Train, Transfer
from tests.spec.helpers import INPUT, RELU

VALUES: tuple[Any, ...] = (
    "text", "", -(10**30), -1, 0, 1.5, 10**30, None, True, [], [None], ["a", 1.5], [1, 2, 3, 4, 5], {},
    {"x": {"y": [1]}}, [[True]], {"type": "nope"}, [{"a": "b"}],
)  # fmt: skip
FOREIGN = re.compile(
    r"Input should|validation error|Extra inputs|Value error|[Uu]nable to parse|valid (integer|number|string|boolean)"
    r"|<class|object at 0x|\bNone\b|\bTrue\b|\bFalse\b|\{'|\['|\btuple\b|\bdict\b|instance of"
)
SECTIONS: dict[str, type[BaseModel]] = {
    "train": Train, "transfer": Transfer, "checkpoint": Checkpoint, "early_stopping": EarlyStopping, "input": Input,
}  # fmt: skip
FAMILIES = {
    "losses": "loss", "datasets": "data", "optimizers": "optimizer", "schedules": "schedule",
}  # fmt: skip


def network() -> dict[str, Any]:
    """A small valid spec."""
    return {"input": {"shape": [3, 8, 8]}, "layers": [{"name": "fc", "type": "linear", "out_features": 10}]}


def with_plugin(family: str, table: dict[str, Any]) -> dict[str, Any]:
    """The small spec with one plug-in's table in its place."""
    tree = network()
    if family == "layers":
        tree["layers"] = [{"name": "a"} | table]
    elif family == "initializers":
        tree["layers"][0]["weight_init"] = table
    elif family == "augment":
        tree["data"] = {"type": "digits", "augment": [table]}
    else:
        tree |= {"metrics": [table]} if family == "metrics" else {FAMILIES[family]: table}
    return tree


def check(tree: dict[str, Any]) -> int:
    """Read the tree, look at each problem's words, and count the problems."""
    problems = read_text(json.dumps(tree), "json").problems
    for problem in problems:
        text = f"{problem.message}; {problem.hint}"
        assert not FOREIGN.search(text), f"{json.dumps(tree)}: {text}"
        assert problem.message
        assert problem.hint
    return len(problems)


@pytest.mark.parametrize("family", ["layers", "initializers", "metrics", "augment", *FAMILIES])
def test_wrong_values_of_every_key_of_a_family_are_told_in_netspecs_words(family: str) -> None:
    found = 0
    for name, plugin in plugins(f"netspec.{family}").items():
        for key in plugin.model_fields.keys() - {"type"}:
            found += sum(check(with_plugin(family, {"type": name, key: value})) for value in VALUES)
    assert found > 50


@pytest.mark.parametrize("section", sorted(SECTIONS))
def test_wrong_values_of_a_section_are_told_in_netspecs_words(section: str) -> None:
    for key in SECTIONS[section].model_fields:
        for value in VALUES:
            tree = network()
            tree.setdefault(section, {})[key] = value
            check(tree)
    assert check(network() | {section: 5}) > 0


def test_wrong_sections_are_told_in_netspecs_words() -> None:
    keys = {*Spec.model_fields, "input", "optimizer", "variables", "blocks", "extends", "remove"}
    assert sum(check(network() | {key: value}) for key in sorted(keys) for value in VALUES) > 100


def test_a_number_format_that_is_not_there_is_no_slip_for_one_of_the_others() -> None:
    (problem,) = read_text(INPUT + RELU, overrides=["train.dtype=float16"]).problems
    assert problem.hint == 'choose "float32" or "float64"'
