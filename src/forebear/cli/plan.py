"""`forebear plan`: what a build would do, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from forebear.cli.common import SELECT_HELP, common, open_project, selecting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forebear.build.plan import Plan, Step
    from forebear.cli.console import Console

COLORS = {"build": "yellow", "reuse": "green", "blocked": "red", "unknown": None}


@click.command(
    "plan",
    help=f"""Tell for each image whether a build would build or reuse it, and name what changed.

\b
Examples:
  forebear plan              the whole family
  forebear plan webapp       one image
  forebear plan --offline    what can be told without an engine: the order, and what is blocked
{SELECT_HELP}""",
)
@selecting
@click.option("--offline", is_flag=True, help="Ask no engine.")
@common
def command(console: Console, select: tuple[str, ...], *, offline: bool) -> int:
    """Plan."""
    from forebear import api

    made = api.plan(open_project(console.start), None if offline else api.connect(), select)
    show(console, made)
    console.document("forebear.plan/1", document(made))
    return 0


def show(console: Console, made: Plan) -> None:
    """Print a plan, an image a line, with further reasons below."""
    console.results(_lines(made))
    console.note(summary(made))


def _lines(made: Plan) -> Iterator[tuple[str, str | None]]:
    width = max((len(_name(step)) for step in made.steps), default=0)
    for step in made.steps:
        first, *more = step.reasons
        yield f"{step.action:<8} {_name(step):<{width}}  {first}", COLORS[step.action]
        for reason in (*more, *(["may be spared: only its parent is built"] if step.may_be_spared else [])):
            yield f"{'':<8} {'':<{width}}  {reason}", None


def summary(made: Plan) -> str:
    """The counts of a plan, in words."""
    counts = ((word, made.count(word)) for word in dict.fromkeys(step.action for step in made.steps))
    words = [f"{count} to {word}" if word in ("build", "reuse") else f"{count} {word}" for word, count in counts]
    spared = sum(step.may_be_spared for step in made.steps)
    return ", ".join(words) + (f" ({spared} of them may be spared)" if spared else "")


def _name(step: Step) -> str:
    return f"{step.target.image} {step.recipe.reference.rpartition(':')[2]}"


def document(made: Plan) -> dict[str, object]:
    """A plan, as `--json` prints it."""
    return {
        "steps": [
            {
                "image": step.target.image,
                "platform": step.target.platform,
                "reference": step.recipe.reference,
                "action": step.action,
                "reasons": list(step.reasons),
                "key": step.key,
                "may_be_spared": step.may_be_spared,
            }
            for step in made.steps
        ]
    }
