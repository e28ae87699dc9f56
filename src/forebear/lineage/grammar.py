"""The small grammars of lineage.yml's values: each a function from a text to its value that raises Wrong."""

from __future__ import annotations

import re
from datetime import datetime
from posixpath import normpath
from typing import Final

from forebear.lineage import patterns
from forebear.lineage.constraints import Constraint, parse_constraint
from forebear.lineage.model import SCRATCH, Base
from forebear.lineage.versions import parse_version
from forebear.lineage.wrong import Wrong, shown
from forebear.reference import Reference, ReferenceFault, is_image_name

TEMPLATES: Final = "templates/"
LAST_SECOND: Final = 253_402_300_799  # 9999-12-31T23:59:59Z
_LONGEST: Final = 1024
_OCI_NAME: Final = "lower-case letters and digits, joined by -, _ or ."


def _fits(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern, text) is not None


def image_name(text: str) -> str:
    """The name of an image: one path component of an OCI repository name."""
    if text == SCRATCH:
        raise Wrong("scratch is the empty base, and no image can be called so", "choose another name")
    if not is_image_name(text):
        raise Wrong(f'"{shown(text)}" is not an image name', f"use {_OCI_NAME}")
    return text


def project(text: str) -> str:
    """The name of the family, a path component that no engine takes for a registry."""
    if not _fits(patterns.PROJECT, text):
        raise Wrong(f'"{shown(text)}" is not a project name', "use lower-case letters and digits, joined by - or _")
    return text


def version(text: str) -> str:
    """A SemVer version without a build part."""
    parse_version(text)
    return text


def registry(text: str) -> str:
    """`host[:port]`, and the folder in it, if any."""
    if not _fits(patterns.REGISTRY, text):
        action = f"write {shown(text.partition('://')[2])}" if "://" in text else "write host, host:port or host/folder"
        raise Wrong(f'"{shown(text)}" is not a registry', action)
    return text


def host(text: str) -> str:
    """A registry by the name that references begin with, without a folder in it."""
    if text == "index.docker.io":
        raise Wrong("index.docker.io is docker.io under another name", "write docker.io")
    if not _fits(patterns.HOST, text):
        raise Wrong(f'"{shown(text)}" is not the name of a registry', "write host or host:port, for example docker.io")
    return text


def constraint(text: str) -> Constraint:
    """What versions of an upstream are wanted."""
    if not _fits(patterns.CONSTRAINT, text):
        raise Wrong(f'"{shown(text)}" is not a constraint on versions', 'write it as ">=25 <27", "~1.2" or "^8"')
    return parse_constraint(text)


def base(text: str) -> Base:
    """What `from` and `uses` name: scratch, an image of the lineage, or an upstream that is pinned."""
    if text == SCRATCH:
        return Base()
    if is_image_name(text):
        return Base(image=text)
    return Base(upstream=upstream(text))


def used(text: str) -> Base:
    """What `uses` names: as `from`, but there is nothing to copy from scratch."""
    if text == SCRATCH:
        raise Wrong("scratch is empty: there is nothing to copy from it", "remove it")
    return base(text)


def upstream(text: str) -> Reference:
    """A reference with a tag other than `latest`, or with a digest."""
    if len(text) > _LONGEST:
        raise Wrong(f'"{shown(text)}" is too long for a reference', "write registry/repository:tag")
    try:
        reference = Reference.parse(text)
    except ReferenceFault as fault:
        problem, _, action = str(fault).partition("; ")
        raise Wrong(problem, action) from None
    if not reference.floating:
        return reference
    fixed = f"write {reference.untagged()}:TAG with the tag of a release"
    if reference.tag is None:
        raise Wrong(f"the upstream {text} has no tag", fixed)
    raise Wrong(f"the upstream {text} is floating: its tag {reference.tag} moves", fixed)


def stage(text: str) -> str:
    """The name of a stage in a Dockerfile."""
    if not _fits(patterns.STAGE, text):
        raise Wrong(f'"{shown(text)}" is not a stage name', "use a lower-case letter, then letters, digits, -, _ or .")
    return text


def target(text: str) -> str:
    """The name of a stage in any case, as a build's target."""
    if not _fits(patterns.TARGET, text):
        raise Wrong(f'"{shown(text)}" is not a stage name', "use a letter, then letters, digits, -, _ or .")
    return text


def platform(text: str) -> str:
    """`os/architecture[/variant]`."""
    if not _fits(patterns.PLATFORM, text):
        raise Wrong(f'"{shown(text)}" is not a platform', "write os/architecture, for example linux/amd64")
    return text


def argument(text: str) -> str:
    """The name of a build argument, not one that forebear gives itself."""
    if text == "SOURCE_DATE_EPOCH":
        raise Wrong("SOURCE_DATE_EPOCH is given by forebear", "set epoch instead")
    if text.startswith("FOREBEAR_"):
        raise Wrong(f"{shown(text)}: the names that begin with FOREBEAR_ are forebear's own", "choose another name")
    if not _fits(patterns.ARGUMENT, text):
        raise Wrong(f'"{shown(text)}" is not a name of a build argument', "use letters, digits and _")
    return text


def variable(text: str) -> str:
    """The name of a variable of the environment."""
    if not _fits(patterns.VARIABLE, text):
        raise Wrong(f'"{shown(text)}" is not a name of a variable', "use letters, digits and _")
    return text


def secret(text: str) -> str:
    """The name of a secret, the id in its mounts."""
    if not _fits(patterns.MOUNT_ID, text):
        raise Wrong(f'"{shown(text)}" is not a name of a secret', "use letters, digits, -, _ and .")
    return text


def label(text: str) -> str:
    """The key of a label, not one that forebear writes itself."""
    if _fits(patterns.LABEL, text):
        return text
    if re.match(patterns.OWN_LABEL, text):
        raise Wrong(f"the label {shown(text)} is written by forebear", "remove it")
    raise Wrong(f'"{shown(text)}" is not a label', "use letters and digits, joined by ., -, _ or /")


def url(text: str) -> str:
    """Where the sources are."""
    if not _fits(patterns.URL, text):
        raise Wrong(f'"{shown(text)}" is not a URL', "write https://…")
    return text


def context(text: str) -> str:
    """A folder of the project, in normal form."""
    if not _fits(patterns.CONTEXT, text):
        raise _outside(text, "a folder of the project", "images/NAME")
    return normpath(text)


def dockerfile(text: str) -> str:
    """A file in a build context, in normal form."""
    if not _fits(patterns.DOCKERFILE, text):
        raise _outside(text, "a Dockerfile in the context", "Dockerfile.alpine", "the context")
    return normpath(text)


def template(text: str) -> str:
    """A file below templates/, relative to that folder, in normal form."""
    if not _fits(patterns.TEMPLATE, text):
        raise _outside(text, "a file in templates/", f"{TEMPLATES}NAME.Dockerfile.j2")
    return normpath(text).removeprefix(TEMPLATES)


def _outside(text: str, wanted: str, example: str, start: str = "") -> Wrong:
    """What is wrong with a path; `start` is what it is relative to, "" for lineage.yml in the project."""
    if text.startswith("/"):
        action = f"write one that is relative to {start or 'lineage.yml'}, as {example}"
        return Wrong(f'"{shown(text)}" is an absolute path', action)
    if ".." in text.split("/"):
        problem = f'"{shown(text)}" leads up, and might leave {start or "the project"}'
        return Wrong(problem, f"write a path without .., as {example}")
    if "\\" in text:
        return Wrong(f'"{shown(text)}" has a backslash', f"write / between folders, as {example}")
    return Wrong(f'"{shown(text)}" is not {wanted}', f"write a path as {example}")


def epoch(value: str | int) -> int:
    """Seconds since 1970 from a number, or from a time with its zone (RFC 3339)."""
    if isinstance(value, int):
        if not 1 <= value <= LAST_SECOND:
            raise Wrong(f"{value} is not a number of seconds from 1 to {LAST_SECOND}", "write another number")
        return value
    seconds = _seconds(value)
    if not 1 <= seconds <= LAST_SECOND:
        raise Wrong(f"{value} is not between 1970-01-01T00:00:01Z and the year 9999", "write another time")
    return seconds


def _seconds(text: str) -> int:
    form = "write it as 2026-11-24T00:00:00Z"
    if not _fits(patterns.TIME, text):
        raise Wrong(f'"{shown(text)}" is not a time with date, hour, minute, second and zone', form)
    try:
        return int(datetime.fromisoformat(text.upper()).timestamp())
    except ValueError as error:
        raise Wrong(f'"{shown(text)}" is not a time: {error}', form) from None


def line(text: str) -> str:
    """A text of one line that is not empty."""
    if not _fits(patterns.LINE, text):
        raise Wrong("this is empty, or more than one line of plain text", "write one line")
    return text


def expression(text: str) -> str:
    """A regular expression."""
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise Wrong(f'"{shown(text)}" is not a regular expression: {error}', "correct it") from None
    return text
