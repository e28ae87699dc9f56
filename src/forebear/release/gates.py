"""Gates: the checks that an image must pass before its tag moves and its children build."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forebear.errors import BuildFailed, EngineRefused
from forebear.release.inspections import (
    RELEASE,
    config_problems,
    file_problems,
    paths,
    requirement_problems,
    text_problem,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from forebear.engine.model import Answer, Engine, Log
    from forebear.lineage.gate import Gate, HttpCheck, Requirements
    from forebear.lineage.model import Image

_HAS = 'rpm -q "$1" 2>/dev/null || dpkg-query -W "$1" 2>/dev/null || apk info -e "$1" 2>/dev/null'
_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Result:
    """How an image passed a gate: `problems` is empty where it did."""

    gate: str
    problems: tuple[str, ...]
    seconds: float


def check(engine: Engine, gates: Sequence[Gate], image: str, log: Log) -> None:
    """Let an image, by ID, pass its gates; raises BuildFailed that names every gate that it does not pass."""
    failed = [
        f'gate "{each.gate}": {problem}' for each in results(engine, gates, image, log) for problem in each.problems
    ]
    if failed:
        raise BuildFailed("; ".join(failed))


def results(engine: Engine, gates: Sequence[Gate], image: str, log: Log) -> tuple[Result, ...]:
    """Let an image, by ID, pass its gates; how it did. Raises EngineUnreachable."""
    return tuple(_result(engine, gate, image, log) for gate in gates)


def digest(image: Image) -> str:
    """What tells apart what an image has to pass: its gates, and what it requires of what it starts from."""
    return hashlib.sha256(repr((image.tests, image.requires)).encode()).hexdigest()


def require(engine: Engine, requires: Requirements, image: str, log: Log) -> tuple[str, ...]:
    """What an image, by ID, lacks of what is required of it. Raises EngineError."""
    facts = engine.inspect(image)
    if facts is None:
        return ("it is not on the engine",)
    wanted = (*requires.files, *((RELEASE,) if requires.os else ()))
    files = engine.files(image, wanted) if wanted else {}
    problems = [*requirement_problems(requires, facts, files)]
    for package in requires.packages:
        log(f"requires package {package}")
        if engine.run(image, ("/bin/sh", "-c", _HAS, "sh", package), _SECONDS).exit:
            problems.append(f"package {package} is not installed")
    return tuple(problems)


def _result(engine: Engine, gate: Gate, image: str, log: Log) -> Result:
    began = time.monotonic()
    try:
        problems = tuple(_problems(engine, gate, image, log))
    except (BuildFailed, EngineRefused) as error:
        problems = (error.problem,)
    return Result(gate.name, problems, round(time.monotonic() - began, 3))


def _problems(engine: Engine, gate: Gate, image: str, log: Log) -> Iterator[str]:
    log(f"gate {gate.name}{f': {chr(32).join(gate.run)}' if gate.run else ''}")
    facts = engine.inspect(image)
    if facts is None:
        raise BuildFailed("the image is gone")
    yield from config_problems(gate, facts)
    if wanted := paths(gate):
        yield from file_problems(gate, engine.files(image, wanted))
    if gate.run:
        yield from _command(engine, gate, image, log)
    if gate.http:
        yield from _http(engine, gate.http, image, gate.seconds)


def _command(engine: Engine, gate: Gate, image: str, log: Log) -> Iterator[str]:
    outcome = engine.run(image, gate.run, gate.seconds)
    for line in outcome.output.splitlines():
        log(f"  {line}")
    if outcome.exit != gate.exit:
        yield f"exit code {outcome.exit}, not {gate.exit}"
    elif problem := text_problem("its output", outcome.output, gate.output, gate.text):
        yield problem


def _http(engine: Engine, http: HttpCheck, image: str, seconds: int) -> Iterator[str]:
    def problem(answer: Answer) -> str | None:
        if answer.status != http.status:
            return f"GET {http.path} gave status {answer.status}, not {http.status}"
        return text_problem(f"the body of {http.path}", answer.body, http.body, http.text)

    answer = engine.ask(image, http.port, http.path, seconds, lambda found: problem(found) is None)
    if told := problem(answer):
        yield told
