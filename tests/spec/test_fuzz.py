"""Whatever stands in a file: a Spec or a SpecError, never another exception."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netspec.loading import read
from netspec.problems import Problem
from netspec.spec.marks import locate
from netspec.spec.source import Source
from netspec.spec.toml_reader import find_places

FOLDER = Path(__file__).parent / "invalid"
SEEDS = [path.read_bytes() for path in sorted(FOLDER.glob("*.[tj]*o[mn]*")) if path.suffix in (".toml", ".json")]
FAST = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
SNIPPETS = [
    b"[[layers]]\n", b"[layers]\n", b"[[a.b]]\n", b'"${', b'}"', b"{", b"}", b"[", b"]", b'"', b"'''", b"\x00", b"\xff",
    b"\r", b"\r\n", b"\xef\xbb\xbf", b"\\ud800", b"nan", b"1e999", b"-", b"=", b"#", b"a.b.c = 1\n", b"${index}",
    b'type = "block"\n', b'extends = "."\n', b"when = true\n", b"inputs = [1]\n", b"\xe2\x80\xa8", b"\x0b", b"\x85",
]  # fmt: skip


def check(path: Path, data: bytes, overrides: tuple[str, ...] = ()) -> None:
    path.write_bytes(data)
    document = read(path, overrides)
    assert document.spec is not None or any(problem.severity == "error" for problem in document.problems)
    for problem in document.problems:
        assert isinstance(problem, Problem)
        assert problem.message
        problem.render().encode()
        assert problem.as_dict()["code"] == problem.code
        if problem.span is not None and problem.span.line:
            assert 1 <= problem.span.column <= len(problem.span.text) + 1
            assert problem.span.column <= problem.span.end_column


@FAST
@given(data=st.binary(max_size=200), suffix=st.sampled_from([".toml", ".json"]))
def test_any_bytes_give_a_spec_or_a_spec_error(tmp_path: Path, data: bytes, suffix: str) -> None:
    check(tmp_path / f"spec{suffix}", data)


@FAST
@given(
    data=st.sampled_from(SEEDS),
    cuts=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), st.sampled_from(SNIPPETS)), min_size=1, max_size=4),
    suffix=st.sampled_from([".toml", ".json"]),
)
def test_any_damage_to_a_spec_gives_a_spec_or_a_spec_error(
    tmp_path: Path, data: bytes, cuts: list[tuple[float, int, bytes]], suffix: str
) -> None:
    for place, length, snippet in cuts:
        start = int(place * len(data))
        data = data[:start] + snippet + data[start + length :]
    check(tmp_path / f"spec{suffix}", data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["relu", "conv2d", "block", "input", "a", "${a}", "${index + 1}", "layers"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["name", "type", "inputs", "layers", "input", "shape", "blocks", "block", "variables", "a",
                         "repeat", "first", "when", "output", "parameters", "required", "optimizer", "optimizers",
                         "loss", "metrics", "train", "transfer", "freeze", "outputs", "remove", "dialect", "data"]),
        inner, max_size=5,
    ),
    max_leaves=25,
)  # fmt: skip


@FAST
@given(value=JSON)
def test_any_tree_gives_a_spec_or_a_spec_error(tmp_path: Path, value: object) -> None:
    import json

    check(tmp_path / "spec.json", json.dumps(value).encode())


@FAST
@given(
    text=st.text(max_size=40) | st.from_regex(r"(layers|input|optimizer)(\.[a-z0-9]{1,5}){0,3}=.{0,10}", fullmatch=True)
)
def test_any_override_gives_a_spec_or_a_spec_error(tmp_path: Path, text: str) -> None:
    data = b'[input]\nshape = [4]\n[[layers]]\nname = "a"\ntype = "relu"\n[optimizer]\ntype = "sgd"\n'
    check(tmp_path / "spec.toml", data, (text,))


@FAST
@given(data=st.sampled_from(SEEDS), cut=st.floats(0, 1))
def test_places_are_found_in_broken_text(data: bytes, cut: float) -> None:
    text = data.decode(errors="replace")
    find_places(Source("x.toml", text[: int(cut * len(text))], "toml", Path()))


def test_places_of_all_values_hold_the_text_of_the_value(tmp_path: Path) -> None:
    text = 'a = 1\n[b.c]\nd = [10, "é", { e = true }]\n[[f]]\n"g.h" = -2.5\ni.j = 3\n'
    (tmp_path / "x.toml").write_text(text)
    from netspec.spec.reader import read_tree
    from netspec.spec.source import read_source

    tree = read_tree(read_source(tmp_path / "x.toml"))
    places = {
        ("a",): "1", ("b", "c", "d", 0): "10", ("b", "c", "d", 1): '"é"', ("b", "c", "d", 2, "e"): "true",
        ("f", 0, "g.h"): "-2.5", ("f", 0, "i", "j"): "3",
    }  # fmt: skip
    for path, expected in places.items():
        span = locate(tree, path)
        assert span is not None
        assert span.text[span.column - 1 : span.end_column - 1] == expected
