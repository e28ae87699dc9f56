"""From a Dockerfile and what is to be said otherwise in it, to the words of a template."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from forebear.importing.model import Edit

# No word goes beyond a line.
_WORDS: Final = re.compile(r"[A-Za-z0-9_.+~-]+|[^A-Za-z0-9_.+~\n-]*\n|[^A-Za-z0-9_.+~\n-]+")
# What Jinja2 would read as its own; a brace before an expression would make one with the expression's own.
_MARKS: Final = re.compile(r"\{[{%#]|\{\Z")


class Word(NamedTuple):
    """A piece of a Dockerfile, or an expression in its place."""

    text: str
    expression: bool = False

    @property
    def variable(self) -> bool:
        """Whether a value of `vars` may stand for it."""
        return not self.expression and self.text[0].isalnum()


def words(text: str, edits: Iterable[Edit]) -> tuple[Word, ...]:
    """The pieces of a text, with expressions where edits put them."""
    found: list[Word] = []
    position = 0
    for edit in sorted(edits):
        found += map(Word, _WORDS.findall(text[position : edit.start]))
        found += [Word(edit.expression, True)] if edit.expression else []
        position = edit.end
    return (*found, *map(Word, _WORDS.findall(text[position:])))


def template(found: Iterable[Word]) -> str:
    """The text of a template: what looks like Jinja2 in a Dockerfile stands in quotes."""
    parts: list[str] = []
    literal = ""
    for word in found:
        if word.expression:
            parts += [_literal(literal, before=True), f"{{{{ {word.text} }}}}"]
            literal = ""
        else:
            literal += word.text
    return "".join([*parts, _literal(literal, before=False)])


def _literal(text: str, *, before: bool) -> str:
    return _MARKS.sub(lambda mark: f'{{{{ "{mark[0]}" }}}}' if before or len(mark[0]) > 1 else mark[0], text)


def edited(text: str, edits: Iterable[Edit], value: Callable[[str], str]) -> str:
    """A text with the values of the expressions in it."""
    for edit in sorted(edits, reverse=True):
        text = text[: edit.start] + (value(edit.expression) if edit.expression else "") + text[edit.end :]
    return text
