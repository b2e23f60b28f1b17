"""render, hash and schema."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netspec
from netspec.defaults import fill_defaults
from netspec.loading import read_text
from netspec.shipped import shipped_specs
from tests.spec.helpers import CONV, INPUT, RELU, layer

FULL = (
    'name = "Ein Netz"\ndescription = "with $${ and \\" and \\u007f"\n'
    'metrics = ["accuracy", { type = "top_k", k = 3 }]\n'
    + INPUT
    + CONV
    + "padding = { top = 1, right = 2 }\n"
    + RELU
    + layer("fc", "linear", "out_features = 10", 'weight_init = { type = "normal", std = 1e-5 }', "lr_mult = 2")
    + '\n[loss]\ntype = "cross_entropy"\n[[optimizers]]\ntype = "sgd"\nlr = 0.1\n[[optimizers]]\ntype = "adam"\nlr = 1\n'
    + '[schedule]\ntype = "cosine"\n[train]\nvalidation_every = { steps = 10 }\n[checkpoint]\nevery = 2\n'
    + "[early_stopping]\npatience = 3\n[transfer]\nfreeze = ['conv*']\n"
)


@pytest.mark.parametrize("format", ["toml", "json"])
def test_rendered_text_loads_back_to_an_equal_spec(format: str) -> None:
    spec = netspec.loads(FULL)
    again = netspec.loads(netspec.render(spec, format), format)  # type: ignore[arg-type]
    assert again == fill_defaults(spec)
    assert netspec.spec_hash(again) == netspec.spec_hash(spec)
    assert netspec.render(again, format) == netspec.render(spec, format)  # type: ignore[arg-type]


def test_every_default_is_spelled_out() -> None:
    text = netspec.render(netspec.loads(INPUT + CONV))
    for line in ("stride = 1", "bias = true", "epochs = 10", 'shuffle = "every_epoch"', "seed = 0", "dilation = 1"):
        assert line in text.splitlines()


def test_toml_and_json_have_the_same_hash() -> None:
    as_json = json.dumps(
        {
            "layers": [{"kernel_size": 3, "type": "conv2d", "out_channels": 8, "name": "conv1"}],
            "input": {"shape": [3, 32, 32]},
        }
    )
    assert netspec.spec_hash(netspec.loads(as_json, "json")) == netspec.spec_hash(netspec.loads(INPUT + CONV))


def test_comments_order_spelled_out_defaults_and_blocks_do_not_change_the_hash() -> None:
    plain = netspec.spec_hash(netspec.loads(INPUT + CONV))
    assert netspec.spec_hash(netspec.loads("# a\n" + CONV + "stride = 1 # b\n" + INPUT)) == plain
    variables = "[variables]\nk = 3\n" + INPUT + CONV.replace("= 3", '= "${k}"')
    assert netspec.spec_hash(netspec.loads(variables)) == plain


def test_a_change_of_any_key_changes_the_hash() -> None:
    plain = netspec.spec_hash(netspec.loads(INPUT + CONV))
    for override in ("seed=1", "layers.conv1.bias=false", "train.epochs=11", "input.size=31", "optimizer.type=sgd"):
        assert netspec.spec_hash(netspec.loads(INPUT + CONV, overrides=[override])) != plain


def test_a_dict_gives_the_same_spec_as_a_file() -> None:
    table = {
        "variables": {"k": 3},
        "input": {"shape": (3, 32, 32)},
        "layers": [{"name": "conv1", "type": "conv2d", "out_channels": 8, "kernel_size": "${k}"}],
        "optimizer": {"type": "sgd"},
    }
    expected = netspec.loads(INPUT + CONV + '[optimizer]\ntype = "sgd"\n')
    assert netspec.Spec.model_validate(table) == expected
    assert netspec.Spec.model_validate(expected.model_dump()) == expected


def test_layers_may_be_given_as_instances() -> None:
    from netspec.layers.relu import ReLU

    spec = netspec.Spec.model_validate({"input": {"shape": [4]}, "layers": [ReLU(name="a")]})
    assert spec.layers[0] == ReLU(name="a")


@settings(deadline=None, max_examples=60)
@given(name=st.text(min_size=1, max_size=20).filter(lambda text: not any("\ud800" <= c <= "\udfff" for c in text)))
def test_any_name_survives_rendering(name: str) -> None:
    spec = netspec.Spec.model_validate(
        {"name": name, "inputs": [{"shape": [4]}], "layers": [{"name": "a", "type": "relu"}]}
    )
    assert netspec.loads(netspec.render(spec)).name == name
    assert netspec.loads(netspec.render(spec, "json"), "json").name == name


def test_dialects_fill_in_what_the_spec_leaves_out() -> None:
    text = INPUT + RELU + '[optimizer]\ntype = "rmsprop"\n'
    torch, own = netspec.loads('dialect = "torch"\n' + text), netspec.loads(text)
    assert torch.optimizers[0].model_dump()["alpha"] == 0.99
    assert own.optimizers[0].model_dump()["alpha"] == 0.9
    given_alpha = netspec.loads('dialect = "torch"\n' + text + "alpha = 0.5\n")
    assert given_alpha.optimizers[0].model_dump()["alpha"] == 0.5
    assert netspec.loads(netspec.render(torch)) == fill_defaults(torch)


def test_the_schema_knows_every_plugin_and_every_section() -> None:
    from netspec.registry import plugins

    schema = netspec.json_schema()
    text = json.dumps(schema)
    for package in ("layers", "losses", "optimizers", "metrics", "schedules", "datasets", "initializers", "augment"):
        for name in plugins(f"netspec.{package}"):
            assert f'"{name}"' in text
    assert {"input", "optimizer", "extends", "blocks", "variables"} <= schema["properties"].keys()
    assert _dangling(schema, schema) == []


def _dangling(node: object, schema: dict[str, object]) -> list[str]:
    if isinstance(node, list):
        return [ref for item in node for ref in _dangling(item, schema)]
    if not isinstance(node, dict):
        return []
    definitions = schema["$defs"]
    assert isinstance(definitions, dict)
    ref = node.get("$ref")
    own = [ref] if isinstance(ref, str) and ref.removeprefix("#/$defs/") not in definitions else []
    return own + [found for value in node.values() for found in _dangling(value, schema)]


def test_relative_paths_start_in_the_folder_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(INPUT + RELU)
    spec = netspec.load(tmp_path / "a.toml")
    assert spec.base_dir == tmp_path
    assert spec == netspec.loads(INPUT + RELU)


def test_numbers_are_not_converted() -> None:
    for value in ('"8"', "8.0", "true", "[8]"):
        problems = read_text(INPUT + CONV.replace("= 8", f"= {value}")).problems
        assert [problem.code for problem in problems] == ["NS103"]


def test_a_dumped_spec_validates_to_an_equal_one_word_by_word() -> None:
    for text in (FULL, 'dialect = "torch"\n' + FULL):
        spec = netspec.loads(text)
        assert "${" in spec.description
        assert netspec.Spec.model_validate(spec.model_dump()) == spec


def test_a_spec_can_be_pickled_with_its_places() -> None:
    import pickle

    spec = netspec.loads(INPUT + CONV)
    again = pickle.loads(pickle.dumps(spec))
    assert again == spec
    assert again.origin.locate(("layers", "conv1", "kernel_size")) == spec.origin.locate(
        ("layers", "conv1", "kernel_size")
    )


POOLED = INPUT + CONV + layer("pool", "max_pool2d", "kernel_size = [2, 3]") + layer("fc", "linear", "out_features = 10")
TRAINED = (
    POOLED + '[loss]\ntype = "cross_entropy"\n[data]\ntype = "synthetic"\nkind = "shapes"\n[optimizer]\ntype = "sgd"\n'
)


def test_defaults_that_depend_on_other_keys_are_worked_out() -> None:
    spec = fill_defaults(netspec.loads(TRAINED, overrides=["train.validation_split=0.5"]))
    assert [item.inputs for item in spec.layers] == [("input",), ("conv1",), ("pool",)]
    assert spec.layers[1].model_dump()["stride"] == (2, 3)
    assert spec.outputs == ("fc",)
    assert spec.loss is not None
    assert spec.loss.input == "fc"
    assert spec.data is not None
    assert spec.data.split is not None
    split = spec.data.split
    assert (split.train, split.validation, split.test) == pytest.approx((0.4, 0.4, 0.2))
    assert spec.schedule is not None
    assert [metric.better_name() for metric in spec.metrics] == ["accuracy"]
    assert spec.checkpoint.monitor == "val_loss"


@pytest.mark.parametrize("name", sorted(shipped_specs()))
def test_rendering_a_rendered_spec_changes_nothing(name: str) -> None:
    spec = netspec.load(shipped_specs()[name])
    text = netspec.render(spec)
    again = netspec.loads(text)
    assert netspec.render(again) == text
    assert again == fill_defaults(spec)
    assert netspec.analyze(again).table == netspec.analyze(spec).table
    assert sorted(problem.code for problem in netspec.analyze(again).problems) == sorted(
        problem.code for problem in netspec.analyze(spec).problems
    )


def test_a_rendered_spec_trains_identically(tmp_path: Path) -> None:
    from netspec.weights import read_weights

    spec = netspec.load(shipped_specs()["logistic"], ["train.epochs=1"])
    tensors = []
    for name, item in (("a", spec), ("b", netspec.loads(netspec.render(spec)))):
        assert list(netspec.train(item, output=tmp_path / name))
        (last,) = (tmp_path / name / "checkpoints").glob("*last.safetensors")
        tensors.append(read_weights(last).tensors)
    assert tensors[0].keys() == tensors[1].keys() > set()
    assert all(np.array_equal(tensors[0][key], tensors[1][key]) for key in tensors[0])


@pytest.mark.parametrize("split", ["", "data.split={train = 0.6, validation = 0.2, test = 0.2}"])
def test_a_rendered_spec_says_once_how_its_data_are_split(split: str) -> None:
    from netspec.training.inputs import data_for

    overrides = ["input.shape=[1, 16, 16]", "train.validation_split=0.5", *filter(None, [split])]
    spec = netspec.loads(TRAINED, overrides=overrides)
    again = netspec.loads(netspec.render(spec))
    assert again.train.validation_split == 0
    data, same = data_for(spec, None), data_for(again, None)
    assert same.fingerprint == data.fingerprint
    assert [note for note in same.notes if "not used" in note] == []
    assert [note for note in data.notes if "not used" not in note] == list(same.notes)
    assert netspec.spec_hash(again) == netspec.spec_hash(spec)
