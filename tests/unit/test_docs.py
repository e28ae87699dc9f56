"""The documentation cannot rot: its examples are tried, and what it lists is compared with the code."""

from __future__ import annotations

import json
import re
import shlex
from collections import defaultdict
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click
import pytest

from forebear import api
from forebear.build.events import Preparing
from forebear.build.key import IMAGE, INPUTS, KEY, OCI, PARENT, STAMPED
from forebear.build.plan import Action
from forebear.build.promise import Grade, Graded
from forebear.build.recipe import BaseKind, Target
from forebear.cli import outdated, outlook, promote, prune, publish, verify
from forebear.cli.events import document as event
from forebear.cli.lock import check_document, latest_document
from forebear.cli.main import COMMANDS, forebear, run
from forebear.cli.reproduce import document as reproduced
from forebear.cli.reproduce import engine_document
from forebear.contents.compare import Difference, Kind
from forebear.dockerfile.reader import read as read_dockerfile
from forebear.dockerfile.rendering import ImageView, Renderer, Request
from forebear.errors import BuildFailed, EngineUnreachable
from forebear.lineage.reader import read as read_lineage
from forebear.lineage.schema import json_schema
from forebear.lineage.selectors import parse as parse_select
from forebear.pins.lock import Lock, Pin
from forebear.pins.locking import Locking
from forebear.pins.outdated import Standing
from forebear.reference import Reference
from forebear.release.outlook import Does, Outlook, Planned
from forebear.release.promote import Promoted
from forebear.release.proof import Subject, prove
from forebear.release.publish import Release
from forebear.release.reproduce import Found, Layer, Reproduced
from forebear.release.verify import Proof

from .projects import Site, site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = sorted(path for folder in (ROOT, ROOT / "docs", ROOT / "benchmarks") for path in folder.glob("*.md"))
REFERENCE: Final = ROOT / "docs/lineage.md"
DOCUMENTS: Final = ROOT / "docs/json.md"
FENCED: Final = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
INDENTED: Final = re.compile(r"(?:^    .*\n)+", re.MULTILINE)


class Block(NamedTuple):
    """A piece of code in a page: the language of a fence ("" for an indented one), and the text."""

    where: str
    language: str
    text: str


def blocks(page: Path) -> Iterator[Block]:
    """The code of a page that stands in lines of its own."""
    text = page.read_text("utf-8")
    unfenced = FENCED.sub(lambda found: re.sub(".", "-", found[0]), text)
    found = [(each.start(), each[1], each[2]) for each in FENCED.finditer(text)]
    found += [(each.start(), "", dedent(each[0])) for each in INDENTED.finditer(unfenced)]
    for start, language, code in found:
        yield Block(f"{page.name}:{text.count(chr(10), 0, start) + 1}", language, code)


def prose(page: Path) -> str:
    """What of a page is not code in lines of its own."""
    return INDENTED.sub("", FENCED.sub("", page.read_text("utf-8")))


def spans(text: str) -> list[str]:
    """The code in a text's lines."""
    return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", text)]


ALL_BLOCKS: Final = [block for page in PAGES for block in blocks(page)]


def fenced(language: str) -> list[Any]:
    return [pytest.param(block.text, id=block.where) for block in ALL_BLOCKS if block.language == language]


# Examples


LINEAGES: Final = [each for each in fenced("yaml") if each.values[0].startswith("lineage: 1")]


def test_there_are_examples() -> None:
    assert {str(each.id).partition(":")[0] for each in LINEAGES} >= {"README.md", "lineage.md"}
    assert len(fenced("jinja")) > 3


@pytest.mark.parametrize("text", LINEAGES)
def test_every_lineage_is_sound(text: str) -> None:
    assert read_lineage(text.encode()).images


VARS: Final = {
    "title": "Firethorn",
    "port": 8080,
    "roles": ("reader", "writer"),
    "environment": {"LANG": "C.UTF-8"},
    "java": "1:1.8.0.111-1.b16.fc25",
    "tomcat": "1:8.0.36-2.fc25",
}


@pytest.mark.parametrize("text", [*fenced("jinja"), *fenced("dockerfile")])
def test_every_template_renders_to_a_dockerfile(text: str) -> None:
    image = ImageView("webapp", "2.1.7", "firethorn/webapp:2.1.7")
    request = Request(image, "firethorn", "2.1.7", "firethorn/tomcat:2.1.7", {"build": "firethorn/maven:3.9.9"}, VARS)
    rendered = Renderer({"webapp.Dockerfile.j2": text}.get).render("webapp.Dockerfile.j2", request)
    assert read_dockerfile(rendered).stages[-1].base.resolved == "firethorn/tomcat:2.1.7"


# Commands


TYPED: Final = re.compile(r"(?:[$#] )?(?:\S.* -- )?(?:\S*/)?(forebear .*)")


def typed() -> Iterator[tuple[str, str]]:
    """Where what begins with forebear stands as a line of its own, and that line."""
    for block in ALL_BLOCKS:
        for line in block.text.split("\n"):
            if block.language in ("", "console", "sh") and (found := TYPED.match(line)):
                yield block.where, found[1]


def named() -> Iterator[tuple[str, str]]:
    """The same for code in lines: `forebear lock`, `lock --check`."""
    for page in PAGES:
        for span in spans(prose(page)):
            if span.startswith("forebear "):
                yield page.name, span
            elif span.partition(" ")[0] in COMMANDS and " -" in span:
                yield page.name, f"forebear {span}"


def command_lines() -> list[Any]:
    found = sorted({*typed(), *named()})
    return [pytest.param(line, id=f"{where}: {line[:40]}") for where, line in found]


def options_of(command: click.Command) -> set[str]:
    return {option for parameter in command.params for option in parameter.opts} | {"--help", "-h"}


@pytest.mark.parametrize("line", command_lines())
def test_every_command_and_option_exists(line: str) -> None:
    words = shlex.split(re.split(r"  | [|>] ", line)[0], comments=True)[1:]
    name = next((word for word in words if not word.startswith("-")), "COMMAND")
    command = forebear if name == "COMMAND" else forebear.get_command(click.Context(forebear), name)
    assert command is not None, f"there is no command {name}"
    assert {word for word in words if word.startswith("-")} <= options_of(command)


def test_every_command_is_documented() -> None:
    words = {word for page in PAGES for span in spans(prose(page)) for word in span.split()}
    assert set(COMMANDS) <= words


# Links


def slug(heading: str) -> str:
    """As GitHub makes the anchor of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def links() -> Iterator[Any]:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
            if "://" not in target:
                yield pytest.param(page, target, id=f"{page.name}: {target}")


@pytest.mark.parametrize(("page", "target"), [*links()])
def test_every_link_leads_somewhere(page: Path, target: str) -> None:
    path, _, anchor = target.partition("#")
    there = (page.parent / path).resolve() if path else page
    assert there.exists()
    if anchor:
        assert anchor in [slug(heading) for heading in re.findall(r"^#+ (.*)$", there.read_text("utf-8"), re.MULTILINE)]


# The reference


def test_every_key_of_lineage_yml_is_documented() -> None:
    schema = json_schema()
    keys = {key for part in (schema, *schema["$defs"].values()) for key in part["properties"]}
    assert len(keys) > 20
    assert keys <= set(re.findall(r"^\| `(\w+)` \|", REFERENCE.read_text("utf-8"), re.MULTILINE))


def test_every_label_action_and_variable_is_documented() -> None:
    said = set(spans(prose(REFERENCE)))
    assert {*STAMPED, KEY, INPUTS, IMAGE, PARENT, f"{OCI}source"} <= said
    assert {action for action in Action if action is not Action.LEFT} <= said
    assert {f"image.{name}" for name in ImageView.__dataclass_fields__} <= said
    assert set(Request.__dataclass_fields__) <= {span.partition(".")[0] for span in said}


def test_every_selector_is_one() -> None:
    section = prose(REFERENCE).partition("## SELECT")[2].partition("\n## ")[0]
    texts = [text for row in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE) for text in spans(row)]
    assert len(texts) > 8
    for argument in shlex.split(" ".join(texts)):
        parse_select(argument)


# The documents of --json


def test_every_document_is_listed() -> None:
    files = (path for room in ("cli", "pictures") for path in (ROOT / "src/forebear" / room).glob("*.py"))
    source = "".join(path.read_text("utf-8") for path in files)
    headings = re.findall(r"^## (\S+/\d+)$", DOCUMENTS.read_text("utf-8"), re.MULTILINE)
    assert sorted(headings) == sorted(set(re.findall(r"forebear\.[a-z-]+/\d+", source)))


FREE: Final = ("counts", "platforms", "uses")
"""Mappings whose keys are names that users give, or kinds of which there may be none."""


def fields(value: object, above: str = "") -> Iterator[str]:
    """The paths of all fields of a document: `steps[].image`."""
    if isinstance(value, dict):
        for key, inner in value.items():
            path = f"{above}.{key}".lstrip(".")
            yield path
            yield from () if key in FREE else fields(inner, path)
    elif isinstance(value, list):
        for inner in value:
            yield from fields(inner, f"{above}[]")


def by_kind(documents: Iterable[dict[str, Any]]) -> dict[str, set[str]]:
    """The fields of documents by format and event."""
    found: dict[str, set[str]] = defaultdict(set)
    for document in documents:
        found[f"{document['format']} {document.get('event', '')}".strip()] |= set(fields(document))
    return found


def read_all(text: str) -> Iterator[dict[str, Any]]:
    """The documents that follow on each other in a text."""
    while text := text.strip():
        document, end = json.JSONDecoder().raw_decode(text)
        text = text[end:]
        yield document


IMAGES: Final = """\
  fedora: {from: "docker.io/library/fedora:25", tests: [{name: says it, run: [echo, it], output: it}]}
  tomcat: {from: fedora}
  webapp: {from: tomcat}
"""


OTHER: Final = """\
FROM fedora
# forebear: ignore=latest because it is tried
FROM debian:latest
FROM nginx:1.27.4
FROM node:22.14.0
"""


def printed(place: Site, ask: Callable[..., list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """Documents of every kind, printed by the commands."""
    place.write("other/Dockerfile", OTHER)
    place.engine.fails = {"webapp": BuildFailed("exit code 7")}
    for words in (
        "lock --upgrade",
        "render --check",
        "render",
        "graph",
        "plan",
        "build",
        "test",
        "plan nosuch",
        "audit other --fix --dry-run",
        "audit --rules",
        "doctor",
    ):
        yield from ask(*words.split())
    yield from ask("cut", "patch", "webapp", "--dry-run")
    yield from ask("init", "-C", str(place.root / "templates"))
    place.write("theirs/a/Dockerfile", "FROM debian:12\n")
    place.write("theirs/b/Dockerfile", "FROM debian:13\n")
    place.write("theirs/c/Dockerfile", "FROM debian\n")
    place.write("theirs/compose.yml", "services: {db: {build: db}}\n")
    yield from ask("import", "theirs")
    engines = dict.fromkeys(("first", "second"), engine_document(place.engine))
    yield {"format": "forebear.reproduce/1", "engines": engines, "images": [reproduced(DIFFERENT)]}
    yield from releases(place)
    fedora, known = Reference.parse("fedora:25"), Pin(Reference.parse("fedora:26"), "sha256:1", platforms=())
    failures = (EngineUnreachable("there is no such host", "see its spelling"),)
    yield {"format": "forebear.outdated/1", "upstreams": [outdated.document(Standing(fedora, failures=failures))]}
    locking = Locking(Lock("acme", {known.upstream: known}), (), failures)
    yield {"format": "forebear.lock-check/1", **check_document(locking)}
    yield {"format": "forebear.lock-latest/1", **latest_document({fedora: known.upstream}, locking)}
    yield {
        "format": "forebear.event/1",
        **event(Preparing(Target("web", "linux/amd64"), "make", "it is new", "web.log")),
    }
    place.declare(IMAGES.replace("fedora:25", "fedora:26"))
    yield from ask("lock", "--check")
    place.engine.info = refuse  # type: ignore[method-assign]
    yield from ask("plan")


def releases(place: Site) -> Iterator[dict[str, Any]]:
    """Documents of what no fake engine does: a publication, and what follows from it."""
    digests = (("docker.io/acme/web:1.0.0", f"sha256:{'0' * 64}"),)
    yield {"format": "forebear.publish/1", **publish.document(Release("1.0.0", "releases/1.0.0.json", digests, True))}
    planned = (Planned("docker.io/acme/web:1.0.0", Does.PUSH, "not published yet"),)
    made = outlook.document(Outlook("", planned))
    yield {"format": "forebear.publish-plan/1", **made}
    yield {"format": "forebear.promote-plan/1", "version": "1.0.0", "to": "example.org", **made}
    yield {"format": "forebear.publish-abort/1", "version": "1.0.0"}
    yield {"format": "forebear.promote/1", **promote.document(Promoted("1.0.0", "example.org", digests))}
    yield {"format": "forebear.promote-abort/1", "version": "1.0.0", "to": "example.org"}
    target = Target("web", "linux/amd64")
    subject = Subject(target, "docker.io/acme/web:1.0.0", BaseKind.SCRATCH, "scratch", None, None)
    proof = Proof("1.0.0", "", prove([subject], {}))
    yield {"format": "forebear.verify/1", **verify.document(proof)}
    decided = prune.document(api.prune_plan(place.project, place.engine), None)
    yield {"format": "forebear.prune/1", **decided}


DIFFERENT: Final = Reproduced(
    target=Target("web", "linux/amd64"),
    reference="docker.io/acme/web:1.0.0",
    graded=Graded(Grade.INPUTS, "its layers differ"),
    first="sha256:1",
    second="sha256:2",
    layers=(Layer(1, None, ((Kind.CONTENT, 1),), (Found(Difference("x", (Kind.CONTENT,), "1", "2"), None),)),),
)


def refuse() -> Any:
    raise EngineUnreachable("there is no Docker engine", "start one")


def test_every_document_has_the_fields_that_are_documented(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = site(tmp_path, IMAGES)
    monkeypatch.setattr(api, "connect", lambda: place.engine)
    digests = {Reference.parse("nginx:1.27.4"): "sha256:" + "4" * 64}
    monkeypatch.setattr(api, "digests_of_today", lambda _start: digests.get)

    def ask(*words: str) -> list[dict[str, Any]]:
        run([*words, "--json", "-q", *(() if "-C" in words else ("-C", str(place.root)))])
        return list(read_all(capsys.readouterr().out))

    found = by_kind(printed(place, ask))
    assert by_kind(document for block in blocks(DOCUMENTS) for document in read_all(block.text)) == found
    _, *parts = re.split(r"^## (\S+/\d)$", DOCUMENTS.read_text("utf-8"), flags=re.MULTILINE)
    sections = dict(zip(parts[::2], parts[1::2], strict=True))
    for name, section in sections.items():
        said = {field for kind, paths in found.items() if kind.split()[0] == name for field in paths}
        assert rows(section) <= said
        linked = "".join(sections[other] for other in re.findall(r"\[`(\S+)`\]", section))
        assert {field.rpartition(".")[2] for field in said} <= names(section + linked)


def rows(section: str) -> set[str]:
    """The fields that the tables of a section describe."""
    return {field for cell in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE) for field in spans(cell)}


def names(section: str) -> set[str]:
    """What a section names at all; `format` is in every document, and described once."""
    return {"format"} | {name for span in spans(FENCED.sub("", section)) for name in re.findall(r"[a-z_]+", span)}
