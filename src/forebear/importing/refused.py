"""Why a Dockerfile is not imported, as it is raised."""

from __future__ import annotations

from forebear.importing.model import Refusal


class Refused(Exception):
    """A Dockerfile that cannot be imported."""

    def __init__(self, line: int, reason: str, action: str) -> None:
        super().__init__(reason)
        self.line, self.reason, self.action = line, reason, action

    def of(self, path: str) -> Refusal:
        """The same of a file."""
        return Refusal(path, self.line, self.reason, self.action)
