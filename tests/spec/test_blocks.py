"""Blocks: names, inputs, repetition, parameters."""

from __future__ import annotations

import netspec
from netspec.loading import read_text
from tests.spec.helpers import INPUT, layer, names, problem_codes, reads

TWO = """
[blocks.two]
required = ["channels"]
parameters = { stride = 1, project = "${stride != 1}" }

[[blocks.two.layers]]
name = "conv1"
type = "conv2d"
out_channels = "${channels}"
kernel_size = 3
padding = 1
stride = "${stride}"

[[blocks.two.layers]]
name = "relu"
type = "relu"

[[blocks.two.layers]]
name = "downsample.0"
type = "conv2d"
when = "${project}"
inputs = ["input"]
out_channels = "${channels}"
kernel_size = 1
stride = "${stride}"

[[blocks.two.layers]]
name = "add"
type = "add"
inputs = ["relu", "${'downsample.0' if project else 'input'}"]
"""


def use(name: str, *lines: str) -> str:
    return layer(name, "block", 'block = "two"', *lines)


def test_layers_of_a_block_are_called_like_torchvisions() -> None:
    text = INPUT + use("layer1", "channels = 3", "repeat = 2") + TWO
    assert names(text) == [f"layer1.{i}.{name}" for i in (0, 1) for name in ("conv1", "relu", "add")]


def test_without_repeat_there_is_no_number() -> None:
    assert names(INPUT + use("layer1", "channels = 3") + TWO) == ["layer1.conv1", "layer1.relu", "layer1.add"]


def test_first_gives_parameters_to_the_first_copy_only() -> None:
    text = INPUT + use("layer1", "channels = 3", "repeat = 3", "first = { stride = 2 }") + TWO
    spec = netspec.loads(text)
    assert [item.name for item in spec.layers if "downsample" in item.name] == ["layer1.0.downsample.0"]
    assert netspec.analyze(spec).shapes["layer1.2.add"] == (3, 16, 16)
    assert reads(text, "layer1.0.add") == ("layer1.0.relu", "layer1.0.downsample.0")
    assert reads(text, "layer1.1.add") == ("layer1.1.relu", "layer1.0.add")


def test_the_name_of_a_use_means_the_blocks_output() -> None:
    text = (
        INPUT
        + use("layer1", "channels = 3", "repeat = 2")
        + layer("a", "relu")
        + layer("b", "relu", 'inputs = ["layer1"]')
    )
    assert reads(text + TWO, "a") == ("layer1.1.add",)
    assert reads(text + TWO, "b") == ("layer1.1.add",)


def test_layers_inside_a_block_can_be_read_by_their_full_names() -> None:
    text = INPUT + use("layer1", "channels = 3") + layer("b", "relu", 'inputs = ["layer1.relu"]') + TWO
    assert reads(text, "b") == ("layer1.relu",)


def test_output_names_another_layer_than_the_last() -> None:
    text = (
        INPUT
        + use("layer1", "channels = 3")
        + layer("b", "relu")
        + TWO.replace("required =", 'output = "conv1"\nrequired =')
    )
    assert reads(text, "b") == ("layer1.conv1",)


def test_inner_names_win_over_outer_names() -> None:
    text = INPUT + layer("relu", "relu") + use("layer1", "channels = 3") + TWO
    assert reads(text, "layer1.add") == ("layer1.relu", "relu")


def test_a_block_reads_several_inputs_by_number() -> None:
    block = '\n[[blocks.join.layers]]\nname = "sum"\ntype = "add"\ninputs = ["input.1", "input.0", "outside"]\n'
    text = (
        INPUT
        + layer("a", "relu")
        + layer("outside", "relu")
        + layer("j", "block", 'block = "join"', 'inputs = ["input", "a"]')
    )
    assert reads(text + block, "j.sum") == ("a", "input", "outside")


def test_all_inputs_reach_a_first_layer_that_names_none() -> None:
    block = '\n[[blocks.join.layers]]\nname = "sum"\ntype = "add"\n'
    text = INPUT + layer("a", "relu") + layer("j", "block", 'block = "join"', 'inputs = ["input", "a"]') + block
    assert reads(text, "j.sum") == ("input", "a")


def test_an_input_beyond_the_given_ones_is_an_error() -> None:
    block = '\n[[blocks.join.layers]]\nname = "sum"\ntype = "relu"\ninputs = ["input.1"]\n'
    assert problem_codes(INPUT + layer("j", "block", 'block = "join"') + block)[0] == "NS301"


def test_blocks_hold_blocks() -> None:
    outer = '\n[[blocks.stage.layers]]\nname = "unit"\ntype = "block"\nblock = "two"\nchannels = "${width}"\nrepeat = "${n}"\n'
    outer += (
        '[[blocks.stage.layers]]\nname = "end"\ntype = "relu"\ninputs = ["unit"]\n[blocks.stage]\nrequired = ["n"]\n'
    )
    text = (
        "[variables]\nwidth = 3\n" + INPUT + layer("s", "block", 'block = "stage"', "n = 2", "repeat = 2") + outer + TWO
    )
    found = names(text)
    assert found[0] == "s.0.unit.0.conv1"
    assert len(found) == 14
    assert reads(text, "s.0.end") == ("s.0.unit.1.add",)
    assert reads(text, "s.1.unit.0.conv1") == ("s.0.end",)


def test_index_and_repeat_are_variables() -> None:
    block = '\n[[blocks.b.layers]]\nname = "fc"\ntype = "linear"\nout_features = "${10 * (index + 1) + repeat}"\n'
    spec = netspec.loads("[input]\nshape = [4]\n" + layer("s", "block", 'block = "b"', "repeat = 3") + block)
    assert [getattr(item, "out_features", None) for item in spec.layers] == [13, 23, 33]


def test_frozen_and_multipliers_reach_all_layers_of_a_block() -> None:
    spec = netspec.loads(INPUT + use("layer1", "channels = 3", "frozen = true", "lr_mult = 0.1") + TWO)
    assert all(item.frozen and item.lr_mult == 0.1 for item in spec.layers)


def test_reading_a_dropped_layer_says_why() -> None:
    text = INPUT + layer("a", "relu", "when = false") + layer("b", "relu", 'inputs = ["a"]')
    document = read_text(text)
    assert document.problems[0].code == "NS301"
    assert "`when` is false" in document.problems[0].message


def test_a_dropped_layer_is_no_layer_above() -> None:
    assert reads(INPUT + layer("a", "relu") + layer("b", "relu", "when = false") + layer("c", "relu"), "c") == ("a",)


def test_an_error_in_a_block_points_to_the_line_in_the_block_once() -> None:
    text = INPUT + use("layer1", "channels = 3", "repeat = 4") + TWO.replace("padding = 1", "paddin = 1")
    problems = read_text(text).problems
    assert [problem.code for problem in problems] == ["NS101"]
    assert problems[0].path == ("layers", "layer1.0.conv1", "paddin")
    assert problems[0].span is not None
    assert problems[0].span.text == "paddin = 1"


def test_too_many_layers_are_refused() -> None:
    text = "[input]\nshape = [4]\n" + layer("s", "block", 'block = "a"', "repeat = 1000")
    text += '\n[[blocks.a.layers]]\nname = "x"\ntype = "block"\nblock = "b"\nrepeat = 1000\n'
    text += '\n[[blocks.b.layers]]\nname = "r"\ntype = "relu"\n'
    assert problem_codes(text) == ["NS033"]


def test_a_layer_in_a_block_may_not_be_called_input() -> None:
    text = INPUT + layer("s", "block", 'block = "b"') + '\n[[blocks.b.layers]]\nname = "input"\ntype = "relu"\n'
    assert "NS302" in problem_codes(text)


def test_outputs_and_loss_may_name_a_block() -> None:
    block = '\n[[blocks.head.layers]]\nname = "fc"\ntype = "linear"\nout_features = 3\n'
    text = 'outputs = ["a", "b"]\n' + INPUT
    text += "".join(layer(name, "block", 'block = "head"', 'inputs = ["input"]') for name in ("a", "b"))
    spec = netspec.loads(text + block + '[loss]\ntype = "cross_entropy"\ninput = "b"\n')
    assert spec.outputs == ("a.fc", "b.fc")
    assert spec.loss is not None
    assert spec.loss.input == "b.fc"


def test_a_copy_sees_the_names_of_the_block_around_it_before_the_specs_own() -> None:
    inner = '\n[[blocks.inner.layers]]\nname = "sum"\ntype = "add"\ninputs = ["input", "conv"]\n'
    outer = '\n[[blocks.outer.layers]]\nname = "conv"\ntype = "relu"\n'
    outer += '\n[[blocks.outer.layers]]\nname = "u"\ntype = "block"\nblock = "inner"\nrepeat = 2\n'
    text = INPUT + layer("conv", "relu") + layer("o", "block", 'block = "outer"') + outer + inner
    assert reads(text, "o.u.0.sum") == ("o.conv", "o.conv")
    assert reads(text, "o.u.1.sum") == ("o.u.0.sum", "o.conv")


def test_a_dotted_name_of_a_use_is_read_by_the_layer_below() -> None:
    inner = '\n[[blocks.inner.layers]]\nname = "r"\ntype = "relu"\n'
    outer = '\n[[blocks.a.layers]]\nname = "a.b"\ntype = "block"\nblock = "inner"\n'
    outer += '\n[[blocks.a.layers]]\nname = "end"\ntype = "relu"\n'
    assert reads(INPUT + layer("a", "block", 'block = "a"') + outer + inner, "a.end") == ("a.a.b.r",)


def test_a_layer_and_a_block_of_one_name_are_an_error() -> None:
    text = INPUT + layer("s", "relu") + use("s", "channels = 3") + layer("end", "relu", 'inputs = ["s"]') + TWO
    assert problem_codes(text) == ["NS302"]


def test_a_block_without_input_is_an_error() -> None:
    inputs = '[[inputs]]\nname = "a"\nshape = [3, 8, 8]\n[[inputs]]\nname = "b"\nshape = [3, 8, 8]\n'
    text = inputs + use("s", "channels = 3") + TWO
    assert problem_codes(text)[0] == "NS301"


CHAIN = """
[blocks.chain]
required = ["before", "width"]
parameters = { bias = true }
carry = { before = "${width}" }
copies = "unit${copy + 1}"

[[blocks.chain.layers]]
name = "conv"
type = "conv2d"
out_channels = "${width}"
groups = "${before}"
kernel_size = 1
bias = "${bias}"
"""
EACH = "each = [{ width = 6 }, { width = 12, repeat = 2, first = { bias = false } }, { width = 24 }]"


def test_each_makes_a_copy_for_each_table_with_its_parameters() -> None:
    spec = netspec.loads(INPUT + layer("s", "block", 'block = "chain"', "before = 3", EACH) + CHAIN)
    found = [(item.name, getattr(item, "out_channels"), getattr(item, "groups"), getattr(item, "bias")) for item in spec.layers]  # noqa: B009
    assert found == [
        ("s.unit1.conv", 6, 3, True),
        ("s.unit2.conv", 12, 6, False),
        ("s.unit3.conv", 12, 12, True),
        ("s.unit4.conv", 24, 12, True),
    ]
    assert netspec.analyze(spec).table[-1].inputs == ("s.unit3.conv",)


def test_what_a_table_of_each_gives_goes_before_what_is_carried() -> None:
    each = "each = [{ width = 6 }, { width = 6, before = 2 }]"
    spec = netspec.loads(INPUT + layer("s", "block", 'block = "chain"', "before = 3", each) + CHAIN)
    assert [getattr(item, "groups", None) for item in spec.layers] == [3, 2]


def test_repeat_carries_and_names_its_copies_too() -> None:
    text = INPUT + layer("s", "block", 'block = "chain"', "before = 3", "width = 6", "repeat = 2") + CHAIN
    spec = netspec.loads(text)
    assert [(item.name, getattr(item, "groups", None)) for item in spec.layers] == [("s.unit1.conv", 3), ("s.unit2.conv", 6)]
    assert names(text, "layers.s.unit2.conv.name=last")[1] == "last"


def test_a_use_without_repeat_and_each_has_no_copies_to_name() -> None:
    assert names(INPUT + layer("s", "block", 'block = "chain"', "before = 3", "width = 6") + CHAIN) == ["s.conv"]


def test_copies_without_a_name_number_their_layers_in_one_row() -> None:
    block = '\n[blocks.b]\nparameters = { at = 0, has_pool = false }\ncarry = { at = "${at + 1 + has_pool}" }\ncopies = ""\n'
    block += '[[blocks.b.layers]]\nname = "${at}"\ntype = "relu"\n'
    block += '[[blocks.b.layers]]\nname = "${at + 1}"\ntype = "max_pool2d"\nkernel_size = 2\nwhen = "${has_pool}"\n'
    text = INPUT + layer("f", "block", 'block = "b"', "each = [{ repeat = 2 }, { has_pool = true }, {}]")
    text += layer("end", "relu", 'inputs = ["f.2"]')
    assert names(text + block) == ["f.0", "f.1", "f.2", "f.3", "f.4", "end"]
    assert reads(text + block, "f.4") == ("f.3",)
    assert reads(text + block, "end") == ("f.2",)


def test_the_tables_of_each_can_be_set_from_the_command_line() -> None:
    text = INPUT + layer("s", "block", 'block = "chain"', "before = 3", "each = [{ width = 6 }]") + CHAIN
    assert names(text, "layers.s.each=[{ width = 6, repeat = 3 }]") == [f"s.unit{i}.conv" for i in (1, 2, 3)]
