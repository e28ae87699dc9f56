from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from forebear.errors import Place
from forebear.lineage.graph import Family
from forebear.lineage.packed import pack, unpack
from forebear.lineage.reader import read

from .texts import families, lineage


@given(families())
def test_what_was_packed_comes_out_equal(family: dict[str, Any]) -> None:
    found = read(json.dumps(family, ensure_ascii=False).encode())
    order = Family(found).order
    assert unpack(pack(found, order)) == (found, order)


def test_nothing_of_what_comes_out_can_be_changed() -> None:
    found = lineage("  a: {from: scratch, vars: {x: [{y: 1.5}], z: {}}}\n")
    image = unpack(pack(found, ("a",)))[0].images["a"]
    assert image == found.images["a"]
    inner: Any = image.vars
    for mapping in (inner, inner["x"][0], inner["z"]):
        with pytest.raises(TypeError):
            mapping["new"] = 1


def test_places_are_found_by_what_is_handed_in() -> None:
    found = lineage("  a: {from: scratch}\n")
    image = unpack(pack(found, ("a",)), lambda path: Place("f", len(path)))[0].images["a"]
    assert image.place_of("vars.x") == Place("f", 4)
