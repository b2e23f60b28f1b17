"""A small spec for the page of each layer, made of a case of its own tests."""

from __future__ import annotations

from typing import Any

from netspec.analysis import analyze
from netspec.spec.model import Spec
from tests.kit.battery import Case
from tests.kit.random_specs import cases_by_type


def doc_examples() -> dict[str, dict[str, Any]]:
    """Layer → spec as a table: the first case with pictures that is a valid network, else the first of all."""
    found = {}
    for name, cases in cases_by_type().items():
        ordered = sorted(cases, key=lambda case: len(case.shapes[0]) != 3)  # stable
        specs = (example_of(name, case) for case in ordered)
        usable = next((spec for spec in specs if analyze(Spec.model_validate(spec)).ok), None)
        if usable is not None:
            found[name] = usable
    return found


def example_of(name: str, case: Case) -> dict[str, Any]:
    """The layer with the settings of a case, on inputs of the case's shapes."""
    inputs = [f"x{place}" for place in range(len(case.shapes))] if len(case.shapes) > 1 else ["input"]
    settings = case.layer.model_dump(mode="json", exclude_unset=True, exclude_none=True)
    named = {"inputs": inputs} if len(inputs) > 1 else {}
    layer = {"name": name.split("_")[0], "type": name, **named}
    layer |= {key: value for key, value in settings.items() if key not in ("name", "type", "inputs")}
    tables = [{"name": key, "shape": list(shape)} for key, shape in zip(inputs, case.shapes, strict=True)]
    head: dict[str, Any] = {"inputs": tables} if len(inputs) > 1 else {"input": {"shape": list(case.shapes[0])}}
    return {**head, "layers": [layer]}
