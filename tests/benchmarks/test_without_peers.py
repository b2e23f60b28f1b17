"""Without the extra `peers` the races end with one line."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import pytest

from benchmarks import __main__ as table
from benchmarks import growth, linear, scaling


@pytest.mark.parametrize("main", [table.main, linear.main, scaling.main, growth.main])
def test_a_race_without_pytorch_says_how_to_get_it(
    main: Callable[[list[str]], int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2
    assert capsys.readouterr() == ("", "needs PyTorch: pip install -e '.[peers]'\n")
