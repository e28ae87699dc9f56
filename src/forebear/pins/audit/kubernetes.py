"""Kubernetes manifests: the images of containers wherever a pod is described, of volumes, and of kustomizations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from forebear.pins.audit.expansion import templated
from forebear.pins.audit.helm import values_uses
from forebear.pins.audit.model import Trouble
from forebear.pins.audit.nodes import ANY, Node, Scalar, at, mappings, own_pairs, scalar, scalars
from forebear.pins.audit.parts import Parts
from forebear.pins.audit.written import Unusable, Written, once, read_yaml
from forebear.reference import Reference, ReferenceFault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forebear.pins.audit.model import Use

_HINT: Final = re.compile("image|newName|newTag")
_CONTAINER: Final = "image of a container"
# Where the images are below a key: Kubernetes API, PodSpec v1 core; and what custom resources that run containers
# call theirs (Argo, Tekton, KubeVirt).
_PATHS: Final = {
    **dict.fromkeys(
        ("containers", "initContainers", "ephemeralContainers", "sidecars", "steps"), ((ANY, "image"), _CONTAINER)
    ),
    **dict.fromkeys(("container", "script", "stepTemplate"), (("image",), _CONTAINER)),
    "containerDisk": (("image",), "image of a volume"),
    "volumes": ((ANY, "image", "reference"), "image of a volume"),
}
_ACTION: Final = "{{"
_LINE: Final = re.compile(
    r"""^[ \t]*(?:-[ \t]+)?image:[ \t]*(?P<quote>["']?)(?P<image>[^\s"'{}#]+)(?P=quote)[ \t]*(?:\#.*)?\r?$""",
    re.MULTILINE | re.VERBOSE,
)


def read(data: bytes, path: str) -> Iterator[Use | Trouble]:
    """The uses of a file of manifests, which may be a template of a Helm chart.

    Of a template that is no YAML, the lines are read that name an image without any action in them: what
    the actions insert is in the chart's values.
    """
    found = list(read_yaml(data, _uses, _HINT))
    if any(isinstance(one, Trouble) for one in found) and _ACTION.encode() in data:
        found = list(_lines(data))
    in_chart = "templates" in path.split("/")[:-1]
    yield from (one for one in found if isinstance(one, Trouble) or not (in_chart and _ACTION in one.text))


def _lines(data: bytes) -> Iterator[Use | Trouble]:
    try:
        file = Written.of(data)
    except Unusable as why:
        yield why.trouble
        return
    lines = _LINE.finditer(file.text)
    yield from once(file.use(Scalar(line["image"], *line.span("image")), _CONTAINER, templated) for line in lines)
    yield from file.troubles


def _uses(file: Written, root: Node) -> Iterator[Use | None]:
    kind, version = scalar(root, "kind"), scalar(root, "apiVersion")
    if kind is None or kind.text == "Kustomization":
        yield from (_replaced(file, image) for image in at(root, "images", ANY))
    elif version is not None and kind.text != "CustomResourceDefinition":
        if kind.text == "HelmRelease":
            yield from (use for values in at(root, "spec", "values") for use in values_uses(file, values))
        group = version.text.rpartition("/")[0]
        yield from _images(file, root, custom="." in group and not group.endswith(".k8s.io"))


def _images(file: Written, root: Node, *, custom: bool) -> Iterator[Use | None]:
    for mapping in mappings(root):
        for key, value in own_pairs(mapping):
            if key in _PATHS:
                path, kind = _PATHS[key]
                yield from (file.use(image, kind, templated) for image in scalars(value, *path))
            elif custom and key == "image" and isinstance(value, Scalar) and _complete(value.text):
                yield file.use(value, "image of a resource", templated)


def _complete(text: str) -> bool:
    """Whether a text can be nothing but an image: custom resources call other things `image` too."""
    try:
        reference = Reference.parse(text)
    except ReferenceFault:
        return False
    return "/" in text and bool(reference.tag or reference.digest)


def _replaced(file: Written, image: Node) -> Use | None:
    """What a kustomization puts in place of an image (kustomize, "images"); None where it names no other."""
    name = scalar(image, "newName") or scalar(image, "name")
    tag, digest = scalar(image, "newTag"), scalar(image, "digest")
    if name is None or not (tag or digest or scalar(image, "newName")):
        return None
    return Parts(None, name, tag, digest).use(file, "image of a kustomization", templated)
