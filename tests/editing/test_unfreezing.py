"""Stages of training are edited where they stand, and what names layers in [transfer] follows names and removals."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec import editing
from netspec.editing import EditError
from netspec.spec.source import Source
from tests.editing.helpers import changes, edited, values, with_text

TEXT = """\
# two stages
input.shape = [4]
layers = [
  { name = "a", type = "linear", out_features = 4 },
  { name = "b", type = "linear", out_features = 4 },
  { name = "c", type = "linear", out_features = 4 },
]

[transfer]
freeze_to = "b"   # the backbone
unfreeze = [   # from the head down
  { at_epoch = 2, to = "b", lr_mult = 0.1 },   # first
  { at_epoch = 4, to = "input" },
]
rates = [{ layers = ["a", "b*"], lr_mult = 0.5 }]
discriminative = { factor = 0.4, stages = ["a", "b", "c"] }
"""
TOML = Source("chain.toml", TEXT, "toml", Path())
JSON = Source(
    "chain.json",
    '{\n  "transfer": {\n    "freeze": ["a"],\n    "unfreeze": [\n      { "at_epoch": 2, "to": "b" },\n'
    '      { "at_epoch": 4, "to": "input" }\n    ]\n  }\n}\n',
    "json",
    Path(),
)
TABLES = with_text(TOML, '[transfer]\n[[transfer.unfreeze]]   # one\nat_epoch = 2\nto = "b"\n\n[train]\nepochs = 9\n')


def stages(source: Source) -> list[dict[str, object]]:
    found: list[dict[str, object]] = editing.outline(source).transfer.get("unfreeze", [])
    return found


@pytest.mark.parametrize("source", [TOML, JSON], ids=["toml", "json"])
def test_a_new_stage_stands_in_the_order_of_the_epochs_and_costs_one_line(source: Source) -> None:
    after = edited(source, editing.add_unfreeze, {"at_epoch": 3, "to": "a", "lr_mult": 0.5})
    assert [stage["at_epoch"] for stage in stages(after)] == [2, 3, 4]
    gone, came = changes(source, after)
    assert (gone, len(came)) == ([], 1)
    assert changes(source, edited(after, editing.remove_unfreeze, 1)) == ([], [])


def test_setting_a_stage_changes_its_line_alone_and_keeps_its_comment() -> None:
    after = edited(TOML, editing.set_unfreeze, 0, {"at_epoch": 3, "to": "c", "lr_mult": None})
    assert changes(TOML, after) == (
        ['  { at_epoch = 2, to = "b", lr_mult = 0.1 },   # first'],
        ['  { at_epoch = 3, to = "c" },   # first'],
    )


def test_stages_written_as_sections_are_edited_as_sections() -> None:
    after = edited(TABLES, editing.add_unfreeze, {"at_epoch": 5, "to": "input"})
    assert changes(TABLES, after) == ([], ["[[transfer.unfreeze]]", "at_epoch = 5", 'to = "input"', ""])
    assert changes(TABLES, edited(TABLES, editing.set_unfreeze, 0, {"at_epoch": 1})) == (["at_epoch = 2"], ["at_epoch = 1"])


def test_the_first_stage_makes_the_section_and_the_last_one_takes_the_list_with_it() -> None:
    bare = with_text(TOML, 'name = "x"\n')
    after = edited(bare, editing.add_unfreeze, {"at_epoch": 1, "to": "a"})
    assert stages(after) == [{"at_epoch": 1, "to": "a"}]
    assert values(edited(after, editing.remove_unfreeze, 0).text, "toml") == {"name": "x"}


@pytest.mark.parametrize(
    ("place", "given", "why"),
    [(0, {"at_epoch": 4}, "the next stage begins after 4"), (1, {"at_epoch": 2}, "the stage before begins after 2"),
     (0, {"at_epoch": 0}, "at least 1 epoch"), (2, {"to": "a"}, "there is no stage 3")],
)  # fmt: skip
def test_stages_keep_their_order(place: int, given: dict[str, object], why: str) -> None:
    with pytest.raises(EditError, match=why):
        editing.set_unfreeze(TOML, place, given)


def test_two_stages_cannot_begin_at_one_epoch() -> None:
    with pytest.raises(EditError, match="a stage begins after 4 epochs already"):
        editing.add_unfreeze(TOML, {"at_epoch": 4, "to": "a"})


def test_an_inherited_list_is_copied_before_it_is_changed(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(TEXT, encoding="utf-8")
    child = Source("child.toml", 'extends = "base.toml"\n', "toml", tmp_path)
    after = edited(child, editing.set_unfreeze, 1, {"at_epoch": 6})
    assert [(stage["at_epoch"], stage["to"]) for stage in stages(after)] == [(2, "b"), (6, "input")]


def test_every_name_in_transfer_follows_a_renamed_layer() -> None:
    found = editing.outline(edited(TOML, editing.rename, "b", "body")).transfer
    assert found["unfreeze"][0] == {"at_epoch": 2, "to": "body", "lr_mult": 0.1}
    assert found["rates"][0]["layers"] == ["a", "b*"]  # the glob still means it, and nothing else
    assert found["discriminative"]["stages"] == ["a", "body", "c"]
    assert found["freeze_to"] == "body"


def test_a_stage_whose_layer_goes_begins_at_the_layer_behind_it_and_patterns_of_nothing_go() -> None:
    after = edited(TOML, editing.remove_layers, ["b"])
    found = editing.outline(after).transfer
    assert found["unfreeze"] == [{"at_epoch": 2, "to": "c", "lr_mult": 0.1}, {"at_epoch": 4, "to": "input"}]
    assert found["rates"] == [{"layers": ["a"], "lr_mult": 0.5}]
    assert found["discriminative"]["stages"] == ["a", "c"]


def test_rates_of_layers_that_are_all_gone_go() -> None:
    after = edited(with_text(TOML, TEXT.replace('"a", "b*"', '"a"')), editing.remove_layers, ["a"])
    assert "rates" not in editing.outline(after).transfer


def test_layers_are_started_anew_and_loaded_again_by_the_fewest_names() -> None:
    after = edited(TOML, editing.set_replaced, ["c"], True)
    assert changes(TOML, after) == ([], ['replace = ["c"]'])
    both = edited(after, editing.set_replaced, ["a", "c"], True)
    assert editing.outline(both).transfer["replace"] == ["c", "a"]
    globbed = with_text(TOML, TEXT.replace('freeze_to = "b"', 'replace = ["*"]\nfreeze_to = "b"'))
    assert editing.outline(edited(globbed, editing.set_replaced, ["b"], False)).transfer["replace"] == ["a", "c"]
    assert "replace" not in edited(after, editing.set_replaced, ["c"], False).text
