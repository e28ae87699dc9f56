from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..projects import Site
    from .shell import Shell


def test_rendering_and_drift(chain: Site, shell: Shell) -> None:
    shell("render")
    shell("render")
    shell("render", "--check")
    shell.note("a template changes, a Dockerfile is written by hand, another is removed")
    chain.write("templates/tomcat.Dockerfile.j2", "FROM {{ parent }}\nRUN make {{ image.name }} better\n")
    chain.write("images/webapp/Dockerfile", "FROM other")
    (chain.root / "images/fedora/Dockerfile").unlink()
    assert shell("render", "--check").code == 1
    shell("render", "--check", "--json")
    shell("render", "tomcat+")
    shell("render", "--check", "tomcat+", "-q")
    shell("render", "--json")
    shell.check("render")


def test_check_writes_nothing(chain: Site, shell: Shell) -> None:
    shell("render", "--check")
    assert not (chain.root / "images").exists()


def test_quiet_says_only_what_was_written(chain: Site, shell: Shell) -> None:
    assert shell("render", "-q").err == ""
    assert shell("render", "-q").out == ""


def test_a_file_that_could_steer_the_terminal_is_shown_without_what_does(chain: Site, shell: Shell) -> None:
    chain.write("images/fedora/Dockerfile", "FROM \x1b[2J\x1b]0;title\x07evil\rx\n")
    ran = shell("render", "--check", "fedora")
    assert not {"\x1b", "\x07", "\r"} & set(ran.out)
    assert "evil" in ran.out
    (found,) = json.loads(shell("render", "--check", "fedora", "--json").out)["drift"]
    assert "\x1b[2J" in found["diff"]
