"""Many inputs for the readers of files other than Dockerfiles: nothing is raised, and every span is right."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from forebear.pins.audit import compose
from forebear.pins.audit.fix import applied, mend, wanted
from forebear.pins.audit.judge import Judge
from forebear.pins.audit.kinds import Kind, reader
from forebear.pins.audit.model import Use
from forebear.pins.audit.settings import Settings
from forebear.pins.audit.settle import settle
from unit.pins.audit.reading import SIGNS, VALUES, WORDS, assert_placed, checked, selected

INPUTS = 4_000
"""For each kind."""

DIGEST = "sha256:" + "5" * 64
STARTS = {
    Kind.COMPOSE: "services:\n  a:\n    image: x:1\n",
    Kind.KUBERNETES: "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: x:1\n",
    Kind.HELM: "image:\n  repository: a\n  tag: x\n",
    Kind.GITHUB: "jobs:\n  a:\n    strategy:\n      matrix: {v: [1, 2]}\n    container: x:${{ matrix.v }}\n",
    Kind.GITLAB: "variables: {A: x:1}\na:\n  image: $A\n  services: [y]\n",
    Kind.DEVCONTAINER: '{"image": "x:1", // c\n "features": {"ghcr.io/a/b:1": {}}}\n',
}
PIECES = [piece.encode() for piece in (*WORDS, *VALUES, *SIGNS)] + [b"\xff", b"\x00", b"\xed\xa0\x80", b"image: "]


def changed(data: bytes, dice: random.Random) -> bytes:
    """The bytes with some of them cut out, repeated, or replaced by words that readers look for."""
    for _ in range(dice.randint(1, 6)):
        start = dice.randint(0, len(data))
        end = min(len(data), start + dice.choice([0, 0, 1, 3, 20]))
        data = data[:start] + dice.choice([*PIECES, data[start:end] * 2, b""]) + data[end:]
    return data


@pytest.mark.parametrize("kind", STARTS)
def test_readers(kind: Kind) -> None:
    dice = random.Random(f"{kind} 1")
    judge = Judge(Settings())
    pool = [STARTS[kind].encode()]
    for _ in range(INPUTS):
        data = changed(dice.choice(pool), dice)
        kept = [*pool[-50:], data] if dice.random() < 0.2 and len(data) < 2_000 else pool[-50:]
        pool = [STARTS[kind].encode(), *kept]
        found = checked(reader(kind), data)
        findings = settle([judge.judge("f", data, found)], judge).findings
        done = mend(data, findings, dict.fromkeys(wanted(findings), DIGEST))
        after = applied(data, done.edits)
        assert len(after) == len(data) + sum(len(edit.text) for edit in done.edits)
        checked(reader(kind), after)


LINES = (
    *(
        "FROM x:1",
        'FROM "x:1" AS a',
        "FROM $$B",
        "from ${B}",
        "ARG B=x:1",
        "COPY --from=y:2 / /",
        "RUN apt-get install z",
    ),
    *(
        "RUN <<E",
        "E",
        "ADD https://a/b /",
        "# forebear: ignore=no-digest because x",
        "ENV T=$B \\",
        "",
        "  # c",
        "FRMO",
    ),
)
ENVIRONMENTS = (b"", b"B=x:1\n", b"B='a\n", b'export B="x:$$C"\r\n', b"\xff=\x00\nB", b"B: ${B:-${C:-x:1}}\n")


def test_dockerfiles_in_compose_files() -> None:
    dice = random.Random(2)
    judge = Judge(Settings())
    mended = 0
    for _ in range(INPUTS // 2):
        style = dice.choice(["|", "|", "|", "|-", ">", "|2", "&a |"])
        lines = [f"        {line}" for line in (dice.choice(LINES[:4]), *dice.choices(LINES, k=dice.randint(0, 4)))]
        text = "\n".join([f"services:\n  a:\n    build:\n      dockerfile_inline: {style}", *lines, ""])
        data = changed(text.encode(), dice) if dice.random() < 0.5 else text.encode()
        found = list(compose.read(data, "f", dice.choice(ENVIRONMENTS)))
        for one in found:
            assert_placed(one.span, data)
            if isinstance(one, Use) and one.written is not None:
                assert selected(one.written, data) == one.resolved
        findings = settle([judge.judge("f", data, found)], judge).findings
        done = mend(data, findings, dict.fromkeys(wanted(findings), DIGEST))
        mended += len(done.edits)
        list(compose.read(applied(data, done.edits), "f"))
    assert mended > INPUTS / 10
