"""The names of images, from folders; and which references of a tree name images of the tree itself."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

from forebear.importing.model import Home
from forebear.lineage.model import DOCKERFILE
from forebear.lineage.patterns import NAME, PROJECT
from forebear.reference import DOCKER_HUB

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from forebear.importing.model import Wish
    from forebear.reference import Reference

_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OTHERS: Final = re.compile(r"[^a-z0-9.]+")
_OFFICIAL: Final = "library"
_FILE: Final = re.compile(r"(?:docker|container)file(.*)|(.*)(?:docker|container)file", re.IGNORECASE)


def plain(text: str) -> str:
    """A folder's name as an image can be called: `NodeBase` is `node-base`. "" where nothing is left."""
    name = _OTHERS.sub("-", _HUMP.sub("-", text).lower())
    return re.sub(r"[.-]*\.[.-]*", ".", name).strip(".-")


def places(paths: Iterable[str]) -> dict[str, str]:
    """What each Dockerfile is named after: its folder, and where its own name says more, that below the folder.

    `x/Dockerfile` is x, `x/Dockerfile.alpine` and `x/alpine.Dockerfile` are x/alpine.
    """
    taken: dict[str, str] = {}
    for path in sorted(paths, key=lambda each: (_variant(each) != "", not each.endswith(f"/{DOCKERFILE}"), each)):
        folder, _, file = path.rpartition("/")
        place = f"{folder or '.'}/{_variant(path)}".rstrip("/").removeprefix("./") or "."
        taken[place if place not in taken else f"{folder}/{file}".lstrip("/")] = path
    return {path: place for place, path in taken.items()}


def _variant(path: str) -> str:
    found = _FILE.fullmatch(path.rpartition("/")[2])
    return "" if found is None else (found[1] or found[2] or "").strip("._-")


def named(folders: Iterable[str], root: str, above: Iterable[str] = ()) -> dict[str, str]:
    """A name for each folder: its own; one inside of another's begins with that; equal ones get the folders above.

    `above` are folders that are in the names of those inside of them too.
    """
    all_folders = sorted(folders)
    taken: dict[str, str] = {}
    known = {*all_folders, *above}
    shared = Counter(_short(folder, known) for folder in all_folders)
    for folder in all_folders:
        short = _short(folder, known)
        name = plain(root) if folder == "." else plain(short if shared[short] == 1 else folder.replace("/", "-"))
        name = name if re.search(NAME, name) else f"image-{name}".strip(".-")
        taken[_free(name, taken)] = folder
    return {folder: name for name, folder in taken.items()}


def _short(folder: str, known: set[str]) -> str:
    above, _, last = folder.rpartition("/")
    return f"{_short(above, known)}-{last}" if above in known else last


def _free(name: str, taken: Mapping[str, str]) -> str:
    number, free = 2, name
    while free in taken:
        free, number = f"{name}-{number}", number + 1
    return free


def repositories(names: Mapping[str, str]) -> dict[str, str]:
    """The image of each last part of a repository that tells one: its folder's name, or that of the image."""
    told: defaultdict[str, set[str]] = defaultdict(set)
    for folder, name in names.items():
        told[plain(folder.rpartition("/")[2])].add(name)
    found = {part: next(iter(owners)) for part, owners in told.items() if len(owners) == 1 and part}
    return found | {name: name for name in names.values()}


def home(found: Iterable[tuple[str, Reference]], owners: Mapping[str, str], wish: Wish) -> Home:
    """The registry and folder under which most references name images of the tree.

    `found` are references, each with the image whose Dockerfile holds it: one that names that image counts for
    nothing. Docker Hub's official images are nobody's own.
    """
    if wish.project is not None:
        return Home(wish.project, wish.registry)
    votes: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for holder, reference in found:
        folder, _, last = reference.repository.rpartition("/")
        owner = owners.get(last)
        if owner not in {None, holder} and folder and (reference.registry, folder) != (DOCKER_HUB, _OFFICIAL):
            votes[reference.registry, folder].add(last)
    if not votes:
        return Home(_project(wish.fallback), wish.registry)
    registry, folder = min(votes, key=lambda each: (-len(votes[each]), each))
    above, _, project = folder.rpartition("/")
    if not re.search(PROJECT, project):
        return Home(_project(wish.fallback), wish.registry)
    if registry == DOCKER_HUB and not above:
        return Home(project, wish.registry)
    return Home(project, f"{registry}/{above}".rstrip("/"))


def _project(text: str) -> str:
    name = plain(text).replace(".", "-")
    return name if re.search(PROJECT, name) else "project"


def owned(reference: Reference, place: Home, owners: Mapping[str, str]) -> str | None:
    """The image of the tree that a reference names, if it does; one with a digest names what is published."""
    if reference.digest is not None:
        return None
    folder = f"{place.registry or DOCKER_HUB}/{place.project}/"
    return owners.get(reference.name.removeprefix(folder)) if reference.name.startswith(folder) else None
