"""plan: kernels, buffers and memory before anything runs."""

from __future__ import annotations

import pytest

from tests.cli.runner import run


def test_plan_prints_the_document_of_the_conventions() -> None:
    document = run("plan", "digits", "--format", "json").json
    assert {"name", "bytes", "first", "last", "offset"} <= document["buffers"][0].keys()
    assert {"layer", "direction", "algorithm"} <= document["kernels"][0].keys()
    assert document["peak_bytes"] == sum(document["memory"].values())
    assert {call["layer"] for call in document["kernels"]} >= {"conv1", "relu1", "fc2", "loss"}
    (conv1,) = (c for c in document["kernels"] if c["kernel"] == "contract" and c["absorbed"] == ["relu1"])
    assert (conv1["layer"], conv1["direction"]) == ("conv1", "forward")
    assert {call["region"] for call in document["kernels"]} == set(range(document["kernels"][-1]["region"] + 1))
    ends = [b["offset"] + b["bytes"] for b in document["buffers"]]
    assert max(ends) == document["memory"]["arena"]


def test_plan_tells_layers_buffers_and_the_peak() -> None:
    words = run("plan", "digits", "--batch-size", 7, "--threads", 1).words
    for expected in ("relu_backward", "largest buffers", "optimizer slots", "peak", "training step · batch 7 · float32"):
        assert expected in words


def test_plan_with_v_lists_every_call_and_buffer() -> None:
    out = run("plan", "digits", "-v").out
    assert "arena" in out
    assert "gradient:relu1" in out


def test_inference_needs_less_and_has_no_gradients() -> None:
    training = run("plan", "digits", "--format", "json").json
    inference = run("plan", "digits", "--inference", "--format", "json").json
    assert inference["peak_bytes"] < training["peak_bytes"]
    assert inference["memory"]["gradients"] == inference["memory"]["optimizer"] == 0
    assert {call["direction"] for call in inference["kernels"]} == {"forward"}


def test_a_spec_without_a_loss_is_planned_for_inference(tmp_path) -> None:
    path = tmp_path / "net.toml"
    path.write_text('input.shape = [4]\nlayers = [{ name = "fc", type = "linear", out_features = 2 }]\n')
    document = run("plan", path, "--format", "json").json
    assert not document["training"]


def test_the_largest_batch_fits_and_one_more_does_not() -> None:
    largest = run("plan", "digits", "--ram", "16MiB", "--format", "json").json["largest_batch"]
    assert largest > 32
    peaks = [run("plan", "digits", "--batch-size", n, "--format", "json").json["peak_bytes"] for n in (largest, largest + 1)]
    assert peaks[0] <= 16 * 2**20 < peaks[1]


def test_gradients_that_are_accumulated_are_counted() -> None:
    keys = ("digits", "--format", "json", "--set", "train.gradient_accumulation_steps=")
    once, twice = (run("plan", *keys[:-1], f"{keys[-1]}{n}").json["memory"]["gradients"] for n in (1, 2))
    assert twice == 2 * once


def test_a_memory_in_which_nothing_fits_is_told() -> None:
    assert "not even one sample fits" in run("plan", "digits", "--ram", "100kB").words


@pytest.mark.parametrize("text", ["much", "4 parsecs", "-1GiB", "0"])
def test_an_amount_that_is_none_is_refused(text: str) -> None:
    result = run("plan", "digits", f"--ram={text}")
    assert result.code == 2
    assert "is no amount of memory" in result.words
