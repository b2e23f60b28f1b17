"""Fields from models, values as they are typed, facts of layers."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from gui.forms.facts import facts_of, formula_of, short_formula
from gui.forms.fields import Boolean, Choice, Integer, Number, Part, Several, Text, Typed, describe, fields_of
from gui.forms.tables import Block, BlockUse, field_at, keys_at
from gui.forms.values import RefusedError, read_value, step, takes
from netspec.analysis import analyze
from netspec.layers.conv2d import Conv2d
from netspec.loading import load, loads
from netspec.registry import plugins
from netspec.rendering import toml_value
from netspec.shipped import shipped_specs
from netspec.spec.model import Spec
from netspec.windows import Sides, resolve

FAMILIES = ("layers", "losses", "metrics", "optimizers", "schedules", "initializers", "datasets", "augment")
EVERY = [(family, name) for family in FAMILIES for name in plugins(f"netspec.{family}")]


@pytest.mark.parametrize(("family", "name"), EVERY)
def test_every_key_of_every_type_is_described_and_takes_its_default(family: str, name: str) -> None:
    plugin: type[BaseModel] = plugins(f"netspec.{family}")[name]
    for key, field in fields_of(plugin).items():
        assert field.kinds, key
        assert all(describe(kind) for kind in field.kinds), key
        if field.default is not None:
            assert any(takes(kind, field.default) for kind in field.kinds), (key, field.default)
        assert field.doc or key == "type", key


@pytest.mark.parametrize("name", shipped_specs())
def test_every_value_of_every_shipped_spec_is_taken(name: str) -> None:
    """What netspec accepts, the forms accept: a value in use is never shown as refused."""
    tree = load(shipped_specs()[name]).model_dump(mode="json", exclude_none=True)
    for section in ("train", "loss", "data", "schedule"):
        for key, value in tree.get(section, {}).items():
            field = field_at((section, key), tree)
            assert field is not None
            assert any(takes(kind, value) for kind in field.kinds), (section, key, value)
    for place, layer in enumerate(tree["layers"]):
        for key, value in layer.items():
            field = field_at(("layers", place, key), tree)
            assert field is not None
            assert any(takes(kind, value) for kind in field.kinds), (layer["name"], key, value)


def test_limits_lists_unions_and_plugins_are_told_apart() -> None:
    conv = fields_of(Conv2d)
    assert conv["out_channels"].kinds == (Integer(1, 65_536),)
    assert conv["kernel_size"].kinds == (Integer(1, 65_535), Several(Integer(1, 65_535), 2, 2))
    assert conv["padding"].kind(Choice) == Choice(("same", "same_lower", "valid"))
    assert conv["padding"].kind(Part) == Part(Sides)
    assert conv["bias"].kinds == (Boolean(),)
    assert conv["weight_init"].kinds == (Typed("netspec.initializers", shorthand=True),)
    assert conv["inputs"].kinds == (Several(Text()),)
    assert conv["lr_mult"].kinds == (Number(0.0),)
    assert conv["out_channels"].is_required
    assert conv["stride"].default == 1
    assert conv["kernel_size"].doc == "Height and width of the window: 3 or [3, 5]."


def test_a_use_of_a_block_has_its_parameters() -> None:
    tree = {"blocks": {"b": {"required": ["width"], "parameters": {"stride": 1}}}, "layers": [{"type": "block", "block": "b"}]}
    keys = keys_at(("layers", 0), tree)
    assert keys is not None
    assert keys.fields["width"].is_required
    assert keys.fields["stride"].default == 1
    assert {"repeat", "first", "inputs"} <= keys.fields.keys()
    assert all(field.doc for model in (Block, BlockUse) for field in fields_of(model).values())


def test_keys_of_the_file_are_those_of_the_schema() -> None:
    keys = keys_at((), {})
    assert keys is not None
    assert set(keys.fields) == {*Spec.model_fields, "input", "loss", "optimizer", "extends", "remove", "variables", "blocks"}


@pytest.mark.parametrize(
    ("text", "kinds", "value"),
    [
        ("3", (Integer(1),), 3),
        ("1e-3", (Number(0),), 0.001),
        ("[3, 5]", (Integer(1), Several(Integer(1), 2, 2)), [3, 5]),
        ("same", (Choice(("same", "valid")),), "same"),
        ('"same"', (Choice(("same",)),), "same"),
        ("${width * 2}", (Integer(1),), "${width * 2}"),
        ("true", (Boolean(),), True),
        ("{ top = 1 }", (Part(Conv2d),), {"top": 1}),
    ],
)
def test_what_is_typed_is_read_as_the_file_would(text: str, kinds: tuple[object, ...], value: object) -> None:
    assert read_value(text, kinds) == value  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "kinds", "reason"),
    [
        ("0", (Integer(1),), "0 is refused; use a whole number ≥ 1"),
        ("abc", (Integer(1),), '"abc" cannot be read; use a whole number ≥ 1'),
        ("2.5", (Integer(),), "2.5 is refused; use a whole number"),
        ("true", (Integer(),), "true is refused; use a whole number"),
        ("1", (Number(0.0, 1.0, below=True),), "1 is refused; use number ≥ 0, < 1"),
        ("nan", (Number(),), "NaN is refused; use number"),
        ("[1, 2, 3]", (Several(Integer(), 2, 2),), "[1, 2, 3] is refused; use pair"),
        ("sane", (Choice(("same",)),), '"sane" is refused; use "same"'),
    ],
)
def test_what_cannot_be_taken_is_refused_with_what_can(text: str, kinds: tuple[object, ...], reason: str) -> None:
    with pytest.raises(RefusedError) as refused:
        read_value(text, kinds)  # type: ignore[arg-type]
    assert str(refused.value) == reason


@given(st.integers(-50, 50), st.integers(-5, 5))
def test_steps_of_whole_numbers_stay_inside(value: int, steps: int) -> None:
    kind = Integer(-40, 40)
    if takes(kind, value):
        assert step(value, kind, steps) == min(max(value + steps, -40), 40)


@pytest.mark.parametrize(
    ("value", "steps", "result"),
    [(0.001, 1, 0.002), (0.002, -1, 0.001), (0.001, -1, 0.0009), (0.1, 1, 0.2), (0.0, 1, 0.1), (0.9, 2, 1.0), (25.0, 1, 35.0)],
)
def test_steps_of_numbers_change_the_first_digit(value: float, steps: int, result: float) -> None:
    assert step(value, Number(0.0, 1.0 if value <= 1 else None), steps) == pytest.approx(result)
    assert toml_value(step(value, Number(0.0, 1.0 if value <= 1 else None), steps)).count("0000") == 0


@pytest.mark.parametrize(
    ("window", "text"),
    [
        ({"kernel_size": 5, "padding": 2}, "(28 − 5 + 2·2)/1 + 1 = 28"),
        ({"kernel_size": 2, "stride": 2}, "(28 − 2)/2 + 1 = 14"),
        ({"kernel_size": 3, "stride": 2}, "floor((28 − 3)/2) + 1 = 13"),
        ({"kernel_size": 3, "dilation": 2}, "(28 − (2·(3 − 1) + 1))/1 + 1 = 24"),
        ({"kernel_size": 3, "stride": 2, "padding": "same"}, "(28 − 3 + 0 + 1)/2 + 1 = 14"),
        ({"kernel_size": 3, "stride": 2, "rounding": "ceil"}, "ceil((28 − 3)/2) + 1 = 14"),
    ],
)
def test_the_arithmetic_of_a_window_comes_out(window: dict[str, object], text: str) -> None:
    height, _ = resolve((1, 28, 28), **window)  # type: ignore[arg-type]
    assert short_formula(height) == text
    left = text.rpartition(" = ")[0].replace("−", "-").replace("·", "*")
    assert eval(left, {"floor": math.floor, "ceil": math.ceil}) == height.output


def test_facts_of_lenets_first_layer() -> None:
    report = analyze(load(shipped_specs()["lenet5"]))
    facts = {fact.label: fact.text.replace("\u202f", "") for fact in facts_of(report, "conv1")}
    assert facts["formula"].startswith("y[n,o,i,j] = b[o] + Σ")
    assert facts["shape"] == "1 × 28 × 28  →  6 × 28 × 28"
    assert facts["height, width"] == "(28 − 5 + 2·2)/1 + 1 = 28"
    assert facts["parameters"] == "weight 6 × 1 × 5 × 5 = 150, bias 6: 156"
    assert facts["MACs"] == "6·28·28 · 1·5·5 = 117600"
    linear = {fact.label: fact.text.replace("\u202f", "") for fact in facts_of(report, "fc1")}
    assert linear["MACs"] == "400 · 120 = 48000"
    assert linear["note"] == "flattens 16 × 5 × 5 → 400"


@pytest.mark.parametrize("name", plugins("netspec.layers"))
def test_every_layer_says_what_it_computes(name: str) -> None:
    assert formula_of(plugins("netspec.layers")[name])


def test_groups_and_pairs_count_as_the_table_does() -> None:
    text = """
    input.shape = [8, 9, 7]
    layers = [{ name = "c", type = "conv2d", out_channels = 4, kernel_size = [3, 1], groups = 2, bias = false }]
    """
    report = analyze(loads(text))
    facts = {fact.label: fact.text for fact in facts_of(report, "c")}
    product, _, result = facts["MACs"].partition(" = ")
    assert eval(product.replace("·", "*")) == int(result.replace("\u202f", "")) == report.table[0].macs
    assert facts["height"] == "(9 − 3)/1 + 1 = 7"
    assert facts["width"] == "(7 − 1)/1 + 1 = 7"
