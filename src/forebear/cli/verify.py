"""`forebear verify`: prove the ancestry of what is published."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from forebear.cli.common import common, open_project

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from forebear.cli.console import Console
    from forebear.release.proof import Proved
    from forebear.release.verify import Proof

COLORS = {"proved": "green", "trusted": "yellow", "wrong": "red"}


@click.command(
    "verify",
    help="""Prove from the registry alone that what is published is what its record says, and descends as it should.

Every tag has to name the recorded digest, and the layers of every child have to begin with those of its parent, up to
the locked upstream. Without a record the ancestry is proved by the labels. What cannot be proved is named.

RELEASE is a version, or the reference of an image; else it is the version that lineage.yml declares.

\b
Examples:
  forebear verify               the release that lineage.yml declares
  forebear verify 2.1.7 -v      another one, with every statement
  forebear verify 2.1.7 --registry registry.example.org    where it was promoted to
  forebear verify registry.example.org/firethorn/webapp:2.1.7    an image and its ancestors, by their labels""",
)
@click.argument("release", required=False, metavar="[RELEASE]")
@click.option("--registry", "at", metavar="REGISTRY", help="Look in this registry, where the release was promoted to.")
@common
def command(console: Console, release: str | None, *, at: str | None) -> int:
    """Verify."""
    from forebear import api

    proof = api.verify(open_project(console.start), release, at=at)
    for line, color in _tree(proof, verbose=console.verbose):
        console.result(line, fg=color)
    console.document("forebear.verify/1", document(proof))
    _conclude(console, proof)
    return 0 if proof.holds else 1


def _conclude(console: Console, proof: Proof) -> None:
    trusted = sum(bool(each.trusted) for each in proof.proved)
    wrong = sum(bool(each.wrong) for each in proof.proved)
    against = f"against {proof.record}" if proof.record else "by the labels alone: there is no record"
    words = [f"{len(proof.proved) - wrong} as they have to be", *([f"{wrong} wrong"] if wrong else [])]
    words += [f"something had to be trusted for {trusted}"] if trusted else []
    console.note(f"{proof.release}, {against}: {', '.join(words)}")


def _tree(proof: Proof, *, verbose: bool) -> Iterator[tuple[str, str | None]]:
    """The proof as a tree: each image below what it starts from."""
    names = {each.subject.target for each in proof.proved}
    children: dict[tuple[str, str], list[Proved]] = {}
    for each in proof.proved:
        subject = each.subject
        children.setdefault((subject.ground, subject.target.platform), []).append(each)
    tops = [key for key in children if key not in {(name.image, name.platform) for name in names}]
    for top in tops:
        yield f"{top[0]}{f' ({top[1]})' if len({key[1] for key in tops}) > 1 else ''}", None
        yield from _below(children.get(top, []), children, "", verbose=verbose)


def _below(
    these: Sequence[Proved], children: Mapping[tuple[str, str], Sequence[Proved]], indent: str, *, verbose: bool
) -> Iterator[tuple[str, str | None]]:
    for each in these:
        last = each is these[-1]
        target, version = each.subject.target, each.subject.reference.rpartition(":")[2]
        own = children.get((target.image, target.platform), ())
        verdict = "wrong" if each.wrong else "trusted" if each.trusted else "proved"
        yield f"{indent}+-- {target.image} {version}: {verdict}", COLORS[verdict]
        rest = indent + ("    " if last else "|   ")
        for statement in each.statements:
            if verbose or statement.verdict != "proved" or statement.text.startswith(("begins", "starts")):
                mark = "" if statement.verdict == "proved" else f"{statement.verdict}: "
                bar = "|   " if own else "    "
                yield f"{rest}{bar}{mark}{statement.text}", COLORS[statement.verdict] if mark else None
        yield from _below(own, children, rest, verbose=verbose)


def document(proof: Proof) -> dict[str, object]:
    """A proof, as `--json` prints it."""
    return {
        "release": proof.release,
        "record": proof.record,
        "holds": proof.holds,
        "images": [_image(each) for each in proof.proved],
    }


def _image(each: Proved) -> dict[str, object]:
    subject = each.subject
    return {
        "image": subject.target.image,
        "platform": subject.target.platform,
        "reference": subject.reference,
        "from": {"kind": subject.kind, "name": subject.ground},
        "digest": subject.found.digest if subject.found else None,
        "statements": [{"verdict": one.verdict, "text": one.text} for one in each.statements],
    }
