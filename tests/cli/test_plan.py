"""plan: kernels, buffers and memory before anything runs."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from netspec.cli.console import size
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


def test_a_spec_without_a_loss_is_planned_for_inference(tmp_path: Path) -> None:
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
    one = run("plan", "digits", "--batch-size", 1, "--format", "json").json["peak_bytes"]
    result = run("plan", "digits", "--ram", "100kB")
    assert result.code == 0
    assert f"not even one sample fits in 97.7 KiB: one needs {size(one)}" in result.words


def test_a_memory_for_more_samples_than_are_searched_answers_at_once() -> None:
    begun = time.monotonic()
    assert "largest batch in 1024.0 GiB: 8 192 or more" in run("plan", "lenet5", "--ram", "1TiB").words
    assert time.monotonic() - begun < 10  # a second alone; a crowded machine takes longer
    document = run("plan", "lenet5", "--ram", "1TiB", "--format", "json").json
    assert (document["largest_batch"], document["largest_batch_is_at_least"]) == (8192, True)
    assert not run("plan", "digits", "--ram", "16MiB", "--format", "json").json["largest_batch_is_at_least"]


def test_an_amount_without_a_unit_is_refused_and_asks_for_one() -> None:
    result = run("plan", "digits", "--ram", "2")
    assert result.code == 2
    assert "'2' has no unit; write 2GiB, 2MiB" in result.words


@pytest.mark.parametrize("batch", [3, 64])  # in calls each for itself, and in shards
def test_layers_stand_in_the_order_of_the_network_each_in_one_line(batch: int) -> None:
    lines = run("plan", "lenet5", "--batch-size", batch).out.split("largest buffers")[0].splitlines()[2:]
    names = [line.split()[0] for line in lines if line.strip()]
    order = [line.split(",")[0] for line in run("summary", "lenet5", "--format", "csv").out.splitlines()]
    layers = [name for name in names if name not in ("loss", "update")]
    assert layers == [name for name in order if name in layers]
    assert names[len(layers) :] in (["loss"], ["loss", "update"])


def test_the_answer_to_ram_is_the_last_line() -> None:
    assert run("plan", "digits", "--ram", "16MiB").out.splitlines()[-1].startswith("largest batch in 16.0 MiB: ")


@pytest.mark.parametrize("text", ["much", "4 parsecs", "-1GiB", "0"])
def test_an_amount_that_is_none_is_refused(text: str) -> None:
    result = run("plan", "digits", f"--ram={text}")
    assert result.code == 2
    assert "is no amount of memory" in result.words


def test_plan_and_summary_tell_what_freezing_saves() -> None:
    freeze = ("--set", "transfer.freeze_to=relu2")
    for command in ("plan", "summary"):
        words = run(command, "digits", *freeze).words
        assert "what freezing saves nothing frozen frozen from the cache" in words
        assert "frozen prefix: conv1 … pool (5 layers) → 512 numbers; the cache takes 2.0 KiB a sample" in words
        found = run(command, "digits", *freeze, "--format", "json").json["freezing"]
        work = [found[way]["multiply_adds"] for way in ("from_cache", "frozen", "nothing_frozen")]
        assert work == sorted(work)
        assert found["prefix"]["cut"] == ["pool"]
        assert "freezing" not in run(command, "digits", "--format", "json").json
        assert "freezing" not in run(command, "digits").words
