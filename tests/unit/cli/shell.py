"""The command line in a test: what it prints, and a record of it to compare with a golden file."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from forebear.cli.main import run

if TYPE_CHECKING:
    import pytest

GOLDEN = Path(__file__).parents[2] / "golden" / "cli"
WRITE = "FOREBEAR_GOLDEN"
"""The environment variable that has the golden files written anew: look at what git says changed."""

VARYING = (
    (r" in \d+\.\d s", " in N s"),
    (r"sha256:[0-9a-f]{64}", "sha256:HEX"),
    (r"inputs are [0-9a-f]{12}", "inputs are HEX"),
    (r'"seconds": [\d.]+', '"seconds": N'),
)


@dataclass(frozen=True)
class Ran:
    """What a command came to."""

    code: int
    out: str
    err: str


@dataclass
class Shell:
    """Runs commands in a folder, and remembers all that they print."""

    capsys: pytest.CaptureFixture[str]
    root: Path
    said: list[str] = field(default_factory=list)

    def __call__(self, *arguments: str) -> Ran:
        """Run forebear."""
        self.capsys.readouterr()
        code = run(["-C", str(self.root), *arguments])
        ran = Ran(code, *self.capsys.readouterr())
        self.said.append(f"$ forebear {' '.join(arguments)}\n{ran.out}")
        self.said += [f"--- standard error\n{ran.err}"] if ran.err else []
        self.said.append(f"--- exit code {code}\n\n")
        return ran

    def note(self, text: str) -> None:
        """Say in the record what happened between two commands."""
        self.said.append(f"# {text}\n")

    def check(self, name: str) -> None:
        """Compare all that was said with a golden file."""
        text = "".join(self.said).replace(str(self.root), "ROOT")
        for pattern, replacement in VARYING:
            text = re.sub(pattern, replacement, text)
        file = GOLDEN / f"{name}.txt"
        if os.environ.get(WRITE):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        assert text == file.read_text(), f"to write the golden files anew: {WRITE}=1 pytest tests/unit/cli"
