"""Texts for tests, and what the reader says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from forebear.errors import InputError
from forebear.lineage.reader import read

if TYPE_CHECKING:
    from forebear.lineage.model import Lineage

FEW = settings(max_examples=25, deadline=None)
MANY = settings(max_examples=100, deadline=None)
TOP = "lineage: 1\nproject: firethorn\nversion: 2.1.7\n"


def lineage(images: str, top: str = TOP) -> Lineage:
    """The lineage with `images`, the text below `images:`."""
    return read(f"{top}images:\n{images}".encode())


def chain(names: str, first: str = "docker.io/library/fedora:25") -> Lineage:
    """A lineage in which each of the names (separated by spaces) starts from the one before."""
    each = names.split()
    return lineage("".join(f"  {name}: {{from: {base}}}\n" for name, base in zip(each, [first, *each], strict=False)))


def said(text: str | bytes) -> list[str]:
    """Every message that the reader has for `text`."""
    data = text.encode() if isinstance(text, str) else text
    with pytest.raises(InputError) as caught:
        read(data)
    assert caught.value.exit_code == 2
    return [str(fault) for fault in caught.value.faults]


def said_of(images: str, top: str = TOP) -> list[str]:
    """Every message that the reader has for these images; they begin on line 5 of the usual top."""
    return said(f"{top}images:\n{images}")
