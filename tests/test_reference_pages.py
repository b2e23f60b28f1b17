"""The pages of layers and of the other plug-ins are those of the code, and their examples are specs."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import netspec
from netspec.layers.base import Shape
from netspec.reference import BASES
from netspec.reference_pages import TITLES, describe_reach, reference_pages
from netspec.registry import plugins
from tests.kit.doc_examples import doc_examples
from tests.kit.networks import spec_of
from tests.test_docs import ROOT, blocks

DOCS = ROOT / "docs"


@cache
def pages() -> dict[str, str]:
    return reference_pages(doc_examples())


def test_the_pages_are_current(update_golden: bool) -> None:
    for name, text in pages().items():
        path = DOCS / name
        if update_golden:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        assert path.is_file(), f"docs/{name} is missing: run `python docs/update.py`"
        assert path.read_text(encoding="utf-8") == text, f"docs/{name} is old: run `python docs/update.py`"
    written = {f"layers/{path.name}" for path in (DOCS / "layers").glob("*.md")}
    assert written <= pages().keys(), "pages of layers that are no longer there: run `python docs/update.py`"


def test_every_type_of_every_family_has_its_place_and_all_its_keys() -> None:
    assert set(TITLES) | {"layers"} == set(BASES)
    for name, plugin in plugins("netspec.layers").items():
        text = pages()[f"layers/{name}.md"] + pages()["layers/README.md"]
        assert set(plugin.model_fields) - {"type"} <= set(re.findall(r"`(\w+)`", text))
        assert f"[{name}]({name}.md)" in pages()["layers/README.md"]
    for family in TITLES:
        text = next(page for page in pages().values() if f"\n# {TITLES[family]}\n" in page)
        for name, plugin in plugins(f"netspec.{family}").items():
            assert f"\n## {name}\n" in text
            assert set(plugin.model_fields) - {"type"} <= set(re.findall(r"`(\w+)`", text))


@pytest.mark.parametrize("name", plugins("netspec.layers"))
def test_the_example_of_a_layer_is_a_spec_that_gives_what_the_page_says(name: str) -> None:
    page = pages()[f"layers/{name}.md"]
    examples = blocks(page, "toml")
    assert len(examples) == 1, "a layer with a battery has an example"
    spec = netspec.Spec.model_validate(tomllib.loads(examples[0]))
    report = netspec.analyze(spec)
    assert report.ok
    assert name in [layer.type_name() for layer in spec.layers]
    assert f"→ {list(report.table[0].output_shape or ())}" in page


@pytest.mark.parametrize(("layer", "shape", "told"), [
    ({"type": "relu"}, (2, 8, 8), "the receptive field stays"),
    ({"type": "conv2d", "out_channels": 1, "kernel_size": [3, 5], "stride": 2}, (2, 8, 8),
     "3 × 5 pixels, its neighbour one that begins 2 further"),
    ({"type": "conv_transpose2d", "out_channels": 1, "kernel_size": 4, "stride": 2}, (2, 8, 8),
     "2 × 2 pixels, its neighbour one that begins 1/2 further"),
    ({"type": "linear", "out_features": 3}, (2, 8, 8), "may read the whole picture"),
    ({"type": "permute", "axes": [1, 0, 2]}, (2, 8, 8), "does not follow from its place"),
])  # fmt: skip
def test_how_a_layer_widens_the_receptive_field_is_told(layer: dict[str, Any], shape: Shape, told: str) -> None:
    (made,) = spec_of([layer], list(shape)).layers
    assert told in describe_reach(made, [shape], made.infer_shape([shape]))


def test_links_between_pages_lead_somewhere() -> None:
    for name, text in pages().items():
        for target in re.findall(r"\]\(([^)#]+\.md)\)", text):
            assert (DOCS / name).parent.joinpath(target).resolve().is_relative_to(Path(DOCS).resolve())
            assert (DOCS / name).parent.joinpath(target).is_file(), f"{name}: {target}"
