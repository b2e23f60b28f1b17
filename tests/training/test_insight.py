"""Looking inside a run: the looks are true, and the run is the same to the bit with and without them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import netspec
from netspec.datasets.base import Part
from netspec.datasets.loader import Batch
from netspec.datasets.normalization import Normalization
from netspec.layers.base import Layer
from netspec.layers.elementwise import Elementwise
from netspec.plan import stream
from netspec.probe import Probe
from netspec.registry import plugins
from netspec.training.evaluate import evaluate, predict
from netspec.training.events import End, Step, Validation, Warned
from netspec.training.history import read_history
from netspec.training.inputs import data_for
from netspec.training.insight import is_look_due
from netspec.training.insight_files import LookReader, append_look, cut_looks, read_arrays, read_looks, want_insight
from netspec.training.insight_pace import FIRST, Pace
from netspec.training.insight_tensors import BINS, histogram, norm
from netspec.training.insight_units import SAMPLES, VALUES, Tally, Units
from netspec.training.insight_worst import OVERALL, PER_CELL, Worst, as_bytes, choose, sample_losses, smaller
from netspec.training.load import load_run
from tests.training.helpers import StopAfter, numbers, of

NETWORK = """
name = "small"
[input]
shape = [1, 8, 8]
[[layers]]
name = "conv1"
type = "conv2d"
out_channels = 4
kernel_size = 3
frozen = true
[[layers]]
name = "relu1"
type = "relu"
[[layers]]
name = "fc1"
type = "linear"
out_features = 12
[[layers]]
name = "tanh1"
type = "tanh"
[[layers]]
name = "fc2"
type = "linear"
out_features = 10
[loss]
type = "cross_entropy"
[data]
type = "digits"
limit = 200
[train]
epochs = 2
batch_size = 32
validation_split = 0.2
[[optimizers]]
type = "momentum"
lr = 0.05
[[optimizers]]
type = "adam"
"""


@pytest.fixture(scope="module", autouse=True)
def _unhurried() -> Iterator[None]:
    """All looks that are due are taken, whatever they cost."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("netspec.training.insight_pace.SHARE", 1e9)
        yield


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Any]]:
    folder = tmp_path_factory.mktemp("runs") / "watched"
    return folder, list(netspec.train(netspec.loads(NETWORK), output=folder, insight=True))


def looks(folder: Path, kind: str, lane: str = "adam") -> list[dict[str, Any]]:
    return [look for look in read_looks(folder / "insight" / f"lane.{lane}.jsonl") if look["look"] == kind]


def test_a_watched_run_is_the_same_to_the_bit(watched: tuple[Path, list[Any]], tmp_path: Path) -> None:
    list(netspec.train(netspec.loads(NETWORK), output=tmp_path / "alone"))
    assert numbers(watched[0]) == numbers(tmp_path / "alone")
    assert not (tmp_path / "alone" / "insight").exists()
    assert [end.digest for end in of(watched[1], End)] != ["", ""]


@pytest.mark.parametrize("way", ["accumulated", "streamed"])
def test_other_kinds_of_steps_are_the_same_to_the_bit_when_watched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """Streamed: large networks update each parameter at once and keep no gradients, except in a step that is watched."""
    monkeypatch.setattr(stream, "LARGE_BYTES", 0 if way == "streamed" else stream.LARGE_BYTES)
    parts = 3 if way == "accumulated" else 1
    overrides = ["train.batch_size=7", "train.epochs=1", f"train.gradient_accumulation_steps={parts}"]
    spec = netspec.loads(NETWORK, overrides=overrides)
    for on in (False, True):
        program = netspec.compile(spec)
        assert program.lanes[0].training_plan(7).updates == (way == "streamed")
        list(netspec.train(spec, output=tmp_path / str(on), limit_batches=7, program=program, insight=on))
    assert numbers(tmp_path / "False") == numbers(tmp_path / "True")
    assert looks(tmp_path / "True", "tensors")[0]["tensors"]["fc2.weight"]["gradients"]["high"] > 0


def test_looks_are_taken_at_early_steps_and_epoch_ends(watched: tuple[Path, list[Any]]) -> None:
    steps = [event.step for event in of(watched[1], Step, "adam")]
    assert steps == list(range(1, 15))  # 7 an epoch
    assert [look["step"] for look in looks(watched[0], "tensors")] == [1, 2, 5, 7, 10, 14]
    assert [look["step"] for look in looks(watched[0], "units")] == [1, 2, 5, 7, 10, 14]
    assert [step for step in range(1, 300) if is_look_due(step)] == [1, 2, 5, 10, 20, 50, 100, 200]


def test_update_and_ratio_follow_from_the_weights_before_and_after(tmp_path: Path) -> None:
    spec = netspec.loads(NETWORK)
    program, data = netspec.compile(spec), data_for(spec, None)
    before = program.lanes[1].tensors()
    events = netspec.train(spec, data, tmp_path / "run", program=program, insight=True)
    next(event for event in events if isinstance(event, Step) and event.optimizer == "adam")
    after = program.lanes[1].tensors()
    found = looks(tmp_path / "run", "tensors")[0]["tensors"]
    for name in ("fc1.weight", "fc2.bias"):
        w, moved = before[name].astype(float).ravel(), after[name].astype(float).ravel()
        assert found[name]["update"] == pytest.approx(np.linalg.norm(moved - w), rel=1e-9)
        assert found[name]["norm"] == pytest.approx(np.linalg.norm(w), rel=1e-9)
    assert found["fc1.weight"]["ratio"] == pytest.approx(found["fc1.weight"]["update"] / found["fc1.weight"]["norm"])
    assert found["conv1.weight"]["update"] is None
    assert found["conv1.weight"]["gradients"] is None
    assert found["fc1.weight"]["shape"] == [12, 144]
    assert sum(found["fc1.weight"]["weights"]["counts"]) == 12 * 144
    assert found["fc1.weight"]["weights"]["low"] == pytest.approx(after["fc1.weight"].min())
    events.close()


def test_gradients_are_those_of_the_lane_and_not_of_another(tmp_path: Path) -> None:
    """First step: Adam moves each weight by lr · sign(g), so the number of moved weights is that of gradients ≠ 0."""
    found = netspec.loads(NETWORK)
    program = netspec.compile(found)
    before = program.lanes[0].tensors()["fc2.weight"].astype(float)
    events = netspec.train(found, output=tmp_path / "run", program=program, insight=True)
    next(event for event in events if isinstance(event, Step))
    gradient = (before - program.lanes[0].tensors()["fc2.weight"]) / 0.05  # of momentum's first step: v = −lr·g
    look = looks(tmp_path / "run", "tensors", "momentum")[0]["tensors"]["fc2.weight"]["gradients"]
    assert look["low"] == pytest.approx(gradient.min(), rel=1e-3)
    assert look["high"] == pytest.approx(gradient.max(), rel=1e-3)
    events.close()


def test_the_matrix_sums_to_the_samples_and_agrees_with_the_accuracy(watched: tuple[Path, list[Any]]) -> None:
    events = of(watched[1], Validation, "adam")
    for look, event in zip(looks(watched[0], "validation"), events, strict=True):
        assert look["step"] == event.step
        assert sum(count for _, _, count in look["cells"]) == event.samples
        right = sum(count for true, predicted, count in look["cells"] if true == predicted)
        assert right / event.samples == pytest.approx(event.metrics["accuracy"])


def test_worst_samples_are_the_worst_of_the_validation_part(watched: tuple[Path, list[Any]]) -> None:
    found = read_arrays(watched[0] / "insight" / "worst.adam.npz")
    assert found is not None
    spec = netspec.loads(NETWORK)
    data, program = data_for(spec, None), netspec.compile(spec)
    trained = load_run(watched[0], "last", "adam")
    program.load_parameters(trained.tensors)
    part = data.validation
    assert part is not None
    logits = predict(program.lanes[0], data.normalization.apply(part.x), 32, spec.loss).astype(float)
    losses = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(part)), part.y]
    worst = np.argsort(-losses, kind="stable")[:OVERALL]
    np.testing.assert_array_equal(found["index"][: len(worst)], worst)
    np.testing.assert_allclose(found["loss"][: len(worst)], losses[worst], rtol=1e-5)
    np.testing.assert_array_equal(found["true"], part.y[found["index"]])
    np.testing.assert_array_equal(found["predicted"], logits.argmax(axis=1)[found["index"]])
    assert found["pictures"].shape[1:] == (8, 8, 1)
    np.testing.assert_array_equal(found["pictures"], as_bytes(part.x[found["index"]].reshape(-1, 8, 8, 1), 16))


def test_watching_can_begin_and_end_while_a_run_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    for event in netspec.train(netspec.loads(NETWORK), output=folder):
        if isinstance(event, Step) and event.optimizer == "adam":
            want_insight(folder, event.step in (4, 5, 6))
    assert [look["step"] for look in looks(folder, "tensors")] == [5, 7]


def test_a_resumed_run_leaves_the_looks_of_the_uninterrupted_one(
    watched: tuple[Path, list[Any]], tmp_path: Path
) -> None:
    folder, spec = tmp_path / "run", netspec.loads(NETWORK)
    list(netspec.train(spec, output=folder, insight=True, stop=StopAfter(5)))
    append_look(folder / "insight" / "lane.adam.jsonl", {"look": "tensors", "step": 7, "tensors": {}})
    list(netspec.train(spec, resume=folder))
    for kind in ("tensors", "units", "validation"):
        assert looks(folder, kind) == looks(watched[0], kind)


def test_looks_that_cannot_be_written_are_told_once_and_the_training_goes_on(
    watched: tuple[Path, list[Any]], tmp_path: Path
) -> None:
    folder, events = tmp_path / "run", []
    for event in netspec.train(netspec.loads(NETWORK), output=folder, insight=True):
        events.append(event)
        if isinstance(event, Step) and (event.step, event.optimizer) == (4, "adam"):
            (folder / "insight" / "lane.adam.jsonl").unlink()
            (folder / "insight" / "lane.adam.jsonl").mkdir()
    assert numbers(folder) == numbers(watched[0])
    [warning] = of(events, Warned)
    assert warning.step == 5
    assert warning.message.startswith(f"{folder / 'insight'}: looks inside cannot be written (")
    assert "lane.adam.jsonl" in warning.message
    assert warning in list(read_history(folder))
    assert [look["step"] for look in looks(folder, "tensors", "momentum")] == [1, 2, 5]


@pytest.mark.parametrize("taken", ["insight", "insight/lane.momentum.jsonl", "insight/worst.adam.npz"])
def test_a_folder_that_takes_no_looks_does_not_keep_a_run_from_beginning_or_going_on(
    taken: str, watched: tuple[Path, list[Any]], tmp_path: Path
) -> None:
    folder, spec = tmp_path / "run", netspec.loads(NETWORK)
    (folder / "insight").mkdir(parents=True)
    if taken == "insight":
        (folder / "insight").rmdir()
        (folder / "insight").touch()
    else:
        (folder / taken).mkdir()
    assert len(of(list(netspec.train(spec, output=folder, insight=True, stop=StopAfter(5))), Warned)) == 1
    assert len(of(list(netspec.train(spec, resume=folder, insight=True)), Warned)) == 1
    assert numbers(folder)[-1] == numbers(watched[0])[-1]


def test_lines_that_are_no_looks_cost_no_other_look_and_no_resume(tmp_path: Path) -> None:
    file = tmp_path / "lane.jsonl"
    append_look(file, {"step": 1})
    with file.open("ab") as stream:
        stream.write(b'{"step": 2, "cel\n\x00\xff\n[1]\n\n{"step": "2"}\n')
    append_look(file, {"step": 3})
    append_look(file, {"step": 4})
    reader = LookReader(file)
    assert [look["step"] for look in reader.read()[0]] == [1, 3, 4]
    assert reader.damaged == 5
    cut_looks(file, 3)
    assert file.read_text() == '{"step":1}\n{"step":3}\n'


def test_a_histogram_counts_every_value_once() -> None:
    values = np.array([0.0, 1.05, 1.05, 4.8, 2.4], np.float32)
    found = histogram(values)
    assert (found["low"], found["high"]) == (0.0, pytest.approx(4.8))
    assert [(place, count) for place, count in enumerate(found["counts"]) if count] == [
        (0, 1),
        (10, 2),
        (24, 1),
        (47, 1),
    ]
    assert BINS == 48
    broken = histogram(np.array([np.nan, 3, -np.inf, 3]))
    assert (broken["low"], broken["high"], broken["nonfinite"], sum(broken["counts"])) == (3, 3, 2, 2)
    assert histogram(np.array([np.nan]))["low"] is None


def test_norms_are_sums_in_float64() -> None:
    values = np.full(1 << 20, 1e-3, np.float32)
    assert norm(values) == pytest.approx(1.024 * float(np.float32(1e-3)) / 1e-3, rel=1e-12)
    assert norm(values, values + np.float32(1)) == pytest.approx(1024, rel=1e-6)


def layer(kind: str, **fields: Any) -> Layer:
    made: Layer = plugins("netspec.layers")[kind].model_validate({"type": kind, "name": "a", **fields})
    return made


def look_at_units(layer: Layer, *batches: Sequence[Any] | np.ndarray[Any, Any]) -> dict[str, Any]:
    tally = Tally(layer)
    for y in batches:
        tally.add(np.asarray(y))
    return tally.look()


class Notch(Elementwise):
    """A plug-in that netspec does not know."""

    type: Literal["notch"] = "notch"
    dead_at_zero: ClassVar[bool] = True

    def ends(self) -> tuple[float | None, float | None]:
        return -2.0, None


def test_a_layer_says_itself_what_its_outputs_mean() -> None:
    found = look_at_units(Notch(name="a"), np.array([[-2.0, 0.0, -1.97]]), np.array([[-1.99, 0.0, 0.0]]))
    assert (found["dead"], found["saturated"], found["samples"]) == ([1], 1 / 3, 2)


def test_histograms_of_outputs_are_over_the_first_samples() -> None:
    y = np.repeat(np.arange(6.0), VALUES // 4).reshape(6, -1)
    found = look_at_units(layer("relu"), y[:3], y[3:])
    assert found["histogram_samples"] == 4
    assert (found["samples"], found["values"]["high"], sum(found["values"]["counts"])) == (6, 3.0, VALUES)
    assert look_at_units(layer("relu"), np.zeros((2, 2 * VALUES)))["histogram_samples"] == 1


def test_units_are_looked_at_over_the_first_samples_whatever_the_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = netspec.loads(NETWORK)
    program, data = netspec.compile(spec), data_for(spec, None)
    x, probe = data.normalization.apply(data.train.x[:SAMPLES]), Probe(program, ["relu1"])
    y = np.concatenate([probe.values(program.lanes[0], x[start : start + 32])["relu1"] for start in range(0, SAMPLES, 32)])
    whole = Units(program, data.train, data.normalization).look(program.lanes[0])
    assert list(whole) == ["relu1", "tanh1"]
    assert whole["relu1"]["samples"] == SAMPLES
    assert whole["relu1"]["dead"] == np.flatnonzero((y == 0).all(axis=(0, 2, 3))).tolist()
    monkeypatch.setattr("netspec.training.insight_units.BYTES", 7 * 4 * (4 * 36 + 12))
    parts = Units(program, data.train, data.normalization).look(program.lanes[0])
    assert parts["relu1"] == whole["relu1"]


def test_looks_after_the_first_few_take_their_share_of_the_time_and_no_more() -> None:
    pace = Pace()
    taken = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("netspec.training.insight_pace.SHARE", 0.02)
        for second in range(1, 1001):
            if pace.takes(second, is_last=second == 1000):
                taken.append((second, pace.skipped))
                pace.spent += 0.5  # as two lanes of 0.25 s
                pace.latest += 0.5
    assert taken[:5] == [(1, 0), (2, 0), (3, 0), (100, 96), (125, 24)]
    assert len(taken) == pytest.approx(0.02 * 1000 / 0.5, abs=1)
    assert FIRST == 3


def test_the_file_says_how_many_looks_were_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netspec.training.insight_pace.SHARE", 0.0)
    list(netspec.train(netspec.loads(NETWORK), output=tmp_path / "run", insight=True))
    for kind in ("tensors", "units"):
        assert [(look["step"], look["skipped"]) for look in looks(tmp_path / "run", kind)] == [(1, 0), (2, 0), (5, 0), (14, 2)]
    assert len(looks(tmp_path / "run", "validation")) == 3


@settings(max_examples=60, deadline=None)
@given(
    values=arrays(np.float32, st.integers(1, 200), elements=st.floats(width=32, allow_nan=True)),
)
def test_every_finite_value_is_in_its_bin_or_rounded_to_the_next(values: np.ndarray[Any, Any]) -> None:
    found, finite = histogram(values), values[np.isfinite(values)].astype(np.float64)
    assert sum(found["counts"]) == finite.size == values.size - found["nonfinite"]
    if finite.size and found["high"] > found["low"]:
        edges = found["low"] + (found["high"] - found["low"]) * np.arange(BINS + 1) / BINS
        slack = 1e-6 * (found["high"] - found["low"])
        below = np.cumsum(found["counts"])
        for count, edge in zip(below, edges[1:], strict=True):
            assert (finite < edge - slack).sum() <= count <= (finite <= edge + slack).sum()


def test_dead_units_and_saturated_values_are_counted_by_hand() -> None:
    y = np.zeros((2, 2, 2, 3), np.float32)
    y[1, 0, 1, 1] = 0.5
    assert look_at_units(layer("relu"), y)["dead"] == [0, 2]
    assert look_at_units(layer("relu"), y)["saturated"] is None
    assert look_at_units(layer("tanh"), np.array([[0.99, -0.985, 0.5, 0.0]]))["saturated"] == 0.5
    assert look_at_units(layer("sigmoid"), np.array([[0.995, 0.009, 0.5, 0.02]]))["saturated"] == 0.5
    assert (
        look_at_units(layer("hard_tanh", min_val=0.0, max_val=2.0), np.array([[0.0, 1.99, 1.9, 1.0]]))["saturated"]
        == 0.5
    )
    assert look_at_units(layer("relu6"), np.array([[6.0, 5.0]]))["saturated"] == 0.5
    assert look_at_units(layer("tanh"), np.zeros((1, 2)))["dead"] is None


def test_the_loss_of_a_sample_is_the_one_that_the_formula_says() -> None:
    losses = plugins("netspec.losses")
    z, y = np.array([[1.0, 2.0, 0.0], [0.0, 0.0, 0.0]]), np.array([0, 2])
    cross_entropy = losses["cross_entropy"].model_validate({"type": "cross_entropy"})
    expected = [np.log(np.e + np.e**2 + 1) - 1, np.log(3)]
    np.testing.assert_allclose(sample_losses(z, y, cross_entropy), expected)
    bce = losses["bce_with_logits"].model_validate({"type": "bce_with_logits"})
    np.testing.assert_allclose(
        sample_losses(np.array([[2.0], [-1.0]]), np.array([1, 1]), bce), np.log1p(np.exp([-2.0, 1.0]))
    )
    mse = losses["mse"].model_validate({"type": "mse"})
    np.testing.assert_allclose(sample_losses(z, np.zeros((2, 3)), mse), [5 / 3, 0])
    l1 = losses["l1"].model_validate({"type": "l1"})
    np.testing.assert_allclose(sample_losses(-z, np.zeros((2, 3)), l1), [1, 0])


def test_every_confused_pair_keeps_its_worst_samples() -> None:
    true = np.array([0] * 300 + [1] * 10)
    predicted = np.array([1] * 300 + [0] * 10)
    kept = choose(true, predicted)
    assert list(kept) == [*range(OVERALL), *range(300, 300 + PER_CELL)]
    assert len(choose(np.arange(1000), np.zeros(1000, int))) == 240


def test_samples_whose_label_is_ignored_are_not_among_the_worst() -> None:
    loss = plugins("netspec.losses")["cross_entropy"].model_validate({"type": "cross_entropy", "ignore_index": 7})
    worst = Worst(loss)
    batch = Batch(np.zeros((3, 2)), np.array([0, 7, 1]), np.arange(3))
    worst.watch(np.array([[0.0, 5.0], [0.0, 0.0], [np.nan, 0.0]]), batch)
    found = worst.chosen()
    assert found["index"].tolist() == [2, 0]  # NaN first
    assert found["predicted"].tolist() == [-1, 1]


def test_large_pictures_are_made_smaller_by_means_over_blocks() -> None:
    x = np.zeros((1, 230, 120, 3), np.uint8)
    x[0, :3, :3] = 90
    assert smaller(x).shape == (1, 76, 40, 3)
    assert smaller(x)[0, 0, 0, 0] == 90
    assert as_bytes(np.array([[[[0.0], [8.0], [16.0], [20.0]]]]), 16).ravel().tolist() == [0, 128, 255, 255]


def test_a_line_that_is_still_being_written_is_read_later(tmp_path: Path) -> None:
    file = tmp_path / "lane.jsonl"
    reader = LookReader(file)
    assert reader.read() == ([], False)
    append_look(file, {"step": 1, "loss": np.float32("nan")})
    with file.open("a") as stream:
        stream.write('{"step": 2')
    assert [look["step"] for look in reader.read()[0]] == [1]
    with file.open("a") as stream:
        stream.write("}\n")
    assert reader.read() == ([{"step": 2}], False)
    cut_looks(file, 1)
    append_look(file, {"step": 3, "filling": "longer than what was cut off"})
    found, is_new = reader.read()
    assert is_new
    assert np.isnan(found[0]["loss"])


def test_a_long_file_is_read_in_parts_without_losing_a_line(tmp_path: Path) -> None:
    file = tmp_path / "lane.jsonl"
    for step in range(50):
        append_look(file, {"step": step, "filling": "x" * (step % 7)})
    reader, found = LookReader(file), []
    while part := reader.read(100)[0]:
        assert len(part) < 10
        found += [look["step"] for look in part]
    assert found == list(range(50))


def test_watching_an_evaluation_changes_nothing(tmp_path: Path) -> None:
    spec = netspec.loads(NETWORK)
    program, rng = netspec.compile(spec), np.random.default_rng(0)
    part = Part(rng.random((40, 8, 8, 1), np.float32), rng.integers(0, 10, 40), np.arange(40))
    plain = Normalization(np.zeros(1), np.ones(1))
    assert spec.loss is not None
    options: dict[str, Any] = {"metrics": (), "batch_size": 16, "losses": spec.losses}
    alone = evaluate(program.lanes[0], part, plain, **options)
    beside = evaluate(program.lanes[0], part, plain, **options, watch=Worst(spec.loss).watch)
    assert alone.loss == beside.loss
    assert alone.confusion == beside.confusion
