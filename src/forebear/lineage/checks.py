"""What the images of a lineage have to be to each other, which no schema can say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from forebear.errors import Fault
from forebear.lineage.graph import find_cycles
from forebear.lineage.model import DOCKERFILE
from forebear.lineage.spelling import Speller, did_you_mean
from forebear.lineage.upstreams import names_of
from forebear.lineage.wrong import shown
from forebear.reference import MAX_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from forebear.errors import Place
    from forebear.lineage.document import Places
    from forebear.lineage.model import Base, Image, Lineage, Path

_SHOWN_STEPS: Final = 6
_OWN_FILES: Final = frozenset({"lineage.yml", "lineage.lock"})
_OWN_FOLDERS: Final = ("templates/", ".forebear/")


def faults_between(lineage: Lineage, places: Places) -> Iterator[Fault]:
    """Every fault of the images of `lineage` among each other."""
    yield from _wrong_bases(lineage, places)
    yield from _cycles(lineage.images, places)
    yield from _misplaced_dockerfiles(lineage.images, places)
    yield from _missing_platforms(lineage.images, places)
    yield from _pointless_mirrors(lineage, places)
    yield from _unknown_upstreams(lineage, places)
    for image in lineage.images.values():
        yield from _long_name(image, places)
        yield from _equal_gates(image, places)
        yield from _made_of_itself(image, places)


def _places_of_bases(image: Image) -> Iterator[tuple[Path, Base]]:
    """The bases of an image, and where they are written."""
    yield ("images", image.name, "from"), image.base
    for alias, base in image.uses:
        yield ("images", image.name, "uses", alias), base


def _wrong_bases(lineage: Lineage, places: Places) -> Iterator[Fault]:
    speller = Speller(lineage.images)
    own = {image.reference: image.name for image in lineage.images.values()}
    for image in lineage.images.values():
        for path, base in _places_of_bases(image):
            if base.image == image.name:
                yield Fault(places.value(path), *_itself(image.name, str(path[2])))
            elif base.image is not None and base.image not in lineage.images:
                yield Fault(places.value(path), *_unknown(base.image, speller))
            elif base.upstream in own:
                problem = f"{base} is an image of this file, not an upstream"
                yield Fault(places.value(path), problem, f"write {own[base.upstream]}")


def _pointless_mirrors(lineage: Lineage, places: Places) -> Iterator[Fault]:
    for registry, mirror in lineage.mirrors:
        if mirror == registry:
            yield Fault(places.value(("mirrors", registry)), f"{shown(registry)} is no mirror of itself", "remove it")


def _unknown_upstreams(lineage: Lineage, places: Places) -> Iterator[Fault]:
    """Constraints on what is no upstream."""
    known = lineage.upstreams if lineage.constraints else ()
    names = {name for upstream in known for name in names_of(upstream)}
    for name, _ in lineage.constraints:
        if name not in names:
            familiar = ", ".join(sorted({names_of(upstream.untagged())[1] for upstream in known})) or "none"
            hint = did_you_mean(name, sorted(names)) or f"the upstreams are {familiar}"
            yield Fault(places.key(("constraints", name)), f"{shown(name)} is no upstream of this file", hint)


def _itself(name: str, key: str) -> tuple[str, str]:
    verb = "starts" if key == "from" else "copies"
    return f"{shown(name)} {verb} from itself", _if_upstream(name)


def _unknown(name: str, speller: Speller) -> tuple[str, str]:
    hint = speller.did_you_mean(name)
    return f"no image is called {shown(name)}", f"{hint} {_if_upstream(name)}".strip()


def _if_upstream(name: str) -> str:
    return f"if an upstream is meant, write docker.io/library/{shown(name)}:TAG"


def _cycles(images: Mapping[str, Image], places: Places) -> Iterator[Fault]:
    edges = {
        name: [each for each in image.parents if each in images and each != name] for name, image in images.items()
    }
    for cycle in find_cycles(edges):
        path = next(path for path, base in _places_of_bases(images[cycle[0]]) if base.image == cycle[1])
        problem = f"these images are built on each other: {_way(cycle)}"
        yield Fault(places.value(path), problem, "let one of them start from something else")


def _way(cycle: tuple[str, ...]) -> str:
    """`a -> b -> a`; the middle of a long one is left out."""
    left_out = len(cycle) - 2 * _SHOWN_STEPS
    steps = [*cycle[:_SHOWN_STEPS], f"… {left_out} more …", *cycle[-_SHOWN_STEPS:]] if left_out > 1 else cycle
    return " -> ".join(map(shown, steps))


def _misplaced_dockerfiles(images: Mapping[str, Image], places: Places) -> Iterator[Fault]:
    """Dockerfiles that would be written over each other, or over what they are rendered from."""
    owners: dict[str, str] = {}
    for image in images.values():
        path = image.dockerfile_path
        owner = owners.setdefault(path, image.name)
        if owner != image.name:
            problem = f"{shown(path)} is the Dockerfile of {shown(owner)} too"
            action = "give each a context of its own, or say another dockerfile:"
            yield Fault(_place_of_dockerfile(image, places), problem, action)
        elif path in _OWN_FILES or path.startswith(_OWN_FOLDERS):
            problem = f"{shown(path)} is no place for a Dockerfile: forebear keeps files of its own there"
            yield Fault(_place_of_dockerfile(image, places), problem, "choose another folder")


def _place_of_dockerfile(image: Image, places: Places) -> Place:
    key = "context" if image.dockerfile == DOCKERFILE else "dockerfile"
    return places.value(("images", image.name, key))


def _missing_platforms(images: Mapping[str, Image], places: Places) -> Iterator[Fault]:
    for image in images.values():
        for path, base in _places_of_bases(image):
            parent = images.get(base.image or "")
            missing = [each for each in image.platforms if parent and parent.platforms and each not in parent.platforms]
            if missing:
                problem = f"{shown(str(base))} is not built for {shown(', '.join(missing))}, and {shown(image.name)} is"
                yield Fault(places.value(path), problem, "make their platforms agree")


def _long_name(image: Image, places: Places) -> Iterator[Fault]:
    length = len(image.reference.name)
    if length > MAX_NAME:
        problem = f"the reference of this image has a name of {length} characters, and {MAX_NAME} are allowed"
        yield Fault(places.key(("images", image.name)), problem, "shorten it, the project or the registry")


def _equal_gates(image: Image, places: Places) -> Iterator[Fault]:
    seen: set[str] = set()
    for at, gate in enumerate(image.tests):
        if gate.name in seen:
            path = ("images", image.name, "tests", at, "name")
            yield Fault(places.value(path), f"another gate is called {shown(gate.name)}", "choose another name")
        seen.add(gate.name)


def _made_of_itself(image: Image, places: Places) -> Iterator[Fault]:
    """What a preparation makes must be none of what it reads, or it would run each time."""
    for at, each in enumerate(image.prepare):
        for number, output in enumerate(each.outputs):
            inside = [path for path in each.inputs if path == "." or f"{output}/".startswith(f"{path}/")]
            if inside:
                place = places.value(("images", image.name, "prepare", at, "outputs", number))
                problem = f"{shown(output)} is in {shown(inside[0])}, which the command reads"
                yield Fault(place, problem, "name the inputs without what is made, as webapp/src")
