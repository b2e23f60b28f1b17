"""Whatever pieces a history is written in, it is read as it stands in the end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gui.runs.tail import News, Tail, parse


def line(number: int, **more: Any) -> bytes:
    return json.dumps({"event": "step", "step": number, "note": "ü", **more}, ensure_ascii=False).encode() + b"\n"


def read_all(tail: Tail) -> News:
    lines: list[dict[str, Any]] = []
    anew, damaged = False, 0
    while True:
        news = tail.read()
        lines = [*([] if news.starts_anew else lines), *news.lines]
        anew, damaged = anew or news.starts_anew, damaged + news.damaged
        if news.is_all:
            return News(lines, anew, damaged)


def steps(news: News) -> list[int]:
    return [line["step"] for line in news.lines]


@given(st.lists(st.integers(1, 40), max_size=30))
@settings(max_examples=60, deadline=None)
def test_however_it_is_cut_every_line_comes_once(tmp_path_factory: Any, cuts: list[int]) -> None:
    path = tmp_path_factory.mktemp("tail") / "history.jsonl"
    whole = b"".join(line(number) for number in range(12))
    tail, seen, at = Tail(path), [], 0
    for cut in [*cuts, len(whole)]:
        with path.open("ab") as stream:
            stream.write(whole[at : at + cut])
        at += cut
        seen += steps(read_all(tail))
    assert seen == list(range(12))


def test_a_file_that_is_not_there_yet_has_no_lines(tmp_path: Path) -> None:
    tail = Tail(tmp_path / "history.jsonl")
    assert tail.read() == News()
    tail.path.write_bytes(line(1))
    assert steps(tail.read()) == [1]


def test_a_history_that_was_cut_is_read_again_from_the_start(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_bytes(b"".join(line(n) for n in range(5)))
    tail = Tail(path)
    tail.read()
    path.write_bytes(b"".join(line(n) for n in range(3)))
    news = tail.read()
    assert news.starts_anew
    assert steps(news) == [0, 1, 2]


def test_a_history_that_was_cut_and_has_grown_beyond_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_bytes(b"".join(line(n, seconds=n / 7) for n in range(5)))
    tail = Tail(path)
    tail.read()
    path.write_bytes(b"".join(line(n, seconds=n / (7 if n < 3 else 11)) for n in range(9)))
    news = tail.read()
    assert news.starts_anew
    assert steps(news) == list(range(9))


def test_a_run_folder_that_was_deleted_is_told(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_bytes(line(1))
    tail = Tail(path)
    tail.read()
    path.unlink()
    assert tail.read().starts_anew
    assert tail.read() == News()


def test_damaged_lines_are_counted_and_the_others_read(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_bytes(line(1) + b'{"event": \n[1]\n' + line(2))
    news = Tail(path).read()
    assert (steps(news), news.damaged) == ([1, 2], 2)


def test_lines_end_where_the_writer_ended_them_and_nowhere_else() -> None:
    names = ["a\u2028b", "a\u2029b", "a\x85b"]
    lines, _ = parse(b"".join(line(number, note=name) for number, name in enumerate(names)))
    assert [read["note"] for read in lines] == names
    assert parse(b"") == ([], 0)
    assert parse(b"\n" + line(1)) == ([json.loads(line(1))], 1)


def test_pieces_of_damaged_lines_are_not_put_together() -> None:
    assert parse(b'{"a": 1\n"b": 2}\n') == ([], 2)
    assert parse(b'{"a": "x\ny"}\n') == ([], 2)
    assert parse(b'{"a": 1}, {"b": 2}\n{"c": 3}\n') == ([{"c": 3}], 1)
    assert parse(b'{"a": ' + b"[" * 100_000 + b"\n" + line(1)) == ([json.loads(line(1))], 1)


def test_large_files_and_long_lines_come_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_bytes(b"".join(line(n) for n in range(9000)) + line(9000, confusion=["x" * 400_000]) + line(9001))
    tail = Tail(path)
    assert not tail.read().is_all
    assert steps(read_all(Tail(path))) == list(range(9002))
