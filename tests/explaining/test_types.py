"""Explanations of types: every plug-in of the registry has one."""

from __future__ import annotations

import json

from netspec.explaining import explain_type, foreign_names, known_types
from netspec.reference import BASES
from netspec.registry import plugins


def test_every_type_of_every_family_is_explained_with_all_its_keys() -> None:
    for family in BASES:
        for name, plugin in plugins(f"netspec.{family}").items():
            found = [item for item in explain_type(name) if item.kind == BASES[family].lower()]
            assert len(found) == 1, (family, name)
            keys = {key.name for key in (*found[0].keys, *found[0].common_keys)} | {"type"}
            assert keys >= set(plugin.model_fields)
            assert found[0].doc
            json.dumps(found[0].as_dict())


def test_a_name_of_several_families_is_explained_for_each() -> None:
    shared = next(name for name, families in known_types().items() if len(families) > 1)
    assert [item.name for item in explain_type(shared)] == [shared] * len(known_types()[shared])
    assert explain_type("nothing") == ()


def test_words_of_other_frameworks_lead_to_types() -> None:
    assert foreign_names()["dense"] == ("linear",)
    assert {name for names in foreign_names().values() for name in names} <= known_types().keys()
