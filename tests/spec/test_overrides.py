"""--set: typed, validated, and named in messages."""

from __future__ import annotations

import netspec
from netspec.loading import read_text
from tests.spec.helpers import CONV, INPUT, RELU, layer, problem_codes

SGD = '\n[optimizer]\ntype = "sgd"\n'
TEXT = INPUT + CONV + RELU + SGD


def test_values_are_typed_as_toml() -> None:
    spec = netspec.loads(TEXT, overrides=["optimizer.lr=0.5", "name=my net", "train.evaluate_train=true", "seed = 3"])
    assert (spec.optimizers[0].lr, spec.name, spec.train.evaluate_train, spec.seed) == (0.5, "my net", True, 3)


def test_layers_are_named() -> None:
    spec = netspec.loads(TEXT, overrides=["layers.conv1.kernel_size=[3, 5]", "layers.conv1.padding.top=2"])
    fields = spec.layers[0].model_dump()
    assert fields["kernel_size"] == (3, 5)
    assert fields["padding"]["top"] == 2


def test_input_size_sets_height_and_width() -> None:
    report = netspec.analyze(netspec.loads(TEXT, overrides=["input.size=64"]))
    assert report.shapes == {"input": (3, 64, 64), "conv1": (8, 62, 62), "relu1": (8, 62, 62)}


def test_variables_are_set_before_they_are_used() -> None:
    text = "[variables]\nwidth = 4\n" + INPUT + CONV.replace("= 8", '= "${width}"')
    assert netspec.loads(text, overrides=["variables.width=16"]).layers[0].model_dump()["out_channels"] == 16


def test_layers_of_blocks_and_parameters_of_blocks_are_set() -> None:
    block = '\n[blocks.b]\nrequired = ["c"]\n[[blocks.b.layers]]\nname = "conv"\ntype = "conv2d"\n'
    block += 'out_channels = "${c}"\nkernel_size = 1\n'
    text = INPUT + layer("s", "block", 'block = "b"', "c = 4", "repeat = 2") + block
    spec = netspec.loads(text, overrides=["layers.s.c=6", "layers.s.1.conv.out_channels=7"])
    assert [item.model_dump()["out_channels"] for item in spec.layers] == [6, 7]


def test_one_of_several_optimizers_is_chosen_by_name_type_or_number() -> None:
    text = INPUT + RELU + '[[optimizers]]\ntype = "sgd"\n[[optimizers]]\ntype = "adam"\nname = "a"\n'
    spec = netspec.loads(text, overrides=["optimizers.sgd.lr=1", "optimizers.a.lr=2", "optimizers.1.eps=0.5"])
    assert [item.lr for item in spec.optimizers] == [1, 2]
    assert spec.optimizers[1].model_dump()["eps"] == 0.5


def test_a_section_that_is_not_there_is_made() -> None:
    assert netspec.loads(INPUT + RELU, overrides=["train.epochs=3"]).train.epochs == 3


def test_a_wrong_value_is_an_error_that_names_the_override() -> None:
    problem = read_text(TEXT, overrides=["optimizer.lr=-1"]).problems[0]
    assert problem.code == "NS104"
    assert problem.render().startswith("--set optimizer.lr=-1 NS104 [optimizer]: lr is -1")
    assert problem.as_dict()["line"] is None


def test_unknown_paths_are_errors() -> None:
    assert problem_codes(TEXT, "optimiser.lr=1") == ["NS040"]
    assert problem_codes(TEXT, "layers.conv9.stride=1") == ["NS040"]
    assert problem_codes(TEXT, "layers.conv1=1") == ["NS040"]
    assert problem_codes(TEXT, "optimizer.momentun=1") == ["NS101"]
    assert problem_codes(TEXT, "layers.conv1.strid=2") == ["NS101"]
    assert problem_codes(TEXT, "input.size=0") == ["NS040"]
    assert problem_codes(TEXT, "optimizer") == ["NS041"]


def test_the_last_of_two_overrides_counts() -> None:
    assert netspec.loads(TEXT, overrides=["seed=1", "seed=2"]).seed == 2


def test_a_variable_that_is_not_declared_cannot_be_set() -> None:
    text = "[variables]\nwidth = 4\n" + INPUT + CONV.replace("= 8", '= "${width}"')
    (problem,) = read_text(text, overrides=["variables.widht=32"]).problems
    assert (problem.code, problem.severity, problem.hint) == ("NS040", "error", "did you mean width?")
    assert problem_codes(TEXT, "variables.width=32") == ["NS040"]


def test_a_variable_that_nothing_uses_is_warned_of_but_not_because_of_an_override() -> None:
    text = "[variables]\nwidth = 4\nwidht = 5\n" + INPUT + CONV.replace("= 8", '= "${width}"')
    assert problem_codes(text, "layers.conv1.out_channels=7") == ["NS908"]
    assert "widht" in read_text(text).problems[0].message


def test_a_key_of_another_type_of_the_family_is_said_to_be_missing_from_this_one() -> None:
    adam = INPUT + RELU + '[optimizer]\ntype = "adam"\nbetas = [0.8, 0.9]\n'
    (problem,) = read_text(adam, overrides=["optimizer.type=sgd"]).problems
    assert problem.message == "sgd has no betas"
    assert problem.hint.startswith("valid keys: ")
    assert "lr" in problem.hint
    (problem,) = read_text(INPUT + RELU.rstrip() + "\nkernel_size = 3\n").problems
    assert problem.message == "relu has no kernel_size"


def test_the_whole_list_of_layers_is_no_layer() -> None:
    (problem,) = read_text(TEXT, overrides=["layers=3"]).problems
    assert problem.message == "the list of all layers cannot be set here"
    assert "layers.conv1." in problem.hint
