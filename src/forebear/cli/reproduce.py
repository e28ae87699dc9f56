"""`forebear reproduce`: the same image again, bit for bit, or the reason where it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from forebear.cli.common import SELECT_HELP, common, open_project, selecting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forebear.cli.console import Console
    from forebear.engine.model import Engine
    from forebear.release.reproduce import Found, Layer, Reproduced

COLORS = {"digest": "green", "layers": "yellow", "inputs": "yellow", "none": "red"}


@click.command(
    "reproduce",
    help=f"""Build images a second time, from an empty cache, and compare them with those that are there.

Each gets a grade: `digest`, the same image; `layers`, the same layers; `inputs`, only made of the same. Where bytes
differ, the files are named, with the instruction and the line of the template that they come from, the likely
cause and a cure. What is built for it is removed again.

\b
Examples:
  forebear reproduce                 the whole family
  forebear reproduce webapp          one image, on its parent as it is
  forebear reproduce --engine unix:///run/other.sock    on another engine, ancestors and all
{SELECT_HELP}""",
)
@selecting
@click.option(
    "--engine", "address", metavar="URL", help="Build on this engine, and compare with that of the environment."
)
@click.option("-j", "--jobs", type=click.IntRange(1, 256), help="How many images to build at once.  [four a processor]")
@common
def command(console: Console, select: tuple[str, ...], *, address: str | None, jobs: int | None) -> int:
    """Reproduce."""
    from forebear import api
    from forebear.cli.display import display

    project, engine = open_project(console.start), api.connect()
    other = api.connect(address) if address else None
    with display(console, rebuild=True) as emit:
        results = api.reproduce(project, engine, select, api.Options(jobs or 0), emit, other=other)
    for each in results:
        for line, color in _lines(each):
            console.result(line, fg=color)
    engines = {"first": engine_document(engine), "second": engine_document(other or engine)}
    console.line("forebear.reproduce/1", {"engines": engines, "images": [document(each) for each in results]})
    if any(each.problem for each in results):
        return 3
    return 0 if all(each.good for each in results) else 1


def engine_document(engine: Engine) -> dict[str, object]:
    """What of an engine decides how far its images can be the same, as `--json` prints it."""
    info, can = engine.info(), engine.capabilities()
    builder = {"builder": can.builder, "builder_version": can.version}
    return {"host": info.host, "version": info.version, **builder, "store": info.store}


def _lines(each: Reproduced) -> Iterator[tuple[str, str | None]]:
    name = f"{each.target.image} {each.reference.rpartition(':')[2]}"
    why = each.problem or each.graded.obstacle or f"{each.first} twice"
    yield f"{each.graded.grade:<8} {name}: {why}", COLORS[each.graded.grade]
    for layer in each.layers:
        yield f"    layer {layer.number}{_from(layer)}", None
        for found in layer.found:
            yield from ((line, None) for line in _found(found))
        hidden = sum(count for _, count in layer.counts) - sum(len(found.difference.kinds) for found in layer.found)
        if hidden > 0:
            yield f"        and {hidden} more differences", None


def _from(layer: Layer) -> str:
    if layer.blame is None:
        return ""
    instruction = layer.blame.instruction if len(layer.blame.instruction) <= 70 else layer.blame.instruction[:69] + "…"
    return f", from {instruction}\n        (Dockerfile:{layer.blame.line}; {layer.blame.template})"


def _found(found: Found) -> Iterator[str]:
    difference = found.difference
    path = f"/{difference.path}" if difference.path else "the layer"
    yield f"        {path}  {', '.join(difference.kinds)}: {difference.first} / {difference.second}"
    if found.cause:
        yield f"            {found.cause.code}: {found.cause.why}; cure: {found.cause.cure}"


def document(each: Reproduced) -> dict[str, object]:
    """How an image came out, as `--json` prints it."""
    return {
        "image": each.target.image,
        "platform": each.target.platform,
        "reference": each.reference,
        "grade": each.graded.grade,
        "obstacle": each.graded.obstacle,
        "good": each.good,
        "first": each.first,
        "second": each.second,
        "problem": each.problem,
        "layers": [_layer(layer) for layer in each.layers],
    }


def _layer(layer: Layer) -> dict[str, object]:
    where = layer.blame
    return {
        "number": layer.number,
        "instruction": where.instruction if where else "",
        "line": where.line if where else 0,
        "template": where.template if where else "",
        "counts": {str(kind): count for kind, count in layer.counts},
        "differences": [_difference(found) for found in layer.found],
    }


def _difference(found: Found) -> dict[str, object]:
    each = found.difference
    body = {"path": each.path, "kinds": list(each.kinds), "first": each.first, "second": each.second}
    return {**body, "cause": found.cause.code if found.cause else "", "cure": found.cause.cure if found.cause else ""}
