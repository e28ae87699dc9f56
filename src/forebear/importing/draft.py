"""The draft of an import: the family that a tree of Dockerfiles is, as lineage.yml and templates."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from forebear.dockerfile.model import DockerfileFault
from forebear.dockerfile.reader import read
from forebear.importing.bases import Known, member, parsed, references
from forebear.importing.families import clusters, written
from forebear.importing.model import Draft, Refusal
from forebear.importing.names import home, named, owned, places, repositories
from forebear.importing.refused import Refused
from forebear.importing.wording import edited, words
from forebear.lineage.graph import find_cycles
from forebear.lineage.model import DOCKERFILE as USUAL
from forebear.lineage.patterns import CONTEXT, DOCKERFILE, MOUNT_ID, NAME, VARIABLE, VERSION
from forebear.reference import DOCKER_HUB, Reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from forebear.dockerfile.model import Dockerfile
    from forebear.importing.model import Home, Member, Source, Wish


def draft(sources: Sequence[Source], wish: Wish, refused: Iterable[Refusal] = ()) -> Draft:
    """What to write for some Dockerfiles; `refused` are those that must not be imported."""
    out = {each.path: each for each in refused}
    known = _known(sources, wish)
    dockerfiles = _read(sources, out)
    found = [*_tags(sources), *_named(dockerfiles, known)]
    place = home(found, known.owners, wish)
    members = _members([each for each in sources if each.path in dockerfiles], dockerfiles, place, known, out)
    members = _without_orphans(_without_cycles(members, out), out)
    versions = _versions([ref for _, ref in found], place, known.owners, wish)
    return _drafted(members, place, versions, out)


def _known(sources: Sequence[Source], wish: Wish) -> Known:
    """The names of the images: what the tree tags them with, where that is one name, else after their folders."""
    place_of = places(each.path for each in sources)
    above = {path.rpartition("/")[0] for path in place_of} - {""}
    names = named(place_of.values(), wish.fallback, above)
    tagged = {each.path: {ref.repository.rpartition("/")[2] for ref in parsed(each.images)} for each in sources}
    single = {path: next(iter(parts)) for path, parts in tagged.items() if len(parts) == 1}
    wanted = Counter(single.values())
    for path, name in single.items():
        if wanted[name] == 1 and name not in names.values() and re.search(NAME, name):
            names[place_of[path]] = name
    owners = repositories(names) | {name: names[place_of[path]] for path, name in single.items() if wanted[name] == 1}
    return Known({path: names[place] for path, place in place_of.items()}, owners)


def _tags(sources: Iterable[Source]) -> Iterator[tuple[str, Reference]]:
    return (("", reference) for each in sources for reference in parsed(each.images))


def _named(dockerfiles: Mapping[str, Dockerfile], known: Known) -> Iterator[tuple[str, Reference]]:
    return ((known.names[path], ref) for path, each in dockerfiles.items() for ref in references(each))


def _read(sources: Iterable[Source], out: dict[str, Refusal]) -> dict[str, Dockerfile]:
    """The Dockerfiles that can be read."""
    found: dict[str, Dockerfile] = {}
    for source in sources:
        if source.path in out:
            continue
        try:
            found[source.path] = _sound(source)
        except DockerfileFault as fault:
            out[source.path] = Refusal(source.path, fault.line, fault.problem, "correct the Dockerfile")
        except Refused as refusal:
            out[source.path] = refusal.of(source.path)
    return found


def _sound(source: Source) -> Dockerfile:
    if not re.search(CONTEXT, source.folder) or not re.search(DOCKERFILE, source.dockerfile):
        raise Refused(0, "its path is one that no Dockerfile of a lineage may have", "rename the folder, or the file")
    if source.path.startswith("templates/"):
        raise Refused(0, "it is in templates/, where forebear keeps its own", "move it to another folder")
    found = read(source.text, args=dict(source.args))
    found.target(source.target or None)
    return found


def _members(
    sources: Iterable[Source],
    dockerfiles: Mapping[str, Dockerfile],
    place: Home,
    known: Known,
    out: dict[str, Refusal],
) -> list[Member]:
    members = []
    for source in sources:
        try:
            members.append(member(source, dockerfiles[source.path], place, known))
        except Refused as refusal:
            out[source.path] = refusal.of(source.path)
    return members


def _without_cycles(members: list[Member], out: dict[str, Refusal]) -> list[Member]:
    edges = {each.name: each.parents for each in members}
    edges = {name: tuple(each for each in parents if each in edges) for name, parents in edges.items()}
    while knots := list(find_cycles(edges)):
        for each in members:
            if way := next((knot for knot in knots if each.name in knot and each.name in edges), None):
                reason = f"these images are built on each other: {' -> '.join(way)}"
                out[each.source.path] = Refusal(each.source.path, 0, reason, "let one start from something else")
        gone = {name for knot in knots for name in knot}
        edges = {n: tuple(p for p in parents if p not in gone) for n, parents in edges.items() if n not in gone}
    return [each for each in members if each.name in edges]


def _without_orphans(members: list[Member], out: dict[str, Refusal]) -> list[Member]:
    """Those whose parents are imported too."""
    while True:
        known = {each.name for each in members}
        orphans = [(each, parent) for each in members for parent in each.parents if parent not in known]
        if not orphans:
            return members
        for each, parent in orphans:
            reason = f"its parent {parent} is not imported"
            out[each.source.path] = Refusal(each.source.path, 0, reason, f"mend what is wrong with {parent}")
        gone = {each.name for each, _ in orphans}
        members = [each for each in members if each.name not in gone]


def _versions(found: Iterable[Reference], place: Home, owners: Mapping[str, str], wish: Wish) -> dict[str, str]:
    """The version of each image that the tree names by a single SemVer tag; "" is the family's own."""
    tags: defaultdict[str, set[str]] = defaultdict(set)
    for reference in found:
        owner = owned(reference, place, owners)
        if owner and reference.tag and re.search(VERSION, reference.tag):
            tags[owner].add(reference.tag)
    single = {name: next(iter(each)) for name, each in tags.items() if len(each) == 1}
    return single | {"": _commonest(single.values()) or wish.version}


def _commonest(versions: Iterable[str]) -> str | None:
    counts = Counter(versions)
    return min(counts, key=lambda each: (-counts[each], each)) if counts else None


def _drafted(members: list[Member], place: Home, versions: Mapping[str, str], out: Mapping[str, Refusal]) -> Draft:
    templates: dict[str, str] = {}
    shared: dict[str, tuple[str, ...]] = {}
    entries: dict[str, list[str]] = {}
    by_name = {each.name: each for each in members}
    for cluster in clusters({each.name: words(each.source.text, each.edits) for each in members}):
        first = next(iter(cluster.members))
        path = f"templates/{first}.Dockerfile.j2"
        templates[path], values = written(cluster)
        if len(values) > 1:
            shared[path] = tuple(values)
        for name, one in values.items():
            entries[name] = _entry(by_name[name], path, one, versions)
    head = ["lineage: 1", f"project: {json.dumps(place.project)}", f"version: {versions['']}"]
    head += [f"registry: {json.dumps(place.registry)}"] if place.registry else []
    lines = [*head, *_secrets(members), "", "images:", *(line for each in members for line in entries[each.name])]
    expected = {each.name: _expected(each, place, versions) for each in members}
    refused = tuple(sorted(out.values()))
    return Draft("\n".join(lines) + "\n", templates, expected, tuple(members), shared, refused)


def _secrets(members: Iterable[Member]) -> list[str]:
    """The secrets that builds ask for, each from the variable of the environment that is called alike."""
    names = sorted({name for each in members for name in each.secrets if re.search(MOUNT_ID, name)})
    entries = [f"  {json.dumps(name)}: {{env: {json.dumps(_variable(name))}}}" for name in names]
    return ["secrets:", *entries] if entries else []


def _variable(name: str) -> str:
    text = re.sub(r"[^A-Za-z0-9_]", "_", name)
    return text if re.search(VARIABLE, text) else f"_{text}"


def _entry(one: Member, template: str, values: Mapping[str, str | bool], versions: Mapping[str, str]) -> list[str]:
    """The lines of an image in lineage.yml; JSON's strings are YAML's (YAML 1.2.2, 1.3)."""
    lines = [f"  {json.dumps(one.name)}:", f"    from: {json.dumps(str(one.base))}"]
    version = versions.get(one.name, versions[""])
    lines += [f"    version: {version}"] if version != versions[""] else []
    lines += [
        f"    template: {json.dumps(template)}",
        f"    context: {json.dumps(one.source.folder, ensure_ascii=False)}",
    ]
    if one.source.dockerfile != USUAL:
        lines += [f"    dockerfile: {json.dumps(one.source.dockerfile, ensure_ascii=False)}"]
    lines += [f"    target: {json.dumps(one.source.target)}"] if one.source.target else []
    for key, pairs in (("uses", one.uses), ("vars", values), ("args", dict(one.source.args))):
        lines += [f"    {key}:"] if pairs else []
        lines += [f"      {json.dumps(name)}: {_scalar(value)}" for name, value in pairs.items()]
    return lines


def _scalar(value: object) -> str:
    return json.dumps(value if isinstance(value, bool) else str(value))


def _expected(one: Member, place: Home, versions: Mapping[str, str]) -> str:
    """The text that rendering has to give, but for the line that names the template."""

    def value(expression: str) -> str:
        base = one.base if expression == "parent" else one.uses[expression.removeprefix("uses.")]
        if not isinstance(base, str) or base == "scratch":
            return str(base)
        registry, _, folder = (place.registry or DOCKER_HUB).partition("/")
        repository = f"{folder}/{place.project}/{base}".lstrip("/")
        return Reference(registry, repository, versions.get(base, versions[""])).familiar

    text = edited(one.source.text, one.edits, value)
    return text if text.endswith("\n") else f"{text}\n"
