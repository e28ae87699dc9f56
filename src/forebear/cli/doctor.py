"""`forebear doctor`: what this engine can promise, and what is in the way."""

from __future__ import annotations

import shutil
import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import click

from forebear.cli.common import common

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forebear.cli.console import Console
    from forebear.release.doctor import Diagnosis
    from forebear.release.findings import Finding

COLORS: Final = {"problem": "red", "note": "yellow", "good": "green"}
WIDEST: Final = 100
"""Columns of text beyond which lines are hard to read."""

INDENT: Final = " " * 9


@click.command(
    "doctor",
    help="""Examine the engine, and the project if there is one: what they can promise, and what is in the way.

Capabilities are tried, not guessed from versions: tiny images are built, and removed again. Each finding says what
is, what it means and what to do; problems come first. The exit code is 1 where there is one, and 4 where the engine
cannot be reached.

\b
Examples:
  forebear doctor                                        the engine that forebear build would use
  DOCKER_HOST=unix:///run/x.sock forebear doctor         another one
  forebear doctor -q                                     nothing but problems and notes""",
)
@common
def command(console: Console) -> int:
    """Examine."""
    from forebear import api

    diagnosis = api.doctor(console.start, api.connect)
    for finding in diagnosis.findings:
        if finding.action or not console.quiet:
            _show(console, finding)
    console.document("forebear.doctor/1", document(diagnosis))
    console.note(summary(diagnosis))
    if diagnosis.engine is None:
        return 4
    return 1 if diagnosis.problems else 0


def _show(console: Console, finding: Finding) -> None:
    first, *more = lines(finding, min(WIDEST, shutil.get_terminal_size((WIDEST, 0)).columns))
    console.result(first, fg=COLORS[finding.level])
    for line in more:
        console.result(line)


def lines(finding: Finding, width: int) -> Iterator[str]:
    """A finding in lines of a width in columns; what is good takes as few as it can."""
    if not finding.action:
        yield from _wrapped(f"{finding.what}; {finding.means}", f"{finding.level:<8} ", width)
        return
    yield from _wrapped(finding.what, f"{finding.level:<8} ", width)
    yield from _wrapped(finding.means, INDENT, width)
    yield from _wrapped(finding.action, f"{INDENT}-> ", width)


def _wrapped(text: str, before: str, width: int) -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=before,
        subsequent_indent=" " * len(before),
        break_on_hyphens=False,
        break_long_words=False,
    )


def summary(diagnosis: Diagnosis) -> str:
    """The count of problems, and the best grade."""
    count = f"{diagnosis.problems or 'no'} problem{'' if diagnosis.problems == 1 else 's'}"
    return f"{count}; the best grade to be had: {diagnosis.grade}" if diagnosis.grade else count


def document(diagnosis: Diagnosis) -> dict[str, object]:
    """A diagnosis, as `--json` prints it."""
    return {
        "engine": _engine(diagnosis),
        "grade": diagnosis.grade,
        "findings": [asdict(finding) for finding in diagnosis.findings],
    }


def _engine(diagnosis: Diagnosis) -> dict[str, object] | None:
    info, details, capabilities = diagnosis.engine, diagnosis.details, diagnosis.capabilities
    if info is None or details is None or capabilities is None:
        return None
    return {
        "host": info.host,
        "version": info.version,
        "api": info.api,
        "platform": info.platform,
        "builder": capabilities.builder,
        "builder_version": capabilities.version,
        "store": info.store,
        "driver": details.driver,
    }
