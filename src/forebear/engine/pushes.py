"""Reading what an engine tells of a push: how far it is, and what the registry has in the end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from forebear.engine.stream import error_of, refusal
from forebear.retry import Broken

if TYPE_CHECKING:
    from forebear.engine.model import Sent

# The last line of a push that is through, of every engine: the containerd store gives no record beside it.
_DONE: Final = re.compile(r": digest: (sha256:[0-9a-f]{64}) size: [0-9]+$")


class PushOutput:
    """What a push's stream has told so far; `digest` is known once it is through."""

    def __init__(self, doing: str, sent: Sent) -> None:
        self._doing = doing
        self._tell = sent
        self._layers: dict[str, tuple[int, int]] = {}
        self._digest = ""

    def take(self, record: Mapping[str, Any]) -> None:
        """Take one record. Raises EngineRefused for an error, which comes inside an HTTP 200."""
        if message := error_of(record):
            raise refusal(self._doing, message)
        detail = record.get("progressDetail")
        if "id" not in record and (found := _DONE.search(str(record.get("status") or ""))):
            self._digest = found[1]
        if isinstance(detail, Mapping) and detail.get("total"):
            self._layers[str(record.get("id"))] = (int(detail.get("current") or 0), int(detail["total"]))
            done, total = (sum(numbers) for numbers in zip(*self._layers.values(), strict=True))
            self._tell(min(done, total), total)

    @property
    def digest(self) -> str:
        """What the registry has, as the engine says. Raises Broken where the stream ended before it said so."""
        if not self._digest:
            raise Broken(f"while {self._doing}: the engine broke off", "see the engine's log, then run it again")
        return self._digest
