"""Pure: what a gate or a requirement finds wrong in the configuration and the files of an image."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from forebear.engine.filesof import names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from forebear.engine.model import Facts, File
    from forebear.lineage.gate import FileCheck, Gate, Requirements

PASSWD, GROUP = "/etc/passwd", "/etc/group"
RELEASE = "/etc/os-release"


def paths(gate: Gate) -> tuple[str, ...]:
    """The files of an image that a gate has to see."""
    named = any(each.owner for each in gate.files) or bool(gate.users)
    return (*(each.path for each in gate.files), *((PASSWD, GROUP) if named else ()))


def config_problems(gate: Gate, facts: Facts) -> Iterator[str]:
    """What the configuration of an image does not have as a gate says."""
    config = _config(facts)
    yield from _user(gate.user, config)
    yield from _env(gate.env, config)
    exposed = config.get("ExposedPorts") or {}
    yield from (f"port {port} is not exposed" for port in gate.ports if port not in exposed)
    labels = dict(facts.labels)
    for name, value in gate.labels:
        if labels.get(name) != value:
            yield f"label {name} is {_shown(labels.get(name))}, not {_shown(value)}"
    entry = tuple(config.get("Entrypoint") or ())
    if gate.entrypoint is not None and entry != gate.entrypoint:
        yield f"the entry point is {json.dumps(entry)}, not {json.dumps(gate.entrypoint)}"
    if gate.max_size is not None and facts.size > gate.max_size:
        yield f"it has {facts.size} bytes, more than {gate.max_size}"


def file_problems(gate: Gate, files: Mapping[str, File]) -> Iterator[str]:
    """What files of an image are not as a gate says."""
    users, groups = (names(files[path].content if path in files else None) for path in (PASSWD, GROUP))
    yield from (f"it knows no user {name}" for name in gate.users if name not in users)
    for check in gate.files:
        yield from (f"{check.path} {problem}" for problem in _file(check, files.get(check.path), users, groups))


def requirement_problems(requires: Requirements, facts: Facts, files: Mapping[str, File]) -> Iterator[str]:
    """What an image is not, or does not have, of what a child of it requires; all but packages."""
    config = _config(facts)
    yield from _user(requires.user, config)
    yield from _env(requires.env, config)
    yield from (f"{path} is not there" for path in requires.files if path not in files)
    found = system(files.get(RELEASE))
    if requires.os is not None and requires.os not in (found, found.partition(":")[0]):
        yield f"its OS is {found.strip(':') or 'unknown'}, not {requires.os}"


def system(release: File | None) -> str:
    """ID:VERSION_ID of an os-release file (os-release(5))."""
    text = (release.content or b"").decode("utf-8", "replace") if release else ""
    found = dict(re.findall(r"""^(ID|VERSION_ID)=["']?([^"'\n]*)["']?$""", text, re.MULTILINE))
    return f"{found.get('ID', '')}:{found.get('VERSION_ID', '')}"


def text_problem(what: str, text: str, pattern: str | None, literal: str | None) -> str | None:
    """What a text does not match or hold."""
    if pattern is not None and not re.search(pattern, text):
        return f"{what} does not match '{pattern}'"
    if literal is not None and literal not in text:
        return f"{what} does not hold '{literal}'"
    return None


def _config(facts: Facts) -> dict[str, Any]:
    return {name: json.loads(value) for name, value in facts.config}


def _user(wanted: str | None, config: Mapping[str, Any]) -> Iterator[str]:
    user = config.get("User") or "root"
    if wanted is not None and user != wanted:
        yield f"its user is {user}, not {wanted}"


def _env(wanted: tuple[tuple[str, str], ...], config: Mapping[str, Any]) -> Iterator[str]:
    env = dict(each.partition("=")[::2] for each in config.get("Env") or ())
    for name, value in wanted:
        if env.get(name) != value:
            yield f"{name} is {_shown(env.get(name))}, not {_shown(value)}"


def _shown(value: str | None) -> str:
    return "not set" if value is None else f'"{value}"'


def _file(check: FileCheck, file: File | None, users: Mapping[str, int], groups: Mapping[str, int]) -> Iterator[str]:
    if check.absent or file is None:
        if check.absent != (file is None):
            yield "is there" if check.absent else "is not there"
        return
    if check.mode is not None and file.mode != int(check.mode, 8):
        yield f"has mode {file.mode:04o}, not {int(check.mode, 8):04o}"
    if check.owner is not None and not _owned(check.owner, file, users, groups):
        yield f"belongs to {file.uid}:{file.gid}, not {check.owner}"
    if check.content is None and check.text is None:
        return
    if file.content is None:
        yield f"is a {file.kind} whose content is not read"
    elif problem := text_problem("its content", file.content.decode("utf-8", "replace"), check.content, check.text):
        yield f"- {problem}"


def _owned(owner: str, file: File, users: Mapping[str, int], groups: Mapping[str, int]) -> bool:
    user, _, group = owner.partition(":")
    return _number(user, users) == file.uid and (not group or _number(group, groups) == file.gid)


def _number(name: str, known: Mapping[str, int]) -> int | None:
    return int(name) if name.isdigit() else known.get(name)
