"""Why a file may not fit is told from names and shapes, with the lines to write."""

from __future__ import annotations

import pytest

from netspec.transfer.reasons import likely_reason

HERE = {"conv.weight": (4, 3, 3, 3), "bn.weight": (4,), "bn.running_var": (4,), "fc.weight": (2, 4), "fc.bias": (2,)}
NEW = "put layers that are new under [transfer] replace, or take what fits with strict = false there"


def renamed(old: str, new: str) -> dict[str, tuple[int, ...]]:
    return {name.replace(old, new): shape for name, shape in HERE.items()}


@pytest.mark.parametrize(
    ("wanted", "found", "reason"),
    [
        (
            {f"net.{name}": shape for name, shape in HERE.items()}, HERE,
            'its names lack "net.": [transfer] rename = { "*" = "net.*" }',
        ),
        (
            HERE, {f"my.net.{name}": shape for name, shape in HERE.items()} | {"my.head.weight": (9,)},
            'its names begin with "my.net.": [transfer] rename = { "my.net.*" = "*" }',
        ),
        (
            HERE, renamed("fc", "linear"),
            f'if they only have other names: [transfer] rename = {{ "linear" = "fc" }}; else {NEW}',
        ),
        (HERE, {**HERE, "fc.weight": (9, 4), "fc.bias": (9,)}, 'to begin with new values there: [transfer] replace = ["fc"]'),
        (HERE, {name: shape for name, shape in HERE.items() if name != "fc.bias"}, NEW),
        (HERE, {**renamed("fc", "linear"), "linear.weight": (9, 9)}, NEW),
        (
            HERE, {f"{place}.w": shape for place, shape in enumerate(HERE.values())},
            "the shapes agree, only the names differ (0.w, 1.w there, conv.weight, bn.weight here): give them with "
            "[transfer] rename",
        ),
        (
            HERE, {"conv.weight": (9, 9), "other": (4,)},
            "1 of the 5 shapes here are in the file (conv.weight, other there, conv.weight, bn.weight here): is it of "
            "another network?",
        ),
        (HERE, {}, "0 of the 5 shapes here are in the file (it holds none): is it of another network?"),
    ],
)  # fmt: skip
def test_the_reason_is_told_with_the_line_to_write(
    wanted: dict[str, tuple[int, ...]], found: dict[str, tuple[int, ...]], reason: str
) -> None:
    assert likely_reason(wanted, found) == reason


def test_weights_to_evaluate_get_another_remedy() -> None:
    other = {**HERE, "fc.weight": (9, 4), "fc.bias": (9,)}
    assert likely_reason(HERE, other, "give the right ones") == "give the right ones"
