"""Bounds on what the operators, methods and filters of a template may make."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import wraps
from typing import Any, Final

from jinja2.exceptions import TemplateRuntimeError

MAX_SIZE: Final = 1 << 20  # characters of a text, items of a list
MAX_WIDTH: Final = 10_000  # of a column, an indentation, a line
MAX_RANGE: Final = 100_000
MAX_BITS: Final = 4096  # of a number
_WIDE: Final = re.compile(r"[0-9]{5,}|\*")
_NESTED: Final = re.compile(r"\{[^{}]*\{")
_REFUSED: Final = frozenset({"translate", "to_bytes"})
_WIDE_FILTERS: Final = ("batch", "center", "indent", "round", "slice", "sum", "truncate", "wordwrap")
_PADDED: Final = frozenset({"center", "ljust", "rjust", "zfill", "expandtabs"})


class TooMuch(TemplateRuntimeError):
    """A template asks for more than a Dockerfile can need."""


def check_size(size: float) -> None:
    """Raises TooMuch for a text or list of that size."""
    if size > MAX_SIZE:
        raise TooMuch(f"a template makes a value of more than {MAX_SIZE} characters or items")


def check_width(arguments: Iterable[object]) -> None:
    """Raises TooMuch for a width among arguments that no Dockerfile has."""
    if any(isinstance(one, int) and abs(one) > MAX_WIDTH for one in arguments):
        raise TooMuch(f"a template asks for a width of more than {MAX_WIDTH}")


def check_operands(operator: str, left: object, right: object) -> None:
    """Raises TooMuch where `left operator right` would be huge."""
    if operator == "**":
        _check_power(left, right)
    elif operator == "%" and isinstance(left, str):
        check_format(left, "%", right if isinstance(right, tuple) else (right,))
    elif operator == "+" and isinstance(left, Sequence) and isinstance(right, Sequence):
        check_size(len(left) + len(right))
    elif operator == "*":
        _check_product(left, right)


def _check_power(left: object, right: object) -> None:
    if isinstance(left, int) and isinstance(right, int):
        _check_bits(left.bit_length() * abs(right))


def _check_product(left: object, right: object) -> None:
    for one, other in ((left, right), (right, left)):
        if isinstance(one, int) and isinstance(other, Sequence):
            check_size(one * len(other))
    if isinstance(left, int) and isinstance(right, int):
        _check_bits(left.bit_length() + right.bit_length())


def _check_bits(bits: int) -> None:
    if bits > MAX_BITS:
        raise TooMuch(f"a template makes a number of more than {MAX_BITS} bits")


def check_format(text: str, sign: str, arguments: Iterable[object]) -> None:
    """Raises TooMuch where formatting `text`, whose fields begin with `sign`, would be huge."""
    fields = text.replace(sign * 2, "")
    if _WIDE.search(fields) or _NESTED.search(fields):
        raise TooMuch("a template formats a text to a width that is computed or of five digits")
    check_size(len(text) + fields.count(sign) * sum(_size(one) for one in arguments))


def _size(value: object) -> int:
    """About how many characters a value has when printed. Raises TooMuch as soon as it is huge."""
    total, rest = 0, [value]
    while rest:
        one = rest.pop()
        total += 8 + (len(one) if isinstance(one, str | bytes) else 0)
        check_size(total)
        if isinstance(one, Mapping):
            rest += [*one.keys(), *one.values()]
        elif isinstance(one, Sequence | set | frozenset) and not isinstance(one, str | bytes | range):
            rest += one
    return total


def check_method(function: object, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    """Raises TooMuch where a method of a text or number would give a huge one."""
    owner, name = getattr(function, "__self__", None), getattr(function, "__name__", "")
    if not isinstance(owner, str | bytes | int):
        return
    if name in _PADDED:
        check_width([*args, *kwargs.values()])
        check_size(_size(owner) * max([8, *args]) if name == "expandtabs" else _size(owner))
    elif name == "join":
        _check_join(owner, *args)
    elif name == "replace":
        _check_replace(owner, *args)
    elif name in _REFUSED:
        raise TooMuch(f"a template cannot call {name}")


def _check_join(separator: Any, items: Any = (), *_: object) -> None:
    if not isinstance(items, Collection):
        raise TooMuch("a template joins what is no list; use the filter join")
    check_size(_size(list(items)) + len(items) * len(separator))


def _check_replace(text: Any, old: Any = "", new: Any = "", *_: object) -> None:
    check_size(len(text) + text.count(old) * len(new))


def plain(value: object) -> str:
    """A value as text; true and false as YAML and JSON write them."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def spelled(value: object) -> object:
    """What a format takes, with true and false in it as text."""
    if isinstance(value, bool):
        return plain(value)
    if isinstance(value, tuple):
        return tuple(map(spelled, value))
    if isinstance(value, Mapping):
        return {key: spelled(inner) for key, inner in value.items()}
    return value


def bounded_range(*args: int) -> range:
    """What templates call range. Raises TooMuch."""
    numbers = range(*args)
    if len(numbers) > MAX_RANGE:
        raise TooMuch(f"a template asks for a range of more than {MAX_RANGE} numbers")
    return numbers


def bounded_filters(filters: Mapping[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    """The filters that could make something huge, bounded; tojson as Dockerfiles want it."""
    own: dict[str, Callable[..., Any]] = {"tojson": _tojson, "join": _join, "replace": _replace, "string": _string}
    own["format"] = _format
    return own | {name: _narrow(filters[name]) for name in _WIDE_FILTERS}


def _narrow(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def narrow(*args: Any, **kwargs: Any) -> Any:
        check_width([*args[1:], *kwargs.values()])
        return function(*args, **kwargs)

    return narrow


def _tojson(value: object, indent: int | None = None) -> str:
    """JSON as in CMD and LABEL: not escaped for HTML, mappings in their order."""
    check_size(_size(value))
    check_width([indent])
    return json.dumps(value, ensure_ascii=False, indent=indent, default=dict)


def _join(value: Iterable[object], d: str = "", attribute: str | None = None) -> str:
    """The items as texts with `d` between them; `attribute` is taken of each item first."""
    items = [one if attribute is None else _item(one, attribute) for one in value]
    check_size(_size(items) + len(items) * len(d))
    return str(d).join(map(plain, items))


def _item(value: object, name: str) -> object:
    if isinstance(value, Mapping) and name in value:
        return value[name]
    raise TemplateRuntimeError(f'join finds no "{name}" in an item')


def _replace(s: object, old: str, new: str, count: int = -1) -> str:
    text = _string(s)
    _check_replace(text, old, new)
    return text.replace(old, new, count)


def _string(value: object) -> str:
    _size(value)
    return plain(value)


def _format(value: str, *args: object, **kwargs: object) -> str:
    check_format(value, "%", [*args, *kwargs.values()])
    return value % spelled(kwargs or args)
