from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from forebear.build.key import INPUTS, KEY, Input, Inputs, Stamp, stamp_labels

if TYPE_CHECKING:
    from ..projects import Site
    from .shell import Shell


def test_plans(chain: Site, shell: Shell) -> None:
    shell("plan")
    shell("plan", "webapp")
    shell("plan", "--offline")
    shell("build", "-q")
    shell("plan")
    shell.note("a file of tomcat changes, and fedora's template gets a comment")
    chain.write("images/tomcat/conf/server.xml", "<Server/>")
    chain.write("templates/fedora.Dockerfile.j2", "# new\nFROM {{ parent }}\nRUN make fedora\n")
    shell("plan")
    shell("plan", "webapp")
    shell("plan", "--json")
    shell.note("the lock is lost")
    (chain.root / "lineage.lock").unlink()
    shell("plan")
    shell("plan", "--offline", "-q")
    shell.check("plan")


def test_labels_made_to_steer_the_terminal_do_not(chain: Site, shell: Shell) -> None:
    chain.build()
    image = chain.engine.images[chain.engine.tags["docker.io/firethorn/webapp:2.1.7"]]
    inputs = Inputs((Input("label", "\x1b[2Jevil", "x"),), "c", (("a\nreuse    webapp", "0"),), ())
    labels = dict(image.labels) | stamp_labels(Stamp("webapp", inputs.key, inputs))
    assert labels[KEY] == inputs.key
    assert "\\u001b" in labels[INPUTS]
    chain.engine.images[image.id] = replace(image, labels=tuple(sorted(labels.items())))
    (chain.root / ".forebear/images.db").unlink()
    ran = shell("plan", "webapp")
    why = "the key of firethorn/webapp:2.1.7 is of another version of forebear, or its labels were changed"
    assert ran.out == f"build    webapp 2.1.7  {why}\n"


def test_the_document_has_a_key_wherever_it_is_known(chain: Site, shell: Shell) -> None:
    first, second, _ = json.loads(shell("plan", "--json").out)["steps"]
    assert first["key"].startswith("sha256:")
    assert second["key"] is None
    assert (first["image"], first["platform"], first["reference"]) == (
        "fedora",
        "linux/amd64",
        "docker.io/firethorn/fedora:2.1.7",
    )
