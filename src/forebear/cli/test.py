"""`forebear test`: the gates alone, on what is built."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from forebear.cli.common import SELECT_HELP, common, open_project, selecting

if TYPE_CHECKING:
    from forebear.api import Gated
    from forebear.cli.console import Console


@click.command(
    "test",
    help=f"""Let the images that are on the engine pass their gates, the `tests` of lineage.yml.

`forebear build` does so before it moves a tag.

\b
Examples:
  forebear test            every image that has gates
  forebear test webapp     one
  forebear test --junit gates.xml    for CI, beside what is printed
{SELECT_HELP}""",
)
@selecting
@click.option("--format", "form", type=click.Choice(["text", "junit"]), default="text", help="What is printed.  [text]")
@click.option("--junit", metavar="FILE", type=click.Path(dir_okay=False), help="Also write JUnit XML to FILE.")
@common
def command(console: Console, select: tuple[str, ...], *, form: str, junit: str | None) -> int:
    """Test."""
    from forebear import api

    results = api.run_gates(open_project(console.start), api.connect(), select)
    if form == "junit":
        click.echo(api.gates_as_junit(results), nl=False)
    for each in results if form == "text" else ():
        word, color = ("failed", "red") if each.problem else ("passed", "green")
        console.result(f"{word:<8} {each.image}{f': {each.problem}' if each.problem else ''}", fg=color)
    body = [_document(each) for each in results]
    console.document("forebear.test/1", {"images": body})
    if junit:
        _write(junit, api.gates_as_junit(results))
    if not results:
        console.note("no image here has gates; declare them as `tests` in lineage.yml")
    return 3 if any(each.problem for each in results) else 0


def _document(each: Gated) -> dict[str, object]:
    gates = [{"gate": one.gate, "problems": list(one.problems), "seconds": one.seconds} for one in each.gates]
    return {"image": each.image, "reference": each.reference, "problem": each.problem, "gates": gates}


def _write(path: str, text: str) -> None:
    try:
        Path(path).write_text(text, "utf-8")
    except OSError as error:
        raise click.BadParameter(f"{path} cannot be written: {error.strerror}", param_hint="--junit") from error
