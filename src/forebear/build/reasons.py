"""Pure: the words for why an image is built: each names the input that changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forebear.build.context import changes
from forebear.build.key import Input, Inputs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WORDS = {
    "dockerfile": "its Dockerfile",
    "name": "the path of its Dockerfile",
    "target": "its target stage",
    "platform": "its platform",
    "epoch": "its epoch",
}


def reasons(context: str, before: Inputs, now: Inputs) -> tuple[str, ...]:
    """What differs between the inputs an image was made of and those of today.

    `context` is the context's path as messages show it. The result is empty exactly where the keys are equal.
    """
    if before.key == now.key:
        return ()
    found = (*_own(before.own, now.own), *_context(context, before, now), *_bases(before.bases, now.bases))
    return found or ("the format of keys changed",)


def _own(before: Sequence[Input], now: Sequence[Input]) -> Iterator[str]:
    was = {(i.kind, i.name): i.value for i in before}
    for each in now:
        old = was.pop((each.kind, each.name), None)
        if old is None:
            yield f"{_word(each)} is new"
        elif old != each.value:
            yield f"{_word(each)} changed{_values(each, old)}"
    yield from (f"{_word(Input(kind, name, value))} is gone" for (kind, name), value in was.items())


def _word(each: Input) -> str:
    if each.kind == "arg":
        return f"build argument {each.name}"
    return f"label {each.name}" if each.kind == "label" else _WORDS.get(each.kind, each.kind)


def _values(each: Input, old: str) -> str:
    return f" from {old or 'none'} to {each.value or 'none'}" if each.kind in ("target", "platform", "epoch") else ""


def _context(context: str, before: Inputs, now: Inputs) -> Iterator[str]:
    if before.context != now.context:
        words = changes(before.files, now.files)
        yield from (f"context file {context}/{word}" for word in words)
        if not words:
            yield f"a file of {context} changed"


def _bases(before: Sequence[Input], now: Sequence[Input]) -> Iterator[str]:
    was = {base.name: base for base in before}
    for base in now:
        old = was.pop(base.name, None)
        if old is None or old.value != base.value or old.kind != base.kind:
            yield _base_changed(old, base)
    yield from (f"it no longer uses {alias}" for alias in was)


def _base_changed(old: Input | None, now: Input) -> str:
    name, identity = now.value.rsplit(" ", 1)
    if old is None:
        return f"it now uses {name} as {now.name}"
    old_name, old_identity = old.value.rsplit(" ", 1)
    if old.kind != now.kind or old_name != name:
        return f"it now {f'uses {name} as {now.name}' if now.name else f'starts from {name}'}, not {old_name}"
    if now.kind == "upstream":
        return f"upstream {name} moved from {old_identity} to {identity}"
    return f"parent {name} changed"
