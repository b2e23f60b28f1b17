"""Files that Keras wrote give Keras' outputs; what they leave open is told, not guessed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netspec
from netspec.load_report import LoadError, LoadReport
from netspec.spec.model import Spec
from netspec.training.pretrained import load_everything, load_pretrained
from tests.transfer import keras_models as models

# Keras asks PyTorch's tensors for NumPy's arrays in a way that NumPy deprecates.
pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")]
FILES = ["w.keras", "w.h5", "w.weights.h5"]


@pytest.fixture(autouse=True)
def untried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keras' own files need no trial in another process, which takes most of a second."""
    monkeypatch.setattr("netspec.weights.hdf5.try_reading", lambda *_: None)


@pytest.fixture(scope="module")
def keras() -> Any:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    pytest.importorskip("torch", reason="Keras computes with PyTorch here; both are in the extra `peers`")
    return pytest.importorskip("keras", reason="Keras is in the extra `peers`")


@pytest.fixture(scope="module")
def folder(keras: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each model in each of the three formats, and its outputs."""
    top = tmp_path_factory.mktemp("keras")
    for name, make in (("sequential", models.sequential), ("functional", models.functional)):
        save(keras, make(keras)[0], top / name)
    keras.utils.clear_session()
    save(keras, models.chain(keras), top / "chain")
    return top


def save(keras: Any, model: Any, folder: Path) -> None:
    folder.mkdir()
    model.compile("sgd", "mse")
    for file in FILES:
        (model.save_weights if "weights" in file else model.save)(folder / file)
    x = np.random.default_rng(5).normal(size=(2, *model.input_shape[1:])).astype(np.float32)
    np.savez(folder / "outputs.npz", x=x, y=model.predict(x, verbose=0))


def error_of(folder: Path, file: str, spec: Spec) -> tuple[float, LoadReport]:
    """Greatest difference between our outputs and Keras'."""
    program = netspec.compile(spec, batch_size=2)
    report = load_everything(program, spec, folder / file)
    with np.load(folder / "outputs.npz") as saved:
        y = program.forward(np.ascontiguousarray(saved["x"].transpose(0, 3, 1, 2)))
        assert np.abs(saved["y"]).max() > 0.05
        return float(np.abs(y - saved["y"]).max()), report


@pytest.mark.parametrize("file", FILES)
def test_every_kind_of_layer_gives_keras_outputs(keras: Any, folder: Path, file: str) -> None:
    error, report = error_of(folder / "sequential", file, models.sequential(keras)[1])
    assert error < 1e-5
    assert report.is_complete
    told = "the file does not say how its pictures lie; taken as Keras' default, channels_last"
    assert (told in report.notes) == (file == "w.weights.h5")
    assert report.warnings == ()


@pytest.mark.parametrize("file", ["w.keras", "w.h5"])
def test_models_in_models_and_joined_pictures_give_keras_outputs(keras: Any, folder: Path, file: str) -> None:
    error, report = error_of(folder / "functional", file, models.functional(keras)[1])
    assert error < 1e-5
    assert "not in the file, because fixed there at 1 (weight) or 0 (bias), and set so here: body.b.weight" in report.notes


def test_variables_that_have_two_readings_are_told_and_not_guessed(keras: Any, folder: Path) -> None:
    with pytest.raises(LoadError, match=r"body.b: the file numbers its variables and does not say what they are"):
        error_of(folder / "functional", "w.weights.h5", models.functional(keras)[1])


@pytest.mark.parametrize("file", FILES)
def test_layers_with_other_names_are_matched_by_order_and_that_is_told(folder: Path, file: str) -> None:
    error, report = error_of(folder / "chain", file, models.our_chain())
    assert error < 1e-5
    (told,) = [note for note in report.notes if "by order" in note]
    assert told.startswith("no layer is called like one here, so all 4 were matched by order, type and shape")
    assert "(conv2d → first, batch_normalization → norm, conv2d_1 → second, … 1 more)" in told


def test_another_head_of_a_model_with_other_names_can_be_replaced(keras: Any, tmp_path: Path) -> None:
    keras.utils.clear_session()
    models.chain(keras, head=7).save(tmp_path / "w.keras")
    spec = models.our_chain().model_copy(update={"transfer": netspec.loads(TRANSFER).transfer})
    program = netspec.compile(spec, batch_size=2)
    before = program.parameters["fc.weight"]
    report = load_pretrained(program, spec, tmp_path / "w.keras")
    assert report.fresh == ("fc.weight", "fc.bias")
    np.testing.assert_array_equal(program.parameters["fc.weight"], before)
    with pytest.raises(LoadError, match=r"fc.weight: \[3, 12\] here, \[7, 12\] in the file"):
        load_everything(program, spec, tmp_path / "w.keras")


TRANSFER = """
[input]
shape = [4]
[[layers]]
name = "fc"
type = "linear"
out_features = 3
[transfer]
replace = ["fc"]
"""


def test_names_can_be_given_instead(folder: Path) -> None:
    names = '{ "conv2d" = "first", "batch_normalization" = "norm", "conv2d_1" = "second", "dense" = "fc" }'
    text = TRANSFER.replace('replace = ["fc"]', f"rename = {names}")
    spec = models.our_chain().model_copy(update={"transfer": netspec.loads(text).transfer})
    error, report = error_of(folder / "chain", "w.keras", spec)
    assert error < 1e-5
    assert not any("by order" in note for note in report.notes)


def test_a_sequence_that_does_not_fit_says_where(folder: Path) -> None:
    spec = models.our_chain()
    layers = [layer.model_copy(update={"kernel_size": (1, 1)} if layer.name == "second" else {}) for layer in spec.layers]
    with pytest.raises(LoadError, match="and by order they do not fit: conv2d_1 would be second"):
        error_of(folder / "chain", "w.keras", spec.model_copy(update={"layers": tuple(layers)}))


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("w.keras", "norm: trained with eps 0.001, here it is 1e-05, which gives other outputs; write eps = 0.001"),
        ("w.weights.h5", "norm: the file does not name the eps that they were trained with; mostly it is 0.001, here it is"),
    ],
)
def test_another_eps_is_a_warning(folder: Path, file: str, told: str) -> None:
    _, report = error_of(folder / "chain", file, models.our_chain(eps=1e-5))
    (warning,) = report.warnings
    assert warning.startswith(told)


def test_a_layer_of_another_type_is_not_taken_though_its_shape_fits(keras: Any, tmp_path: Path) -> None:
    keras.Sequential([keras.Input((5, 5, 2)), keras.layers.Conv2DTranspose(2, 3, name="up")]).save(tmp_path / "w.keras")
    text = """
    [input]
    shape = [2, 5, 5]
    [[layers]]
    name = "up"
    type = "conv2d"
    out_channels = 2
    kernel_size = 3
    """
    spec = netspec.loads(text)
    with pytest.raises(LoadError, match=r"2 missing .* 2 unexpected \(up.weight \(Conv2DTranspose\)"):
        load_everything(netspec.compile(spec, batch_size=2), spec, tmp_path / "w.keras")
