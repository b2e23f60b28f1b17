"""Evaluation and prediction: whole counts, whatever the batches; and what data the trainer takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import netspec
from netspec.datasets.base import DataError, Part
from netspec.datasets.loader import Loader
from netspec.metrics.accuracy import Accuracy
from netspec.metrics.f1 import F1
from netspec.spec.model import Spec
from netspec.training.errors import TrainError
from netspec.training.evaluate import evaluate, predict, probabilities
from netspec.training.events import End, Epoch, Validation
from netspec.training.inputs import data_for, overfit
from tests.training.fake import make_data, make_program, make_spec
from tests.training.helpers import of


@pytest.mark.parametrize("batch_size", [1, 7, 8, 34, 100])
def test_the_result_does_not_depend_on_the_batches(batch_size: int) -> None:
    spec = make_spec()
    data, lane = data_for(spec, make_data()), make_program(spec).lanes[0]
    found = evaluate(
        lane, data.train, data.normalization,
        metrics=[Accuracy(), F1()], batch_size=batch_size, losses=spec.losses, dtype="float64",
    )  # fmt: skip
    logits = data.train.x @ lane.weight.T
    losses = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(35), data.train.y]
    assert found.loss == pytest.approx(losses.mean(), rel=1e-14)
    assert found.samples == 35
    guess = logits.argmax(axis=1)
    expected = np.zeros((3, 3), int)
    np.add.at(expected, (data.train.y, guess), 1)
    assert found.confusion == expected.tolist()
    assert found.metrics["accuracy"] == (guess == data.train.y).mean()
    assert set(found.metrics) == {"accuracy", "f1"}
    assert set(found.to_json()) == {"loss", "metrics", "samples", "confusion"}


def test_without_a_loss_there_are_metrics_alone() -> None:
    spec = make_spec()
    data, lane = data_for(spec, make_data()), make_program(spec).lanes[0]
    found = evaluate(lane, data.train, data.normalization, metrics=[Accuracy()], batch_size=8, losses=())
    assert found.loss is None
    assert found.metrics["accuracy"] > 0


def test_predictions_come_in_order_for_any_batch() -> None:
    spec = make_spec()
    lane, (x, _) = make_program(spec).lanes[0], make_data()
    assert predict(lane, x, 7) == pytest.approx(x @ lane.weight.T, rel=1e-12)


def test_probabilities_are_the_softmax_or_the_sigmoid_of_logits() -> None:
    logits = np.array([[1000.0, 0.0, -1000.0], [0.0, np.log(2.0), np.log(5.0)]])
    softmax = probabilities(logits, make_spec().loss)
    assert softmax == pytest.approx(np.array([[1, 0, 0], [1 / 8, 2 / 8, 5 / 8]]), abs=1e-15)
    bce = Spec.model_validate({**make_spec().model_dump(exclude={"losses"}), "loss": {"type": "bce_with_logits"}}).loss
    z = np.array([[-800.0], [0.0], [np.log(3.0)]])
    assert probabilities(z, bce) == pytest.approx(np.array([[1, 0], [0.5, 0.5], [0.25, 0.75]]), abs=1e-15)
    assert probabilities(logits, None) is None


def test_pictures_are_given_as_nchw_and_stored_as_nhwc() -> None:
    spec = make_spec(inputs=[{"shape": [2, 3, 4]}])
    x = np.arange(10 * 24, dtype=np.float32).reshape(10, 2, 3, 4)
    data = data_for(spec, (x, np.arange(10) % 3))
    rows = np.concatenate([data.train.names, data.validation.names]) if data.validation else data.train.names
    order = np.argsort(rows)
    stored = np.concatenate([data.train.x, data.validation.x])[order]  # type: ignore[union-attr]
    assert np.array_equal(stored, x.transpose(0, 2, 3, 1))
    assert data.shape == (2, 3, 4)
    assert data.normalization.apply(data.train.x).tobytes() == data.train.x.tobytes()


def test_overfitting_takes_the_same_samples_each_time() -> None:
    data = data_for(make_spec(), make_data())
    one, two = overfit(data, 8, seed=1), overfit(data, 8, seed=1)
    assert one.fingerprint == two.fingerprint != data.fingerprint
    assert one.train is one.validation
    assert len(one.train) == 8
    assert not np.array_equal(overfit(data, 8, seed=2).train.names, one.train.names)


@pytest.mark.parametrize(
    ("x", "y", "error"),
    [
        (np.zeros((4, 6)), np.zeros(3, int), TrainError),
        (np.zeros((4, 6, 2)), np.zeros(4, int), TrainError),
        (np.full((4, 6), np.nan), np.zeros(4, int), DataError),
        (np.zeros((4, 6)), np.array([0, -1, 2, 1]), DataError),
    ],
)
def test_arrays_that_are_no_data_are_refused(x: np.ndarray, y: np.ndarray, error: type[Exception]) -> None:
    with pytest.raises(error):
        data_for(make_spec(), (x, y))


def test_a_loader_left_in_the_middle_ends_its_thread() -> None:
    import threading

    part = Part(np.zeros((1000, 6)), np.zeros(1000, np.int64), np.arange(1000))
    before = threading.active_count()
    data = data_for(make_spec(), make_data())
    iterator = iter(Loader(part, data.normalization, 1, np.arange(1000)))
    next(iterator)
    iterator.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before


REGRESSION = """
name = "line"
[input]
shape = [3]
[[layers]]
name = "fc"
type = "linear"
out_features = 2
[loss]
type = "mse"
[train]
epochs = 40
batch_size = 16
validation_split = 0.25
dtype = "float64"
[optimizer]
type = "sgd"
lr = 0.3
"""


def test_a_line_is_learned_from_dense_targets(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100, 3))
    y = x @ rng.normal(size=(3, 2)) + [1.0, -2.0]
    spec = netspec.loads('metrics = ["mae", "r2"]\n' + REGRESSION)
    events = list(netspec.train(spec, (x, y), tmp_path / "run"))
    last = of(events, Validation)[-1]
    assert last.loss < 1e-8
    assert last.metrics["r2"] == pytest.approx(1, abs=1e-8)
    assert of(events, Epoch)[-1].metrics["running_mae"] < 1e-3
    assert of(events, End)[0].reason == "completed"


def test_one_logit_is_trained_with_labels(tmp_path: Path) -> None:
    text = REGRESSION.replace("out_features = 2", "out_features = 1").replace('"mse"', '"bce_with_logits"')
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100, 3))
    events = list(netspec.train(netspec.loads(text), (x, (x[:, 0] > 0).astype(int)), tmp_path / "run"))
    assert of(events, Validation)[0].expected_loss == pytest.approx(np.log(2))
    assert of(events, Validation)[-1].metrics["accuracy"] > 0.9


def test_dense_targets_of_another_size_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainError, match=r"the network gives \[2\] for a sample, the data have targets of \[3\]"):
        netspec.train(netspec.loads(REGRESSION), (np.zeros((8, 3)), np.zeros((8, 3))), tmp_path / "run")
