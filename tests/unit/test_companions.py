from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from forebear import api
from forebear.companions import renewed
from forebear.lineage.reader import read

from .projects import site

if TYPE_CHECKING:
    from pathlib import Path

HEAD = b"lineage: 1\nproject: p\nversion: 2.0.0\nimages:\n"
IMAGES = read(HEAD + b"  web: {from: scratch}\n  web-x: {from: scratch, version: 1.5.0}\n").images.values()


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("    image: p/web:1.0.0", "    image: p/web:2.0.0"),
        ("    image: 'p/web:1.0.0'  # why", "    image: 'p/web:2.0.0'  # why"),
        ("  - image: docker.io/p/web-x:latest\r", "  - image: docker.io/p/web-x:1.5.0\r"),
        ("    image: p/web:2.0.0", "    image: p/web:2.0.0"),
        ("    image: other/p/web:1.0.0", "    image: other/p/web:1.0.0"),
        ("    image: p/webs:1.0.0", "    image: p/webs:1.0.0"),
        ("    image: p/web:${VERSION}", "    image: p/web:${VERSION}"),
        ("    # image: p/web:1.0.0", "    # image: p/web:1.0.0"),
    ],
)
def test_images_of_the_family_get_their_versions(line: str, wanted: str) -> None:
    assert renewed(f"services:\n{line}\n", IMAGES) == f"services:\n{wanted}\n"
    assert renewed(renewed(line, IMAGES), IMAGES) == renewed(line, IMAGES)


def test_a_compose_file_that_lags_behind_is_drift_and_render_mends_it(tmp_path: Path) -> None:
    place = site(tmp_path)
    file = place.write("builder.yml", "services:\r\n  b:\r\n    image: firethorn/webapp:2.1.6\r\n")
    api.render(place.project, ["fedora"])
    file.write_bytes(file.read_bytes().replace(b"2.1.7", b"2.1.6"))
    api.render(place.project)
    assert api.drift(place.project) == ()
    file.write_bytes(file.read_bytes().replace(b"2.1.7", b"2.1.6"))
    (drift,) = api.drift(place.project)
    assert drift.path == "builder.yml"
    assert "-    image: firethorn/webapp:2.1.6" in drift.diff
    assert api.render(place.project) == ("builder.yml",)
    assert file.read_bytes() == b"services:\r\n  b:\r\n    image: firethorn/webapp:2.1.7\r\n"
