"""The values of secrets, read when a run begins: they go to the engine's build session and nowhere else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from forebear.errors import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Container

    from forebear.lineage.model import Lineage, Secret

LARGEST: Final = 500 * 1024
"""The bytes that BuildKit takes for a secret (BuildKit, session/secrets/secrets.go)."""


def gather(lineage: Lineage, names: Container[str], root: Path) -> dict[str, bytes]:
    """The values of the named secrets; relative paths start at `root`. Raises InputError with all that are missing."""
    values: dict[str, bytes] = {}
    faults: list[Fault] = []
    for secret in lineage.secrets:
        if secret.name not in names:
            continue
        try:
            values[secret.name] = _value(secret, root)
        except _Missing as missing:
            problem, action = missing.args
            faults.append(
                Fault(lineage.locate(("secrets", secret.name)), f'the secret "{secret.name}" {problem}', action)
            )
    if faults:
        raise InputError(faults)
    return values


class _Missing(Exception):
    """There is no value: the problem, and what to do."""


def _value(secret: Secret, root: Path) -> bytes:
    value = _of_file(root / Path(secret.file).expanduser()) if secret.file else _of_environment(secret.env or "")
    if len(value) > LARGEST:
        raise _Missing(f"has {len(value):,} bytes", f"a build takes secrets of at most {LARGEST:,}")
    return value


def _of_environment(name: str) -> bytes:
    if not (value := os.environb.get(name.encode())):
        raise _Missing(f"is missing: the variable {name} is not set", f"set it: export {name}=…")
    return value


def _of_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            value = file.read(LARGEST + 1)
    except (OSError, RuntimeError) as error:
        raise _Missing(f"cannot be read: {error}", "write the file, or correct its path in lineage.yml") from error
    if not value:
        raise _Missing(f"is missing: {path} is empty", "write it there")
    return value
