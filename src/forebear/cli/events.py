"""The events of a run as documents: `forebear.event/1`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forebear.build.events import Began, Ended, Event, Preparing, Progress, Started
from forebear.cli.plan import document as plan_document

if TYPE_CHECKING:
    from forebear.build.recipe import Target


def document(event: Event) -> dict[str, object]:
    """An event as plain data; `event` tells which."""
    match event:
        case Preparing():
            said = {"command": event.command, "why": event.why, "log": event.log}
            return {"event": "preparing", **_target(event.target), **said}
        case Began():
            return {"event": "began", **_began(event)}
        case Started():
            body = {"reasons": list(event.reasons), "log": event.log}
            return {"event": "started", **_target(event.target), **body}
        case Progress():
            return {"event": "progress", **_target(event.target), "line": event.line}
        case Ended():
            return {"event": "ended", **_target(event.target), **_ended(event)}


def _target(target: Target) -> dict[str, object]:
    return {"image": target.image, "platform": target.platform}


def _began(event: Began) -> dict[str, object]:
    engine, can = event.engine, event.capabilities
    return {
        "engine": {"version": engine.version, "api": engine.api, "store": engine.store, "platform": engine.platform},
        "builder": can.builder if can else None,
        "builder_version": can.version if can else "",
        "rewrites_timestamps": can.rewrites_timestamps if can else None,
        **plan_document(event.plan),
    }


def _ended(event: Ended) -> dict[str, object]:
    return {
        "reference": event.reference,
        "outcome": event.outcome,
        "why": list(event.why),
        "id": event.image,
        "key": event.key,
        "seconds": round(event.seconds, 3),
        "log": event.log,
        "tail": list(event.tail),
        "grade": event.graded.grade if event.graded else None,
        "obstacle": event.graded.obstacle if event.graded else "",
    }
