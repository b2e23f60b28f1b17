"""Hints on transfer learning follow the numbers, and a training with [transfer] begins with one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import netspec
from netspec.training.advice import Facts, advise, note
from netspec.training.events import Run
from netspec.weights import write_weights
from tests.kit.networks import CROSS_ENTROPY, SGD, spec_of
from tests.training.helpers import of

LAYERS = [
    {"name": "fc1", "type": "linear", "out_features": 4},
    {"name": "relu", "type": "relu"},
    {"name": "fc2", "type": "linear", "out_features": 2},
]  # fmt: skip


def messages(**changes: int) -> list[str]:
    facts = {"samples": 240, "classes": 2, "parameters": 10_000, "trainable": 500, "pretrained": 9_500, **changes}
    return [f"{advice.message}; {advice.remedy}" for advice in advise(Facts(**facts))]


@pytest.mark.parametrize(("samples", "words"), [
    (240, "120 samples a class are little (below 500); 5 % of the parameters learn; if they are like those of the "
          "pretraining, train the new head alone (freeze the rest); if not, put the head on earlier layers"),
    (2400, "neither little nor much"),
    (24_000, "fine-tune all layers at a small rate; if not, train from scratch, too, and compare"),
])  # fmt: skip
def test_the_strategy_follows_the_amount_of_data_and_names_both_kinds_of_tasks(samples: int, words: str) -> None:
    (told,) = messages(samples=samples)
    assert words in told.replace("\N{NARROW NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(("samples", "plan", "words"), [
    (240, {"in_the_end": 500}, "5 % of the parameters learn; the new head alone, as this spec does, suits"),
    (240, {"in_the_end": 10_000}, "5 % of the parameters learn at first, 100 % in the end; when more than the head learns"),
    (2400, {"in_the_end": 10_000}, "the head first, then more, as this spec does"),
    (2400, {"in_the_end": 500}, "train the head first, then unfreeze"),
    (24_000, {"in_the_end": 10_000}, "all layers learn, as suits samples like those of the pretraining"),
    (24_000, {"in_the_end": 500}, "fine-tune all layers at a small rate"),
])  # fmt: skip
def test_what_the_spec_does_is_not_advised_again(samples: int, plan: dict[str, int], words: str) -> None:
    assert words in messages(samples=samples, head_first=True, **plan)[0]


def test_without_pretrained_weights_there_is_no_strategy_but_crowding_is_told() -> None:
    assert messages(pretrained=0) == []
    assert "begin with pretrained weights" in messages(pretrained=0, trainable=240 * 101)[0]
    assert "freeze more layers" in messages(trainable=240 * 101)[1]


def test_a_source_smaller_than_the_target_is_told() -> None:
    assert "trained on 60 samples, fewer than your 240" in messages(source_samples=60)[1]
    assert len(messages(source_samples=1000)) == 1


def test_the_note_is_called_a_hint_and_a_regression_has_no_classes() -> None:
    facts = Facts(samples=240, classes=None, parameters=10, trainable=1, pretrained=9)
    assert note(facts).startswith("hint: 240 samples are little")


def test_a_training_with_transfer_begins_with_the_hint(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    data = rng.normal(size=(12, 5)).astype("f4"), np.arange(12) % 2
    plain = spec_of(LAYERS, [5], loss=CROSS_ENTROPY, optimizer=SGD, train={"epochs": 1})
    write_weights(tmp_path / "w.npz", netspec.compile(plain).parameters)
    transfer = {"weights": str(tmp_path / "w.npz"), "freeze": ["fc1"], "replace": ["fc2"]}
    tuned = plain.model_copy(update={"transfer": None}).model_validate({**plain.model_dump(), "transfer": transfer})
    notes = of(list(netspec.train(tuned, data, tmp_path / "run")), Run)[0].notes
    share = "6 samples a class are little (below 500); 29.4 % of the parameters learn"
    wanted = f"hint: {share}: the new head alone, as this spec does"
    assert any(text.startswith(wanted) for text in notes)
    notes = of(list(netspec.train(plain, data, tmp_path / "plain", weights=tmp_path / "w.npz")), Run)[0].notes
    assert not any(text.startswith("hint") for text in notes)
