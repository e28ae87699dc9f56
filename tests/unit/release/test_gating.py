from __future__ import annotations

from typing import TYPE_CHECKING

from ..projects import Site, site

if TYPE_CHECKING:
    from pathlib import Path

    from forebear.build.events import Ended


def declare(chain: Site, tomcat: str, webapp: str = "") -> None:
    chain.declare(
        '  fedora: {from: "docker.io/library/fedora:25"}\n'
        f"  tomcat: {{from: fedora{tomcat}}}\n"
        f"  webapp: {{from: tomcat{webapp}}}\n"
    )


def ends(built: tuple[Ended, ...]) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {each.target.image: (str(each.outcome), each.why) for each in built}


def test_an_image_that_is_reused_is_held_to_what_it_requires_now(tmp_path: Path) -> None:
    chain = site(tmp_path)
    chain.build()
    declare(chain, ", requires: {user: root}", ", requires: {user: app, env: {A: b}}")
    found = ends(chain.built())
    assert found["tomcat"] == ("reused", ("nothing changed",))
    assert found["webapp"] == (
        "failed",
        (
            'parent tomcat:2.1.7 is not what webapp requires: its user is root, not app; A is not set, not "b"; '
            "correct tomcat, or `requires` of webapp",
        ),
    )
    assert ends(chain.built())["webapp"][0] == "failed"
    declare(chain, ", requires: {user: root}", ", requires: {user: root}")
    assert ends(chain.built())["webapp"][0] == "reused"


def test_the_blame_is_on_the_upstream_where_that_lacks_it(tmp_path: Path) -> None:
    chain = site(tmp_path)
    chain.declare('  fedora: {from: "docker.io/library/fedora:25", requires: {os: fedora, files: [/etc/x]}}\n')
    assert ends(chain.built())["fedora"][1] == (
        "upstream fedora:25 is not what fedora requires: /etc/x is not there; its OS is unknown, not fedora; "
        "correct fedora:25, or `requires` of fedora",
    )


def test_an_image_that_is_spared_passes_the_gates_that_are_new_to_it(tmp_path: Path) -> None:
    chain = site(tmp_path)
    chain.build()
    chain.write("templates/fedora.Dockerfile.j2", "FROM {{ parent }}\n# a comment\nRUN make {{ image.name }}\n")
    declare(chain, "", ", tests: [{name: port, ports: [80]}]")
    found = ends(chain.built())
    assert found["tomcat"] == ("spared", ("parent unchanged",))
    declare(chain, ", tests: [{name: port, ports: [80]}]")
    chain.write("templates/fedora.Dockerfile.j2", "FROM {{ parent }}\n# another\nRUN make {{ image.name }}\n")
    assert ends(chain.built())["tomcat"] == ("failed", ('gate "port": port 80/tcp is not exposed',))
