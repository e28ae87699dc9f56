"""What goes wrong with an engine, in words for the person at the terminal."""

from __future__ import annotations


class EngineError(Exception):
    """A message that says what is wrong and what to do; the tool prints it and exits with `code`.

    Codes are those of forebear itself: 2 the input is wrong, 4 the engine cannot be had.
    """

    def __init__(self, message: str, code: int = 4) -> None:
        super().__init__(message)
        self.code = code
