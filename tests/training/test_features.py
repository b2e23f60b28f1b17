"""The frozen-prefix cache: the same run as without it, where it keeps what, and when it does nothing and says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netspec
from netspec.augment.flip import Flip
from netspec.training import feature_choice
from netspec.training.events import Epoch, Event, FeatureCache, FeatureProof, Run, Warned
from netspec.training.feature_store import FeatureStore, folder_of, remove_stale
from netspec.training.features import Features
from netspec.training.inputs import data_for
from netspec.training.run_folder import FEATURES
from netspec.training.run_lock import run_lock
from netspec.weights import digest, read_weights
from tests.training.helpers import StopAfter, numbers, of

SAMPLES, SIDE, CLASSES = 30, 8, 3


def conv(name: str, channels: int = 4, **more: Any) -> dict[str, Any]:
    return {"type": "conv2d", "name": name, "out_channels": channels, "kernel_size": 3, "padding": 1, **more}


def layer(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "name": name, **more}


TRUNK = [conv("c1"), layer("batch_norm", "b1"), layer("relu", "r1"), conv("c2"), layer("relu", "r2")]
HEAD = [layer("global_avg_pool", "pool"), layer("dropout", "drop", p=0.3), layer("linear", "head", out_features=CLASSES)]


def spec_of(layers: list[dict[str, Any]] | None = None, *, cache: str = "auto", **sections: Any) -> netspec.Spec:
    transfer = {"freeze_to": "r2", "cache": cache, **sections.pop("transfer", {})}
    train = {"batch_size": 8, "epochs": 3, "validation_split": 0.2, **sections.pop("train", {})}
    optimizer = sections.pop("optimizer", {"type": "adam", "lr": 0.01})
    return netspec.Spec.model_validate({
        "name": "small", "input": {"shape": [2, SIDE, SIDE]}, "layers": layers or TRUNK + HEAD,
        "loss": {"type": "cross_entropy"}, "transfer": transfer, "train": train,
        **({"optimizers": optimizer} if isinstance(optimizer, list) else {"optimizer": optimizer}), **sections,
    })  # fmt: skip


def make_data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    return rng.normal(size=(SAMPLES, 2, SIDE, SIDE)), rng.integers(0, CLASSES, SAMPLES)


def trained(spec: netspec.Spec, folder: Path | None = None, data: Any = None, **options: Any) -> list[Event]:
    return list(netspec.train(spec, data or make_data(), folder, **options))


def said(events: list[Event]) -> str:
    (text,) = [note for note in of(events, Run)[0].notes if note.startswith("frozen-prefix cache")]
    return str(text)


def served(events: list[Event]) -> list[int | None]:
    return [event.from_cache for event in of(events, Epoch)]


CASES: dict[str, dict[str, Any]] = {
    "plain": {},
    "float64, a last batch left out": {"train": {"dtype": "float64", "last_batch": "drop"}},
    "accumulation": {"train": {"gradient_accumulation_steps": 2}},
    "lanes": {"optimizer": [{"type": "sgd", "lr": 0.1, "momentum": 0.9}, {"type": "adam", "lr": 0.01}]},
    "no validation, and the training part evaluated": {"train": {"validation_split": 0.0, "evaluate_train": True}},
    "a branch that reads the input": {"layers": [
        *TRUNK, layer("concat", "both", inputs=["r2", "input"]), conv("c3"), *HEAD,
    ]},
    "a loss that compares with the input": {
        "layers": [*TRUNK, conv("c3", 2)], "loss": {"type": "mse", "target": "input"}, "metrics": ["mae"],
    },
    "layers are unfrozen": {"train": {"epochs": 5}, "transfer": {"unfreeze": [{"at_epoch": 2, "to": "c2"}]}},
}  # fmt: skip


def spec_of_case(name: str, cache: str) -> netspec.Spec:
    sections = dict(CASES[name])
    return spec_of(sections.pop("layers", None), cache=cache, **sections)


@pytest.mark.parametrize("name", CASES)
def test_a_run_with_the_cache_is_the_run_without(name: str, tmp_path: Path) -> None:
    with_cache = trained(spec_of_case(name, "memory"), tmp_path / "memory", threads=1)
    trained(spec_of_case(name, "off"), tmp_path / "off")
    assert comparable(tmp_path / "memory") == comparable(tmp_path / "off")
    assert max(count or 0 for count in served(with_cache)) > 0
    assert [event.identical for event in of(with_cache, FeatureProof)] == [True] * (2 if "unfrozen" in name else 1)


def comparable(folder: Path) -> list[dict[str, Any]]:
    return [line for line in numbers(folder) if line.get("stage") != FeatureCache.subtype]


def test_the_first_epoch_computes_and_the_next_ones_do_not(tmp_path: Path) -> None:
    assert served(trained(spec_of(), tmp_path / "auto")) == [0, 24, 24]
    assert served(trained(spec_of(cache="off"), tmp_path / "off")) == [None] * 3


def test_a_run_resumed_inside_an_epoch_equals_the_uninterrupted_one(tmp_path: Path) -> None:
    spec = spec_of(train={"shuffle": "once"})
    trained(spec, tmp_path / "whole")
    trained(spec, tmp_path / "parts", stop=StopAfter(4))
    again = list(netspec.train(spec, make_data(), resume=tmp_path / "parts"))
    assert numbers(tmp_path / "parts") == numbers(tmp_path / "whole")
    assert served(again) == [0, 16]  # what the first part had computed of the second epoch is computed anew in the third


def test_each_stage_has_a_cache_of_its_own(tmp_path: Path) -> None:
    events = trained(spec_of_case("layers are unfrozen", "memory"), tmp_path / "run")
    (told,) = of(events, FeatureCache)
    assert (told.epoch, told.place, told.layers, told.cut) == (2, "memory", 3, ["r1"])
    assert said(events) == "frozen-prefix cache: c1 … pool → 4 numbers a sample, 480 B in memory"
    assert told.message == "frozen-prefix cache: c1 … r1 → 256 numbers a sample, 30.0 KiB in memory"
    assert served(events) == [0, 24, 0, 24, 24]


def test_features_on_disk_are_there_while_the_run_trains_and_gone_when_it_ends(tmp_path: Path) -> None:
    events = netspec.train(spec_of(cache="disk"), make_data(), tmp_path / "run")
    seen = [len(list(folder_of(tmp_path / "run").glob("*.npy"))) for event in events if isinstance(event, Epoch)]
    assert seen == [2, 2, 2]
    assert not folder_of(tmp_path / "run").exists()


def test_features_on_disk_go_with_a_run_that_nobody_reads_to_its_end(tmp_path: Path) -> None:
    events = netspec.train(spec_of(cache="disk"), make_data(), tmp_path / "run")
    next(event for event in events if isinstance(event, Epoch))
    assert folder_of(tmp_path / "run").exists()
    events.close()  # type: ignore[attr-defined]
    assert not folder_of(tmp_path / "run").exists()


def test_a_run_that_goes_on_removes_what_a_killed_process_left(tmp_path: Path) -> None:
    trained(spec_of(), tmp_path / "run", stop=StopAfter(4))
    folder_of(tmp_path / "run").mkdir()
    (folder_of(tmp_path / "run") / "train-0.npy").write_bytes(b"left")
    next(iter(netspec.train(spec_of(cache="off"), make_data(), resume=tmp_path / "run")))
    assert not folder_of(tmp_path / "run").exists()


def test_only_what_dead_runs_left_behind_is_removed(tmp_path: Path) -> None:
    for name, lock in (("dead", True), ("held", True), ("project", False), ("own", True)):
        (tmp_path / name / FEATURES).mkdir(parents=True)
        (tmp_path / name / FEATURES / "train-0.npy").write_bytes(b"x")
        if lock:
            (tmp_path / name / "lock.json").write_text("{}")
    (tmp_path / "dead" / FEATURES / "notes.txt").write_text("mine")
    with run_lock(tmp_path / "held" / "running.pid"):
        assert remove_stale(tmp_path / "own") == [tmp_path / "dead"]
    left = sorted(str(file.relative_to(tmp_path)) for file in tmp_path.glob(f"*/{FEATURES}/*"))
    kept = [f"dead/{FEATURES}/notes.txt", *(f"{name}/{FEATURES}/train-0.npy" for name in ("held", "own", "project"))]
    assert left == kept


def test_a_store_gives_back_what_it_was_given_in_memory_and_on_disk(tmp_path: Path) -> None:
    values = {"a": np.random.default_rng(0).normal(size=(3, 2, 2)).astype(np.float32), "b": np.ones((3, 1), np.float32)}
    rows = np.array([4, 0, 2])
    for file in (None, tmp_path / "features" / "train-"):
        store = FeatureStore({"a": (2, 2), "b": (1,)}, 5, np.float32, file)
        assert not store.has(rows)
        store.put(rows, values)
        assert store.has(rows)
        assert not store.has(np.array([0, 1]))
        assert store.take(rows[::-1])["a"].tobytes() == values["a"][::-1].tobytes()


def test_values_that_differ_from_direct_computation_end_the_cache_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    direct = Features.direct

    def wrong_at_first(self: Features, batch: Any) -> dict[str, np.ndarray]:
        values = direct(self, batch)
        if self._training.position.epoch == 0:
            values["pool"] = np.nextafter(values["pool"], np.float32(9))
        return values

    monkeypatch.setattr(Features, "direct", wrong_at_first)
    events = trained(spec_of(cache="disk"), tmp_path / "run")
    assert [event.identical for event in of(events, FeatureProof)] == [False]
    (warning,) = of(events, Warned)
    assert "the values of pool from kept features are not those computed directly" in warning.message
    assert served(events) == [0, None, None]
    assert not folder_of(tmp_path / "run").exists()


def test_after_nan_the_bundle_holds_the_samples_not_their_features(tmp_path: Path) -> None:
    spec = spec_of([*TRUNK, layer("flatten", "flat"), layer("linear", "head", out_features=CLASSES)],
                   optimizer={"type": "sgd", "lr": 1e30}, loss={"type": "mse"})  # fmt: skip
    x, _ = make_data()
    with np.errstate(all="ignore"):
        events = trained(spec, tmp_path / "run", (x, np.ones((SAMPLES, CLASSES))))
    end = events[-1]
    assert end.reason == "nan"  # type: ignore[attr-defined]
    batch = read_weights(tmp_path / "run" / end.bundle / "batches.npz").tensors  # type: ignore[attr-defined]
    rows = batch["index0"]
    data = data_for(spec, (x, np.ones((SAMPLES, CLASSES))))
    assert digest({"x": batch["x0"]}) == digest({"x": data.train.x[rows].astype(np.float32)})


@pytest.mark.parametrize(("change", "words"), [
    ({"transfer": {"freeze_to": None, "freeze": ["c2"]}}, "no layer at the front is frozen for good"),
    ({"transfer": {"bn": "train"}}, "takes 18 multiply-adds for each of the 256 numbers"),
    ({"train": {"epochs": 1}}, "each sample is trained on only once"),
    ({"layers": [layer("dropout", "d0"), *TRUNK, *HEAD], "transfer": {"freeze_to": None, "freeze": ["c*", "b1"]}},
     "layers that learn, draw random numbers or take statistics"),
])  # fmt: skip
def test_where_nothing_is_kept_the_reason_is_told(change: dict[str, Any], words: str, tmp_path: Path) -> None:
    sections = dict(change)
    events = trained(spec_of(sections.pop("layers", None), **sections), tmp_path / "run", limit_batches=1)
    assert said(events).startswith("frozen-prefix cache: off, as ")
    assert words in said(events)
    assert served(events)[0] is None


def test_augmentation_switches_the_cache_off_and_asking_for_it_gets_a_warning(tmp_path: Path) -> None:
    for cache, where in (("auto", "notes"), ("memory", "warnings")):
        data = replace(data_for(spec_of(), make_data()), augment=(Flip(),))
        events = trained(spec_of(cache=cache), tmp_path / cache, data, limit_batches=1)
        assert any("augment varies the samples anew in each epoch" in text for text in getattr(of(events, Run)[0], where))
        assert served(events)[0] is None


def test_nothing_is_said_of_a_network_in_which_nothing_is_frozen(tmp_path: Path) -> None:
    events = trained(spec_of(transfer={"freeze_to": None}), tmp_path / "run", limit_batches=1)
    assert not [note for note in of(events, Run)[0].notes if "cache" in note]


def test_auto_takes_the_disk_where_memory_is_short_and_nothing_where_both_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feature_choice, "available_bytes", lambda: 600)
    assert said(trained(spec_of(), tmp_path / "run")).endswith("4 numbers a sample, 480 B on disk")
    usage = type("Usage", (), {"free": 700})
    monkeypatch.setattr(feature_choice.shutil, "disk_usage", lambda path: usage)
    assert "480 B are needed, and 600 B of memory and 700 B on the disk are free" in said(trained(spec_of(), tmp_path / "b"))
    warned = of(trained(spec_of(cache="memory"), tmp_path / "c"), Run)[0].warnings
    assert '[transfer] cache = "memory": nothing is kept, as 480 B are needed and 600 B of memory are free' in warned[0]


def test_a_cheap_prefix_is_kept_only_when_asked_for(tmp_path: Path) -> None:
    cheap = {"transfer": {"freeze_to": "r1"}}
    assert "18 multiply-adds for each of the 256 numbers" in said(trained(spec_of(**cheap), tmp_path / "auto"))
    assert "in memory" in said(trained(spec_of(cache="memory", **cheap), tmp_path / "memory"))
