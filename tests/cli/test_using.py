"""evaluate, predict, gradcheck, data check: texts, documents, exit codes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netspec.datasets.digits import Digits
from tests.cli.runner import run

PARTS = ["loss", "metrics", "samples", "confusion"]


@pytest.fixture(scope="module")
def digits_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short training of the shipped digits."""
    folder = tmp_path_factory.mktemp("digits") / "run"
    assert run("train", "digits", "-q", "-o", folder, "--set", "train.epochs=6").code == 0
    return folder


def test_evaluate_prints_the_document_of_the_conventions(digits_run: Path) -> None:
    result = run("evaluate", digits_run, "--format", "json")
    assert (result.code, result.err) == (0, "")
    assert set(PARTS) <= set(result.json)
    confusion = np.array(result.json["confusion"])
    assert confusion.sum() == result.json["samples"] == 359
    assert np.trace(confusion) / 359 == pytest.approx(result.json["metrics"]["accuracy"], abs=1e-12)
    assert result.json["metrics"]["accuracy"] > 0.9


def test_evaluate_agrees_with_the_spec_and_its_weights(digits_run: Path) -> None:
    weights = digits_run / "checkpoints" / "best.safetensors"
    by_run, by_spec = run("evaluate", digits_run), run("evaluate", "digits", "--weights", weights)
    assert by_run.out.splitlines()[2:] == by_spec.out.splitlines()[2:]
    assert "true \\ predicted" in by_run.out


def test_evaluate_takes_any_part_that_exists(digits_run: Path, small: Path) -> None:
    sizes = {part: run("evaluate", digits_run, "--part", part, "--format", "json").json["samples"] for part in
             ("train", "validation", "test")}  # fmt: skip
    assert sum(sizes.values()) == 1797
    assert run("train", small, "-q", "-o", "without", "--set", "train.validation_split=0").code == 0
    result = run("evaluate", "without", "--part", "validation")
    assert result.code == 2
    assert "the data have no validation part; they have train, test" in result.words


def test_predict_reads_pictures_and_arrays_alike(digits_run: Path, tmp_path: Path) -> None:
    part = Digits().read(tmp_path, None).parts["all"]
    chosen = [int(np.flatnonzero(part.y == label)[3]) for label in range(10)]
    np.save(tmp_path / "nhwc.npy", part.x[chosen])
    np.save(tmp_path / "nchw.npy", part.x[chosen].transpose(0, 3, 1, 2))
    whole = run("predict", digits_run, "nhwc.npy", "nchw.npy", "--format", "json").json["predictions"]
    assert [set(one) for one in whole] == [{"input", "label", "class", "probabilities"}] * 20
    assert whole[0]["input"] == "nhwc.npy[0]"
    assert [one["label"] for one in whole[:10]] == [one["label"] for one in whole[10:]]
    assert sum(one["label"] == label for label, one in enumerate(whole[:10])) >= 9
    assert all(sum(one["probabilities"]) == pytest.approx(1, abs=1e-9) for one in whole)


def test_predict_names_the_likeliest_classes_of_a_picture(digits_run: Path, tmp_path: Path) -> None:
    part = Digits().read(tmp_path, None).parts["all"]
    picture = (part.x[0, :, :, 0] * (255 / 16)).astype(np.uint8)
    Image.fromarray(picture).save(tmp_path / "zero.png")
    result = run("predict", digits_run, "zero.png")
    assert (result.code, part.y[0]) == (0, 0)
    assert result.out.splitlines()[2].split()[:2] == ["zero.png", "0"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("absent.png", None, "absent.png: does not exist"),
        ("text.png", b"hello", "text.png: it is not a PNG or JPEG picture"),
        ("absent.npy", None, "absent.npy: there is no such file"),
        ("text.npy", b"hello", "text.npy: not a .npy array"),
    ],
)
def test_inputs_that_cannot_be_read_are_named(digits_run: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        Path(name).write_bytes(content)
    result = run("predict", digits_run, name)
    assert result.code in (1, 2)
    assert message in result.words


def test_gradcheck_prints_a_line_for_each_tensor() -> None:
    result = run("gradcheck", "digits", "--samples", "3")
    assert result.code == 0
    names = [line.split()[0] for line in result.out.splitlines() if line.endswith("ok")]
    assert names == [
        *(f"{layer}.{kind}" for layer in ("conv1", "conv2", "fc1", "fc2") for kind in ("weight", "bias")),
        "input",
    ]
    document = run("gradcheck", "digits", "fc2", "--samples", "3", "--format", "json").json
    assert document["ok"] is True
    assert [row["tensor"] for row in document["tensors"]] == ["fc2.weight", "fc2.bias"]


def test_gradcheck_fails_beyond_the_tolerance() -> None:
    result = run("gradcheck", "digits", "fc1", "--samples", "4", "--tolerance", "1e-15")
    assert result.code == 1
    assert "FAILED" in result.out
    assert "the kernels say" in result.words


def test_data_check_finds_nothing_wrong_with_the_digits() -> None:
    result = run("data", "check", "digits")
    assert result.code == 0
    assert "ok: 1 797 samples" in result.words
    assert run("data", "check", "digits", "--format", "json").json["samples"] == 1797


def test_data_show_draws_a_row_of_epochs_for_each_sample(tmp_path: Path) -> None:
    augment = [
        "--set",
        'data.augment=["flip", { type = "mixup", alpha = 1.0 }]',
        "--set",
        'loss.targets="probabilities"',
    ]
    sheet = tmp_path / "sheet.png"
    result = run("data", "show", "digits", "-o", sheet, "--samples", "3", "--epochs", "4", *augment, "--format", "json")
    assert result.json == {"file": str(sheet), "samples": 3, "epochs": 4}
    with Image.open(sheet) as image:
        assert image.size == (5 * 104 + 8, 28 + 3 * 120)
    assert "nothing varies them" in run("data", "show", "digits", "-o", sheet, "--samples", "1").words
    assert run("data", "show", "digits", "-o", tmp_path / "sheet.jpg").code == 2


def test_data_check_lists_every_bad_file_and_fails(tmp_path: Path) -> None:
    for label in ("cat", "dog"):
        (tmp_path / "pictures" / label).mkdir(parents=True)
        for index in range(3):
            colour = (40 * index, 90, 10 if label == "cat" else 200)
            Image.new("RGB", (8, 8), colour).save(tmp_path / "pictures" / label / f"{index}.png")
    (tmp_path / "pictures" / "cat" / "broken.png").write_bytes(b"not a picture")
    (tmp_path / "pictures" / "dog" / "empty.png").write_bytes(b"")
    spec = tmp_path / "pets.toml"
    spec.write_text(
        'input.shape = [3, 8, 8]\nlayers = [{ name = "fc", type = "linear", out_features = 2 }]\n'
        'data = { type = "image_folder", root = "pictures" }\n'
    )
    result = run("data", "check", spec)
    assert result.code == 1
    assert "broken.png" in result.err
    assert "empty.png" in result.err
    assert "failed: 6 samples, 2 errors" in result.words
    assert run("data", "check", spec, "--format", "json").json["ok"] is False


TABLE = """
name = "table"
input.shape = [2]
layers = [{ name = "fc", type = "linear", out_features = 2 }]
loss.type = "cross_entropy"
data = { type = "csv", file = "table.csv" }
train = { epochs = 1, batch_size = 8, validation_split = 0.2 }
optimizer = { type = "sgd", lr = 0.1 }
"""


def write_table(rows: int) -> None:
    lines = [f"{row % 7},{row % 5},{'no' if row % 2 else 'yes'}" for row in range(rows)]
    Path("table.csv").write_text("a,b,right\n" + "\n".join(lines) + "\n")


def test_data_that_changed_since_the_training_are_evaluated_only_on_request() -> None:
    Path("table.toml").write_text(TABLE)
    write_table(60)
    assert run("train", "table.toml", "-q", "-o", "here").code == 0
    same = run("evaluate", "here", "--format", "json")
    assert (same.code, same.json["same_data"], same.err) == (0, True, "")
    write_table(59)
    for argv in (["here"], ["table.toml", "--weights", "here/checkpoints/best.safetensors"]):
        refused = run("evaluate", *argv)
        assert (refused.code, refused.out) == (1, "")
        assert "the data, or their split, have changed since the training" in refused.words
        assert "--changed-data" in refused.words
        anyway = run("evaluate", *argv, "--changed-data", "--format", "json")
        assert (anyway.code, anyway.json["same_data"]) == (0, False)
        assert "warning: here: the data, or their split, have changed" in " ".join(anyway.err.split())


def test_an_overfitted_run_is_evaluated_on_the_data_it_came_from(small: Path) -> None:
    assert run("train", small, "-q", "-o", "here", "--overfit-batches", "1").code == 0
    assert run("evaluate", "here", "--format", "json").json["same_data"] is True


def test_the_weights_of_a_run_that_ended_in_nan_are_told_as_such(small: Path) -> None:
    assert (
        run("train", small, "-q", "-o", "here", "--set", "optimizer.lr=1e30", "--set", "optimizer.type=sgd").code == 3
    )
    result = run("evaluate", "here")
    assert "the training ended in NaN at step" in result.words, result


def test_nan_is_no_class(digits_run: Path) -> None:
    x = np.zeros((3, 8, 8), np.float32)
    x[2, 4, 4] = np.nan
    np.save("holes.npy", x)
    np.save("one.npy", x[2])
    np.save("huge.npy", np.full((2, 8, 8), 3.4e38, np.float32))
    for name, message in (
        ("holes.npy", "holes.npy[2]: the input of this sample is NaN or infinite"),
        ("one.npy", "one.npy: the input of this sample is NaN"),
        ("huge.npy", "huge.npy[0]: the output of this sample (and of 1 more of 2) is NaN or infinite"),
    ):
        result = run("predict", digits_run, name)
        assert (result.code, result.out) == (1, ""), result
        assert message in result.words


def test_inputs_of_other_kinds_and_empty_ones_are_refused(digits_run: Path) -> None:
    np.save("empty.npy", np.zeros((0, 8, 8)))
    Path("table.csv").write_text("1,2\n")
    Path("pictures").mkdir()
    for name, message in (
        ("empty.npy", "empty.npy: holds no samples, its shape is [0, 8, 8]; give at least one"),
        ("table.csv", "table.csv: predict reads pictures (PNG, JPEG) and .npy arrays"),
        ("pictures", "pictures: this is a folder; name the files in it"),
    ):
        result = run("predict", digits_run, name)
        assert (result.code, result.out) == (2, ""), result
        assert message in result.words


def test_a_folder_is_answered_with_the_ending_of_its_own_pictures(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg", "c.png", "notes.txt"):
        (tmp_path / name).write_bytes(b"")
    result = run("predict", "digits", tmp_path)
    assert result.code == 2
    assert f"name the files in it: {tmp_path}/*.jpg" in result.words
