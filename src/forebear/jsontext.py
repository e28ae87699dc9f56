"""Pure: JSON files of a project, read with the place of what is wrong: cut short, no UTF-8, a name there twice."""

from __future__ import annotations

import json
from typing import Any

from forebear.errors import Fault, InputError, Place


def parse(data: bytes, file: str, action: str) -> Any:
    """The plain values of a JSON text.

    Raises InputError that says what to do (`action`). A text cut short anywhere is no JSON, so that a
    truncated file is never taken for a whole one.
    """
    try:
        return json.loads(data, object_pairs_hook=_object, parse_int=_whole)
    except UnicodeDecodeError as error:
        raise refused(file, "", "it is not UTF-8", action) from error
    except json.JSONDecodeError as error:
        cut = error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated")
        problem = "it is cut short" if cut else f"it is no JSON: {error.msg}"
        raise InputError([Fault(Place(file, error.lineno, error.colno), problem, action)]) from error
    except ValueError as error:
        raise refused(file, "", str(error), action) from error
    except RecursionError as error:
        raise refused(file, "", "it is nested too deeply", action) from error


def refused(file: str, path: str, problem: str, action: str) -> InputError:
    """The error for one fault at a key of a file."""
    return InputError([Fault(Place(file, path=path), problem, action)])


def _whole(text: str) -> float:
    """A number; one with so many digits that no size has them is not worth the time to read it."""
    return int(text) if len(text) < 20 else float(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; raises ValueError where a name is there twice, as a merge of two files may leave it."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f'it has "{twice}" twice')
    return found
