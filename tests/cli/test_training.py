"""train and race: exit codes, run folders, documents; resume, artefacts, NaN."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from netspec.training.closing import in_words, read_closing
from tests.cli.runner import run, write_small


def digest(result_json: dict) -> str:
    (lane,) = result_json["optimizers"]
    return lane["digest"]


def test_train_prints_split_first_loss_epochs_and_what_to_type_next(small: Path) -> None:
    result = run("train", small)
    assert (result.code, result.err) == (0, "")
    assert "train 128" in result.words
    assert "loss before training" in result.words
    assert "(undecided: ln 2 = 0.693)" in result.words
    lines = result.out.splitlines()
    head = next(index for index, line in enumerate(lines) if line.startswith("epoch"))
    assert "val accuracy" in lines[head]
    assert [line.split()[0] for line in lines[head + 1 : head + 3]] == ["1/2", "2/2"]
    assert {len(line) for line in lines[head : head + 3]} == {len(lines[head])}
    assert "test accuracy" in result.words
    assert "next: netspec evaluate runs/small-1" in lines
    assert max(map(len, lines)) <= 80


def test_train_prints_one_document(small: Path) -> None:
    result = run("train", small, "--format", "json", "-o", "here")
    assert (result.code, result.err) == (0, "")
    document = result.json
    assert (document["run"], document["name"]) == ("here", "small")
    (lane,) = document["optimizers"]
    assert (lane["reason"], lane["step"], lane["epoch"]) == ("completed", 14, 2)
    assert lane["best"]["monitor"] == "val_loss"
    assert lane["test"]["samples"] == 40
    history = [json.loads(line) for line in Path("here/history.jsonl").read_text().splitlines()]
    assert (history[0]["event"], history[-1]["event"], history[-1]["reason"]) == ("run", "end", "completed")


def test_the_test_part_is_kept_in_the_run_folder_until_the_run_goes_on(small: Path) -> None:
    (lane,) = run("train", small, "--format", "json", "-o", "here").json["optimizers"]
    file = Path("here/evaluation.json")
    assert json.loads(file.read_text()) == {"part": "test", "optimizers": {lane["optimizer"]: lane["test"]}}
    told = next(line for line in run("train", small).out.splitlines() if line.startswith("  test "))
    assert told.split(maxsplit=1)[1] == f"{in_words(read_closing(file.parent)[lane['optimizer']])} (40 samples)"
    run("train", "--resume", "here", "--set", "train.epochs=3", "--limit-batches", "1")
    assert not file.exists()


def test_quiet_training_prints_only_the_result(small: Path) -> None:
    result = run("train", small, "-q")
    assert result.code == 0
    assert result.out.startswith("completed: 2 epochs")
    assert "epoch " not in result.out


def test_looks_inside_that_cannot_be_written_are_a_warning_also_when_quiet(small: Path) -> None:
    Path("here").mkdir()
    Path("here/insight").touch()
    result = run("train", small, "-q", "-o", "here", "--insight")
    assert result.code == 0
    assert result.out.startswith("completed: 2 epochs")
    assert " ".join(result.err.split()).startswith("warning: here/insight: looks inside cannot be written (")


def test_seed_threads_and_set_reach_the_run(small: Path) -> None:
    base = digest(run("train", small, "--format", "json").json)
    assert digest(run("train", small, "--format", "json", "--threads", "1").json) == base
    assert digest(run("train", small, "--format", "json", "--seed", "0").json) == base
    assert digest(run("train", small, "--format", "json", "--seed", "1").json) != base
    assert digest(run("train", small, "--format", "json", "--set", "optimizer.lr=0.03").json) != base


def test_a_dry_run_writes_nothing(small: Path) -> None:
    result = run("train", small, "--dry-run")
    assert result.code == 0
    assert "dry run: everything was built, nothing was written" in result.out
    assert not Path("runs").exists()


def test_limited_and_overfitting_runs_say_how_many_steps_they_do(small: Path) -> None:
    assert "2 epochs of 3 steps" in run("train", small, "--limit-batches", "3").words
    result = run("train", small, "--overfit-batches", "1", "--set", "train.epochs=150", "--set", "optimizer.lr=0.05")
    assert "150 epochs of 1 step" in result.words
    last = next(line for line in reversed(result.out.splitlines()) if line.startswith("150/150"))
    assert "100.00 %" in last


def test_a_folder_with_a_run_is_never_overwritten(small: Path) -> None:
    assert run("train", small, "-o", "here").code == 0
    before = Path("here/history.jsonl").read_bytes()
    result = run("train", small, "-o", "here")
    assert result.code == 2
    assert "this folder already holds a run" in result.err
    assert Path("here/history.jsonl").read_bytes() == before


def test_a_finished_run_goes_on_for_more_epochs_as_if_it_had_not_stopped(small: Path) -> None:
    whole = run("train", small, "--set", "train.epochs=4", "--format", "json", "--seed", "5").json
    half = run("train", small, "--set", "train.epochs=2", "-o", "half", "--format", "json", "--seed", "5").json
    more = run("train", "--resume", "half", "--set", "train.epochs=4", "--format", "json")
    assert more.code == 0
    assert digest(more.json) == digest(whole) != digest(half)


def test_weights_start_a_new_run_with_a_fresh_optimizer(small: Path) -> None:
    run("train", small, "-o", "first", "-q")
    result = run("train", small, "--weights", "first/checkpoints/best.safetensors", "-o", "second")
    assert result.code == 0
    assert "weights from first/checkpoints/best.safetensors: 4 loaded" in result.words
    wrong = run("train", "digits", "--weights", "first/checkpoints/best.safetensors")
    assert wrong.code == 2
    assert "missing" in wrong.err


def test_nan_ends_with_exit_code_3_and_names_the_layer(tmp_path: Path) -> None:
    result = run("train", write_small(tmp_path), "--set", "optimizer.lr=1e30", "--set", "optimizer.type=sgd")
    assert result.code == 3
    assert "nan: the loss is" in result.words
    assert "layer fc" in result.words
    assert Path("runs/small-1/nan").is_dir()


def test_frozen_layers_are_proven_unchanged(small: Path) -> None:
    result = run("train", small, "--set", "layers.fc1.frozen=true")
    assert "❄ frozen: fc1" in result.out
    assert "frozen 1 layer unchanged in epochs 1 – 2 (parameters and statistics; checked 3 times, sha256 " in result.words


def test_training_from_a_compiled_folder_gives_the_same_bits(small: Path) -> None:
    compiled = run("compile", small, "-o", "built", "--format", "json")
    assert compiled.code == 0
    assert sorted(compiled.json["files"]) == ["lock.json", "plan.txt", "program.py", "spec.resolved.toml", "tables.npz"]
    assert all((Path("built") / name).stat().st_size for name in compiled.json["files"])
    assert digest(run("train", "built", "--format", "json").json) == digest(
        run("train", small, "--format", "json").json
    )
    assert "next: netspec train built2" in run("compile", small, "-o", "built2").words


def test_a_race_ranks_its_lanes_and_draws_them(small: Path) -> None:
    result = run("race", small, "--optimizers", "sgd,momentum:0.05,adam")
    assert result.code == 0
    lines = result.out.splitlines()
    head = next(index for index, line in enumerate(lines) if "behind" in line)
    rows = [line.split() for line in lines[head + 2 : head + 5]]
    assert [row[0] for row in rows] == ["1", "2", "3"]
    assert {row[1]: row[2] for row in rows} == {"sgd": "0.01", "momentum": "0.05", "adam": "0.02"}
    losses = [float(row[3]) for row in rows]
    assert losses == sorted(losses)
    assert Path("runs/small-1/curves.svg").read_text().lstrip().startswith("<?xml")
    assert Path("runs/small-1/curves.png").read_bytes().startswith(b"\x89PNG")


def test_lanes_of_a_race_are_the_runs_of_their_optimizers_alone(small: Path) -> None:
    document = run("race", small, "--optimizers", "sgd,adam", "--format", "json").json
    assert [place["rank"] for place in document["ranking"]] == [1, 2]
    assert len(document["pictures"]) == 2
    alone = digest(run("train", small, "--format", "json").json)
    assert {lane["optimizer"]: lane["digest"] for lane in document["optimizers"]}["adam"] == alone


def test_a_race_without_names_runs_the_five(small: Path) -> None:
    result = run("race", small, "--format", "json", "--limit-batches", "1", "--set", "train.epochs=1")
    names = [lane["optimizer"] for lane in result.json["optimizers"]]
    assert names == ["sgd", "momentum", "adagrad", "rmsprop", "adam"]


@pytest.mark.parametrize(("change", "message"), [("data.samples=3", "[data]"), ("metrics=['rmse']", "rmse")])
def test_data_and_metrics_that_do_not_fit_stop_before_the_first_step(small: Path, change: str, message: str) -> None:
    result = run("train", small, "--set", change)
    assert result.code in (1, 2)
    assert message in result.words
    assert not Path("runs").exists()


def test_a_run_goes_on_from_the_spec_it_was_last_trained_with(small: Path) -> None:
    assert run("train", small, "-q", "-o", "here").code == 0
    first = Path("here/spec.resolved.toml").read_text()
    assert run("train", "--resume", "here", "--set", "train.epochs=4", "-q").code == 0
    assert Path("here/spec.resolved.1.toml").read_text() == first
    assert "epochs = 4" in Path("here/spec.resolved.toml").read_text()
    lock = json.loads(Path("here/lock.json").read_text())
    assert lock["spec_hash"] == run("hash", "here").out.strip()
    (before,) = lock["before"]
    assert (before["until_step"], before["spec"]) == (14, "spec.resolved.1.toml")
    assert before["spec_hash"] == run("hash", small).out.strip()
    again = run("train", "--resume", "here", "--set", "optimizer.lr=0.01", "--format", "json")
    assert again.json["optimizers"][0]["epoch"] == 4
    assert len(json.loads(Path("here/lock.json").read_text())["before"]) == 2
    assert run("evaluate", "here").code == 0


def test_the_guide_names_every_file_of_a_run(small: Path) -> None:
    from tests.test_docs import GUIDE

    Path("mine.toml").write_text('extends = "small.toml"\nseed = 5\n')
    assert run("race", "mine.toml", "--optimizers", "sgd,adam", "-o", "here", "-q").code == 0
    assert run("train", "--resume", "here", "--set", "train.epochs=3", "-q").code == 0
    told = GUIDE.split("## Files of a run")[1].split("## Exit codes")[0]
    names = {path.name + "/" * path.is_dir() for path in Path("here").iterdir()}
    assert {"extends/", "spec.toml", "spec.resolved.1.toml", "curves.svg"} <= names
    assert [name for name in names if f"`{name}`" not in told] == []
    lock = json.loads(Path("here/lock.json").read_text())
    assert list(lock["extends"].values()) == ["extends/small.toml"]
    assert lock["before"][0].keys() <= lock.keys() | {"until_step", "spec"}
    assert all(f"`{key}`" in told for key in ("until_step", "spec", "before", "data_fingerprint", "running.pid"))


def test_the_weights_of_a_resumed_run_are_the_same_bytes(small: Path) -> None:
    assert run("train", small, "-o", "whole", "--set", "train.epochs=2").code == 0
    assert run("train", small, "-o", "parts", "--set", "train.epochs=1").code == 0
    assert run("train", "--resume", "parts", "--set", "train.epochs=2").code == 0
    whole, parts = (Path(folder, "checkpoints/last.safetensors").read_bytes() for folder in ("whole", "parts"))
    assert whole == parts
