"""What is built is judged by what the engine has: layers prove a parent, labels do not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conftest import each_store
from families import Family, by_hand, labels

if TYPE_CHECKING:
    import docker


def audited(family: Family, code: int) -> list[tuple[str, str]]:
    """The rule of each finding that --engine adds, and the image that it tells of."""
    ran = family.forebear("audit", "--engine", "--json", "-q", code=code)
    found: list[dict[str, Any]] = json.loads(ran.out)["findings"]
    built = (each for each in found if each["rule"] in {"stale", "wrong-parent", "version-back"})
    return [(each["rule"], each["problem"].partition(" ")[0]) for each in built]


@each_store
def test_built_images_are_judged_on_their_engine(family: Family, busybox_base: str, client: docker.APIClient) -> None:
    family.add("a", busybox_base, "COPY file /a", files={"file": "a"})
    family.add("b", "a", "COPY file /b", files={"file": "b"})
    family.add("c", "b", "COPY file /c", files={"file": "c"})
    family.lock()
    family.forebear("render")
    family.build("a", "b")
    assert audited(family, 0) == []  # and c, which is not built, is no finding
    family.build()
    forged = [
        f"LABEL {json.dumps(name)}={json.dumps(value)}" for name, value in labels(client, family.tag("b")).items()
    ]
    by_hand(client, family.tag("b"), f"FROM {busybox_base}", *(line.replace("$", "\\$") for line in forged))
    assert ("wrong-parent", family.tag("b")) in audited(family, 1)
    family.build()
    family.put("images/a/file", "changed")
    assert audited(family, 1)[0] == ("stale", family.tag("a"))
    client.tag(family.tag("a"), family.tag("a").rpartition(":")[0], "99.0.0")
    assert ("version-back", "a") in audited(family, 1)
