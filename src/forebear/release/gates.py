"""Gates: the checks that an image must pass before its tag moves and its children build."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from forebear.errors import BuildFailed, EngineRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forebear.engine.model import Engine, Log
    from forebear.lineage.model import Gate

SECONDS: Final = 60
"""How long the command of a gate may take."""


def check(engine: Engine, gates: Sequence[Gate], image: str, log: Log) -> None:
    """Let an image, by ID, pass its gates; raises BuildFailed that names every gate that it does not pass."""
    failed = [problem for gate in gates if (problem := _problem(engine, gate, image, log))]
    if failed:
        raise BuildFailed("; ".join(failed))


def _problem(engine: Engine, gate: Gate, image: str, log: Log) -> str | None:
    log(f"gate {gate.name}: {' '.join(gate.run)}")
    try:
        outcome = engine.run(image, gate.run, SECONDS)
    except (BuildFailed, EngineRefused) as error:
        return f'gate "{gate.name}": {error.problem}'
    for line in outcome.output.splitlines():
        log(f"  {line}")
    if outcome.exit != gate.exit:
        return f'gate "{gate.name}": exit code {outcome.exit}, not {gate.exit}'
    if gate.output is not None and not re.search(gate.output, outcome.output):
        return f"gate \"{gate.name}\": its output does not match '{gate.output}'"
    return None
