from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from forebear.errors import BuildFailed

if TYPE_CHECKING:
    from ..projects import Site
    from .shell import Shell

SCRIPT = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from forebear import api
from forebear.cli.main import main
from unit.projects import site
made = site(Path({root!r}))
api.connect = lambda address=None: made.engine
main(["-C", {root!r}, "build", "--jobs", "1"])
"""


def test_builds(chain: Site, shell: Shell) -> None:
    shell("build", "--jobs", "1")
    shell("build", "--jobs", "1")
    shell("build", "--jobs", "1", "-v")
    shell.note("fedora's template gets a comment")
    chain.write("templates/fedora.Dockerfile.j2", "# new\nFROM {{ parent }}\nRUN make fedora\n")
    shell("build", "--jobs", "1")
    shell.note("a file of tomcat changes, and its build fails")
    chain.write("images/tomcat/file", "1")
    chain.engine.fails["tomcat"] = BuildFailed("[2/2] RUN make tomcat: exit code 2")
    assert shell("build", "--jobs", "1").code == 3
    shell("build", "--jobs", "1", "-q")
    chain.engine.fails.clear()
    shell.note("what was in the way is gone")
    shell("build", "--jobs", "1", "-q")
    shell.note("only one image, whose parent has to be built first")
    chain.write("images/tomcat/file", "2")
    assert shell("build", "webapp").code == 3
    shell.check("build")


def test_events(chain: Site, shell: Shell) -> None:
    chain.engine.fails["webapp"] = BuildFailed("[2/2] RUN make webapp: exit code 2")
    ran = shell("build", "--jobs", "1", "--json")
    documents = [json.loads(line) for line in ran.out.splitlines()]
    assert {document["format"] for document in documents} == {"forebear.event/1"}
    assert [document["event"] for document in documents].count("ended") == 3
    shell.check("build-events")


def test_an_error_is_one_line_among_the_events(chain: Site, shell: Shell) -> None:
    chain.write("templates/tomcat.Dockerfile.j2", "FROM {{ wrong }}\n")
    (line,) = shell("build", "--json").out.splitlines()
    assert json.loads(line)["format"] == "forebear.error/1"


def test_what_a_build_prints_cannot_steer_the_terminal(chain: Site, shell: Shell) -> None:
    chain.engine.fails["fedora"] = BuildFailed("RUN \x1b]0;title\x07\x1b[2Jevil: exit code 1")
    ran = shell("build", "-v")
    assert "evil" in ran.out
    assert not {"\x1b", "\x07"} & set(ran.out + ran.err)


class Terminal:
    """A terminal that standard error goes to, read to its end."""

    def __init__(self) -> None:
        self._ours, self.theirs = pty.openpty()
        self._parts: list[bytes] = []
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        try:
            while part := os.read(self._ours, 4096):
                self._parts.append(part)
        except OSError:
            """The other end is closed."""

    def text(self) -> str:
        os.close(self.theirs)
        self._thread.join()
        os.close(self._ours)
        return b"".join(self._parts).decode()


@pytest.mark.parametrize("term", ["xterm", "dumb"])
def test_on_a_terminal_results_go_to_standard_output_all_the_same(tmp_path: Path, term: str) -> None:
    script = SCRIPT.format(tests=str(Path(__file__).parents[2]), root=str(tmp_path))
    terminal = Terminal()
    environment = os.environ | {"TERM": term, "COLUMNS": "80"}
    ran = subprocess.run(
        [sys.executable, "-c", script],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=terminal.theirs,
        env=environment,
        check=False,
    )
    shown = terminal.text()
    assert ran.returncode == 0, shown
    assert re.sub(r"in \d+\.\d s", "in N s", ran.stdout.decode()).splitlines() == [
        "built    fedora 2.1.7 in N s; grade digest",
        "built    tomcat 2.1.7 in N s; grade digest",
        "built    webapp 2.1.7 in N s; grade digest",
        "3 built in N s",
    ]
    assert "3 to build" in shown
    assert ("\x1b[" in shown) is (term == "xterm")
