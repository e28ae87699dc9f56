from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from forebear import api
from forebear.pins.lock import Pin

from ..projects import CHAIN, FEDORA, HEAD, Site, site

if TYPE_CHECKING:
    from pathlib import Path

DIGEST, OTHER = "sha256:" + "1" * 64, "sha256:" + "2" * 64


@pytest.fixture
def place(tmp_path: Path) -> Site:
    made = site(tmp_path)
    made.lock(Pin(FEDORA, DIGEST))
    api.render(made.project)
    return made


def told(place: Site, engine: object = None) -> list[tuple[str, str, int, str]]:
    report = api.audit_lineage(place.project, engine)  # type: ignore[arg-type]
    return [(each.rule.name, each.file, each.span.line, each.problem) for each in report.findings]


def test_a_locked_and_rendered_lineage_gives_nothing(place: Site) -> None:
    assert told(place) == []
    assert len(api.audit_lineage(place.project).files) == 4


def test_a_local_upstream_is_pinned_by_its_lock(place: Site) -> None:
    place.lock(Pin(FEDORA, DIGEST, local=True))
    api.render(place.project)
    assert told(place) == []
    assert api.audit_files(place.root, ["."]).findings == ()


def test_an_upstream_that_is_not_locked(place: Site) -> None:
    place.declare(CHAIN + '  other: {from: "docker.io/library/debian:12", uses: {x: "library/pyhton:3.12.1"}}\n')
    api.render(place.project)
    assert [(rule, file, line) for rule, file, line, _ in told(place)] == [
        ("not-locked", "lineage.yml", 8),
        ("look-alike", "lineage.yml", 8),
        ("not-locked", "lineage.yml", 8),
    ]
    assert told(place)[0][3] == "from of other: debian:12 is not locked"


def test_drift_is_told_at_the_first_line_that_differs(place: Site) -> None:
    place.write("images/tomcat/Dockerfile", (place.root / "images/tomcat/Dockerfile").read_text() + "RUN x\n")
    (place.root / "images/webapp/Dockerfile").unlink()
    assert told(place) == [
        ("drift", "images/tomcat/Dockerfile", 4, "from here on it is not what templates/tomcat.Dockerfile.j2 says"),
        ("drift", "images/webapp/Dockerfile", 0, "the Dockerfile of webapp is not rendered"),
    ]


def test_one_upstream_at_two_digests_in_the_family(place: Site) -> None:
    place.declare(f'  one: {{from: "fedora:25@{DIGEST}"}}\n  two: {{from: "fedora:25@{OTHER}"}}\n')
    place.lock(*(Pin(FEDORA.with_digest(each), each) for each in (DIGEST, OTHER)))
    api.render(place.project)
    assert [(name, file) for name, file, *_ in told(place)] == [
        ("skew", "images/two/Dockerfile"),
        ("skew", "lineage.yml"),
    ]


def test_a_child_that_is_older_than_its_parent(place: Site) -> None:
    place.declare(
        '  fedora: {from: "docker.io/library/fedora:25", epoch: 2026-01-02T00:00:00Z}\n'
        "  tomcat:\n    from: fedora\n    epoch: 2026-01-01T00:00:00Z\n"
        "  webapp:\n    from: tomcat\n    epoch: 2026-01-03T00:00:00Z\n    version: 2.1.6\n"
        "  own: {from: tomcat, version: 1.0.0}\n"
    )
    api.render(place.project)
    assert told(place) == [
        ("older-than-parent", "lineage.yml", 8, "tomcat carries a time before that of its parent fedora"),
        ("older-than-parent", "lineage.yml", 12, "webapp 2.1.6 stands on tomcat 2.1.7, which is newer"),
        ("older-than-parent", "lineage.yml", 13, "own carries a time before that of its parent tomcat"),
    ]


def git(root: Path, *words: str) -> None:
    subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@example.org", *words], cwd=root, check=True)


def test_a_version_that_goes_back_in_git(place: Site) -> None:
    git(place.root, "init", "-q")
    for version in ("2.1.7", "2.2.0", "2.1.8"):
        place.declare(head=HEAD.replace("2.1.7", version))
        git(place.root, "add", "lineage.yml")
        git(place.root, "commit", "-q", "-m", version)
    api.render(place.project)
    found = told(place)
    assert [(rule, line) for rule, _, line, _ in found] == [("version-back", line) for line in (5, 6, 7)]
    assert found[0][3].startswith("fedora is at 2.1.8, and was at 2.2.0 in commit ")


def test_a_suppression_in_lineage_yml(place: Site) -> None:
    images = CHAIN.replace("  tomcat:", "  # forebear: ignore=older-than-parent because it is going away\n  tomcat:")
    place.declare(images.replace("{from: fedora}", "{from: fedora, version: 2.1.6}"))
    api.render(place.project)
    report = api.audit_lineage(place.project)
    assert report.findings == ()
    assert [each.reason for each in report.suppressed] == ["it is going away"]


def test_what_is_built_is_judged_on_an_engine(tmp_path: Path) -> None:
    place = site(tmp_path)
    place.build()
    assert told(place, place.engine) == []
    place.write("templates/tomcat.Dockerfile.j2", "FROM {{ parent }}\nRUN make other\n")
    api.render(place.project)
    found = told(place, place.engine)
    assert [(rule, line) for rule, _, line, _ in found] == [("stale", 6), ("stale", 7)]
    assert found[0][3] == "firethorn/tomcat:2.1.7 is stale: its Dockerfile changed"


def test_a_label_is_no_proof_of_a_parent(tmp_path: Path) -> None:
    place = site(tmp_path)
    place.build()
    forged = place.engine.inspect("firethorn/webapp:2.1.7")
    assert forged is not None
    place.engine.images["sha256:f"] = replace(forged, id="sha256:f", layers=("elsewhere",))
    place.engine.tags["docker.io/firethorn/webapp:2.1.7"] = "sha256:f"
    found = told(place, place.engine)
    assert ("wrong-parent", 7) in [(rule, line) for rule, _, line, _ in found]


def test_a_version_that_goes_back_on_the_engine(tmp_path: Path) -> None:
    place = site(tmp_path)
    place.build()
    place.engine.tag(place.engine.tags["docker.io/firethorn/tomcat:2.1.7"], "firethorn/tomcat:3.0.0")
    (rule, _, line, problem), *rest = told(place, place.engine)
    assert (rule, line, problem, rest) == (
        "version-back",
        6,
        "tomcat is at 2.1.7, and was at 3.0.0 on the engine",
        [],
    )


def test_a_tree_knows_the_images_of_the_lineages_in_it(place: Site) -> None:
    assert api.audit_files(place.root.parent, [place.root.name]).findings == ()


POM = "<project>\n  <parent><version>9</version></parent>\n  <version>\n    {}</version>\n</project>\n"
PREPARED = """\
  web:
    from: "docker.io/library/fedora:25"
    prepare: [{run: mvn, inputs: [web/pom.xml, web/src], outputs: [images/web/web.war]}]
"""


@pytest.mark.parametrize(
    ("pom", "wanted"),
    [
        (POM.format("2.1.7"), []),
        (POM.format("${revision}"), []),
        ("<project/>", []),
        (POM.format("2.1.6"), [("pom-version", 3, "the version is 2.1.6, and that of the image web is 2.1.7")]),
        (POM.format("2.1.7")[:-5], [("malformed", 5, "this is not XML: unclosed token")]),
        ("<!DOCTYPE a><project/>", [("malformed", 1, "a document type is declared, which no pom needs")]),
    ],
)
def test_the_version_of_a_pom_is_its_images(place: Site, pom: str, wanted: list[tuple[str, int, str]]) -> None:
    place.declare(PREPARED)
    api.render(place.project)
    place.write("web/pom.xml", pom)
    assert [(rule, line, problem) for rule, _, line, problem in told(place)] == wanted
