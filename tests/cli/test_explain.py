"""explain: codes, types and layers, for people and as JSON."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec.cli.console import THIN
from tests.cli.runner import run

POOL2 = """\
pool2  max_pool2d  16 × 10 × 10 → 16 × 5 × 5
Largest value of each window, channel by channel.

Back to the input
layer   arithmetic                       output         sees   step
───────────────────────────────────────────────────────────────────
input                                    1 × 28 × 28       1      1
conv1   28 → (28 − 5 + 2·2)/1 + 1 = 28   6 × 28 × 28       5      1
pool1   28 → (28 − 2)/2 + 1 = 14         6 × 14 × 14       6      2
conv2   14 → (14 − 5)/1 + 1 = 10         16 × 10 × 10     14      2
pool2   10 → (10 − 2)/2 + 1 = 5          16 × 5 × 5       16      4

Costs
  no parameters, no multiply-adds that count

Sees
  16 × 16 pixels of the input; windows of neighbours lie 4 apart
  the first window reaches from −2 to 13, its centre is 5.5
  windows at the edge contain padding: 2 before the input and 2 behind it

Fits
  the windows cover the padded input without remainder

Neighbours
  reads        relu2
  is read by   fc1
"""


def plain(text: str) -> str:
    return "".join(f"{line.rstrip()}\n" for line in text.replace(THIN, " ").splitlines())


def test_a_layer_is_explained_back_to_the_input() -> None:
    result = run("explain", "lenet5", "pool2")
    assert (result.code, plain(result.out)) == (0, POOL2)


def test_costs_frozen_and_merges_are_told() -> None:
    text = plain(run("explain", "lenet5", "conv2", "--set", "layers.conv2.frozen=true").out)
    assert "❄ frozen" in text
    assert "  weight        16·6·5·5 = 2 400\n  bias          16\n  parameters    2 400 + 16 = 2 416\n" in text
    assert "  multiply-adds 16·10·10 outputs × 6·5·5 = 240 000\n" in text
    text = plain(run("explain", "resnet18", "layer1.0.add").out)
    assert "On this way layer1.0.add joins several inputs; the one that sees most is" in text
    assert "224 → floor((224 − 7 +" in text


def test_what_gives_a_wanted_size() -> None:
    text = plain(run("explain", "lenet5", "pool2", "--fit", "6").out)
    assert "  gives 6 with:\n    padding = 1                → 16 × 6 × 6\n    input.shape = [1, 32, 32]" in text
    assert "no size nearby gives 999" in run("explain", "lenet5", "pool2", "--fit", "999").out
    assert "input.shape = [1, 27, 27]" in run("explain", "lenet5", "fc1", "--fit", "256").out


def test_axes_that_differ_are_told_apart(tmp_path: Path) -> None:
    spec = tmp_path / "wide.toml"
    spec.write_text('input.shape = [1, 9, 20]\nlayers = [{ name = "p", type = "max_pool2d", kernel_size = [3, 4], '
                    'padding = [1, 0], stride = [2, 3] }]\n')  # fmt: skip
    text = plain(run("explain", spec, "p").out)
    assert "height 9 → (9 − 3 + 2·1)/2 + 1 = 5 " in text
    assert "width 20 → floor((20 − 4)/3) + 1 =" in text
    assert "  3 × 4 pixels of the input; windows of neighbours lie 2 and 3 apart\n" in text
    assert "  height: the first window reaches from −1 to 1, its centre is 0\n" in text
    assert "  1 column of 20 is read by no window: 19\n" in text
    assert "  the windows leave a remainder: 1 of width, padding included\n" in text


def test_a_layer_that_cannot_take_its_inputs_is_explained_beside_the_problem(tmp_path: Path) -> None:
    spec = tmp_path / "large.toml"
    spec.write_text('input.shape = [1, 4, 4]\nlayers = [{ name = "p", type = "max_pool2d", kernel_size = 5 }]\n')
    result = run("explain", spec, "p")
    assert result.code == 0
    assert "NS203" in result.err
    assert "p  max_pool2d  1 × 4 × 4 → does not fit\n" in result.out
    assert "kernel_size = 4" in result.out


def test_a_layer_as_json() -> None:
    document = run("explain", "lenet5", "conv1", "--format", "json").json
    assert document["output_shape"] == [6, 28, 28]
    assert document["parameters"][0] == {"name": "weight", "factors": "6·1·5·5", "value": 150}
    assert document["way"][-1]["seen"][0] == {
        "axis": "height", "size": 5, "jump": 1.0, "first": -2, "last": 2, "centre": 0.0, "padding": [2, 2], "extent": 28,
    }  # fmt: skip


def test_a_type_is_explained_with_formula_and_keys() -> None:
    result = run("explain", "max_pool2d")
    assert "y[n,c,i,j] = max_{r,s}" in result.out
    assert "rounding" in result.out
    assert "Elsewhere called max_pool" in result.words
    document = run("explain", "constant", "--format", "json").json
    assert {item["kind"] for item in document["types"]} == {"initializer", "schedule"}


@pytest.mark.parametrize(("words", "told"), [
    (["dense"], "there is no code or type dense; did you mean linear?"),
    (["conv2"], "there is no code or type conv2; did you mean conv2d?"),
    (["lenet5"], "lenet5 is a spec: which layer of it; write netspec explain lenet5 fc3, for example"),
    (["lenet5", "pool3"], "lenet5: there is no layer pool3; did you mean pool2?"),
    (["resnet18", "layer1.0"], "its layers are layer1.0.conv1, layer1.0.bn1,"),
    (["lenet5", "fc1", "--fit", "-1"], "is no size; write --fit 7 or --fit 7x5"),
    (["conv2d", "--fit", "3"], "--fit and --set go with a layer of a spec"),
    (["lenet6", "fc1"], "did you mean lenet5?"),
])  # fmt: skip
def test_wrong_words_are_told_with_the_nearest_right_one(words: list[str], told: str) -> None:
    result = run("explain", *words)
    assert result.code == 2
    assert told in result.words
