"""The line of an epoch: what stays where the terminal is narrow."""

from __future__ import annotations

from netspec.cli.epoch_table import EpochTable, Line

VALUES = dict.fromkeys(
    ("loss", "cross_entropy_loss", "running_accuracy", "val_loss", "val_cross_entropy_loss", "val_accuracy"), 0.5
)


def heading(width: int) -> str:
    found = EpochTable(3, {"adam": "adam"}, width).head(Line(1, dict(VALUES)))
    assert found is not None
    return " ".join(found.plain.split())


def test_a_narrow_terminal_keeps_the_whole_losses_then_the_metrics_of_the_validation() -> None:
    assert heading(80) == "epoch loss val loss val accuracy samples/s time"
    assert heading(48) == "epoch loss val loss samples/s time"


def test_a_column_tells_the_share_of_the_samples_that_came_from_the_frozen_prefix_cache() -> None:
    table = EpochTable(3, {"adam": "adam"}, 80)
    first, second = Line(1, {"loss": 0.5}, from_cache="0 %"), Line(2, {"loss": 0.5}, from_cache="100 %")
    found = table.head(first)
    assert found is not None
    assert found.plain.split() == ["epoch", "loss", "samples/s", "cached", "time"]
    assert [table.row("adam", line).plain.split()[3:5] for line in (first, second)] == [["0", "%"], ["100", "%"]]


def test_a_wide_terminal_shows_everything_in_its_order() -> None:
    assert heading(200) == (
        "epoch loss cross entropy loss accuracy val loss val cross entropy loss val accuracy samples/s time"
    )
