from __future__ import annotations

import pytest

from gui.text.completion import Completion, complete
from netspec.shipped import shipped_specs

RESNET = shipped_specs()["resnet18"].read_text(encoding="utf-8")
CONV = '[[layers]]\nname = "a"\ntype = "conv2d"\n'
TWO = '[[layers]]\nname = "a"\ntype = "relu"\n[[layers]]\nname = "b"\ntype = "add"\n'

POSITIONS = [
    ("|", "toml", ["spec_version", "name", "[input]", "[[layers]]", "[train]", "[blocks."], ["epochs"]),
    ("lo|", "toml", ["[loss]"], ["name"]),
    ("dialect = |", "toml", ["netspec", "torch", "keras", "caffe"], []),
    ("[|", "toml", ["[input]", "[[layers]]", "[train]", "[[optimizers]]"], ["name"]),
    ("[train]\n[tra|", "toml", ["[transfer]"], ["[train]"]),
    ("[train]\n|", "toml", ["epochs", "batch_size", "validation_every"], ["name", "lr"]),
    ("[train]\nepochs = 3\n|", "toml", ["batch_size"], ["epochs"]),
    ("[train]\nshuffle = |", "toml", ["every_epoch", "once", "never"], []),
    ("[train]\nevaluate_train = t|", "toml", ["true"], ["false"]),
    ("[train]\nvalidation_every = { |", "toml", ["epochs", "steps"], ["shuffle"]),
    ('[[layers]]\nname = "a"\nt|', "toml", ["type"], ["epochs"]),
    (CONV + "|", "toml", ["out_channels", "kernel_size", "padding", "frozen"], ["name", "type", "p"]),
    ('[[layers]]\ntype = "|"', "toml", ["conv2d", "relu", "block"], ["adam", "cross_entropy"]),
    ('[[layers]]\ntype = "pool|"', "toml", ["max_pool2d", "avg_pool2d", "global_avg_pool"], ["conv2d"]),
    (CONV + 'padding = "|"', "toml", ["same", "same_lower", "valid"], ["0"]),
    (CONV + "padding = { |", "toml", ["top", "bottom", "left", "right"], []),
    (CONV + "bias = |", "toml", ["true", "false"], []),
    (CONV + "weight_init = |", "toml", ["kaiming_normal", "xavier_uniform"], ["conv2d"]),
    (CONV + 'weight_init = { type = "normal", |', "toml", ["std", "mean"], ["type"]),
    (TWO + "inputs = [|", "toml", ["a", "input"], ["b"]),
    (TWO + 'inputs = ["a", "|"]', "toml", ["input"], ["a", "b"]),
    (TWO + '[loss]\ntype = "|"', "toml", ["cross_entropy", "mse"], ["relu"]),
    (TWO + '[loss]\ntype = "mse"\ninput = |', "toml", ["a", "b"], ["input"]),
    (TWO + "[transfer]\nfreeze_to = |", "toml", ["a", "b"], ["input"]),
    ('[optimizer]\ntype = "|"', "toml", ["sgd", "momentum", "adagrad", "rmsprop", "adam"], []),
    ('[optimizer]\ntype = "adam"\n|', "toml", ["lr", "betas", "eps"], ["momentum", "type"]),
    ("metrics = [|", "toml", ["accuracy", "top_k"], []),
    ('metrics = ["f1"]\n[early_stopping]\nmonitor = |', "toml", ["val_loss", "val_f1"], []),
    (RESNET.replace('block = "basic"', 'block = "|"', 1), "toml", ["basic", "shortcut"], []),
    (RESNET.replace("width = 64\n", "|\n", 1), "toml", ["width", "stride", "first"], ["kernel_size", "repeat"]),
    (RESNET.replace('"${width}"', '"${|}"', 1), "toml", ["width", "stride", "index"], []),
    (RESNET.replace('inputs = ["bn2"', 'inputs = ["|"', 1), "toml", ["conv2", "input"], ["layer1", "add"]),
    ('{"layers": [{"name": "a", "|"}]}', "json", ["type", "inputs"], ["name"]),
    ('{"layers": [{"name": "a", "type": "|"}]}', "json", ["relu", "conv2d"], []),
    ('{"train": {|}}', "json", ["epochs"], []),
    ("[train]\nepochs = 3 # ba|", "toml", [], ["batch_size"]),
]


@pytest.mark.parametrize(("text", "format", "there", "missing"), POSITIONS)
def test_what_fits_is_proposed_and_what_does_not_is_not(
    text: str, format: str, there: list[str], missing: list[str]
) -> None:
    labels = [item.label for item in at_mark(text, format).items]
    assert set(there) <= set(labels)
    assert not set(missing) & set(labels)


def at_mark(text: str, format: str = "toml") -> Completion:
    return complete(text.replace("|", ""), "toml" if format == "toml" else "json", text.index("|"))


@pytest.mark.parametrize(
    ("text", "label", "result"),
    [
        (CONV + "ker|", "kernel_size", CONV + "kernel_size = "),
        (CONV + "ker| = 3", "kernel_size", CONV + "kernel_size = 3"),
        (CONV + 'padding = "sa|me_low"', "same_lower", CONV + 'padding = "same_lower"'),
        (CONV + "rounding = ce|", "ceil", CONV + 'rounding = "ceil"'),
        (TWO + "inputs = [a|]", "a", TWO + 'inputs = ["a"]'),
        ("[[lay|", "[[layers]]", "[[layers]]"),
        ('{"train": {"ep|"}}', "epochs", '{"train": {"epochs": }}'),
        ('[train]\nshuffle = "on|"', "once", '[train]\nshuffle = "once"'),
    ],
)
def test_a_proposal_replaces_the_word_at_the_cursor(text: str, label: str, result: str) -> None:
    found = at_mark(text, "json" if text.startswith("{") else "toml")
    item = next(item for item in found.items if item.label == label)
    plain = text.replace("|", "")
    assert plain[: found.start] + item.text + plain[found.end :] == result


def test_required_keys_come_first_with_their_docs() -> None:
    items = at_mark(CONV + "|").items
    assert [item.label for item in items[:2]] == ["out_channels", "kernel_size"]
    assert items[0].detail == "required"
    assert items[0].doc == "Number of filters."


def test_defaults_are_those_of_the_dialect() -> None:
    def eps(dialect: str) -> str:
        text = f'dialect = "{dialect}"\n[[layers]]\nname = "a"\ntype = "batch_norm"\nep|'
        return at_mark(text).items[0].detail

    assert (eps("torch"), eps("keras")) == ("default 1e-05", "default 0.001")
