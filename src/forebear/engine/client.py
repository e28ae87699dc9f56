"""A Docker engine, through the Docker SDK for Python."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import docker.errors
from docker import APIClient

from forebear.engine import asking, containers, filesof
from forebear.engine.boundary import check, translated
from forebear.engine.buildkit import version
from forebear.engine.builds import TAR, passes
from forebear.engine.connect import Address, connect, credentials, find
from forebear.engine.details import details
from forebear.engine.facts import facts, info, listed, patterns, resolved, steps
from forebear.engine.hiding import hiding
from forebear.engine.model import (
    Answer,
    Builder,
    BuildRequest,
    Capabilities,
    EngineDetails,
    EngineInfo,
    Facts,
    File,
    Listed,
    Log,
    Resolved,
    RunOutcome,
    Sent,
)
from forebear.engine.probing import probe
from forebear.engine.pushes import PushOutput
from forebear.engine.stream import BuildOutput, error_of, records, refusal, silence
from forebear.engine.uploads import Uploads
from forebear.errors import EngineRefused, EngineUnreachable
from forebear.reference import Reference
from forebear.retry import persevering, retried

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

_CHUNK: Final = 2**18


class Docker:
    """The engine that was named, or that the environment names; safe to use from several threads."""

    def __init__(self, host: str | None = None) -> None:
        self._address: Address = find(host)
        self._thread = threading.local()
        self._version = "auto"
        self._probing = threading.Lock()
        self._capabilities: Capabilities | None = None
        self._info: EngineInfo | None = None
        self._uploads = Uploads()
        self._swept = False

    @property
    def _client(self) -> APIClient:
        """A client for each thread: an APIClient is not meant for two."""
        if not hasattr(self._thread, "client"):
            self._thread.client = connect(self._address, self._version)
        client: APIClient = self._thread.client
        self._version = client.api_version
        return client

    def _doing(self, what: str) -> AbstractContextManager[None]:
        return translated(what, self._address.host)

    def info(self) -> EngineInfo:
        """What the engine says of itself; it is asked once."""
        if self._info is None:
            with self._doing("asking what engine it is"):
                self._info = info(self._address.host, self._client.info(), self._client.version())
        return self._info

    def details(self) -> EngineDetails:
        """What the engine says of what is around it, now."""
        client = self._client
        with self._doing("asking how the engine is set up"):
            return details(client.info())

    def capabilities(self) -> Capabilities:
        """What the engine was found to be able to do: an empty image is built in each way, until one works."""
        with self._probing:
            if self._capabilities is None:
                probed = probe(info := self.info(), self._try)
                known = version(self._address, info.api) if probed.builder is Builder.BUILDKIT else ""
                self._capabilities = replace(probed, version=known)
            return self._capabilities

    def _try(self, request: BuildRequest, capabilities: Capabilities) -> None:
        self.untag(self._build(request, capabilities, silence))

    def tagged(self, folder: str, *, parts: int = 1) -> Mapping[str, Listed]:
        """The images under all tags of all repositories in a folder (docker.io/firethorn), by canonical reference."""
        first, *others = patterns(folder.removeprefix("docker.io/"), parts)
        with ThreadPoolExecutor(parts) as pool:
            rest = pool.map(self._listed, others)
            found = [*self._listed(first), *chain.from_iterable(rest)]
        return {str(Reference.parse(tag)): image for image in found for tag in image.tags}

    def _listed(self, pattern: str) -> list[Listed]:
        with self._doing("listing images"):
            return [listed(image) for image in self._client.images(filters={"reference": [pattern]})]

    def listed(self) -> tuple[Listed, ...]:
        """All images on the engine, but what no name leads to."""
        with self._doing("listing images"):
            return tuple(listed(image) for image in self._client.images() if image.get("RepoTags"))

    def inspect(self, reference: str) -> Facts | None:
        """The facts of an image by ID or reference, all but its history; None where the engine has none."""
        with self._doing(f"inspecting {reference}"):
            try:
                return facts(self._client.inspect_image(reference))
            except docker.errors.NotFound:
                return None

    def history(self, image: str) -> tuple[str, ...]:
        """What made each entry in the history of an image, by ID, newest first."""
        with self._doing(f"asking for the history of {image}"):
            return steps(self._client.history(image))

    def build(self, request: BuildRequest, log: Log) -> str:
        """Build an image without a tag; the ID of it. Raises BuildFailed where a step of it fails."""
        capabilities = self.capabilities()
        if request.secrets and capabilities.builder is Builder.CLASSIC:
            raise EngineRefused("the classic builder gives no secrets to a build", "use an engine that has BuildKit")
        return self._build(request, capabilities, log)

    def _build(self, request: BuildRequest, capabilities: Capabilities, log: Log) -> str:
        image = ""
        for query in passes(request, capabilities):
            image = retried(partial(self._attempt, request, query, log), sleep=self._uploads.pause)
            log = silence
        return image

    def _attempt(self, request: BuildRequest, query: Mapping[str, str], log: Log) -> str:
        output = BuildOutput(hiding(request.secrets, log))
        with (
            self._session(request, query) as session,
            closing(self._posted("/build", {**query, **session}, request.context())) as said,
        ):
            for record in said:
                output.take(record)
        if output.image is None:
            raise EngineUnreachable("the engine broke off the build", "see the engine's log, then run it again")
        return output.image

    @contextmanager
    def _session(self, request: BuildRequest, query: Mapping[str, str]) -> Iterator[dict[str, str]]:
        """The parameter that names a session in which a build gets secrets and credentials, where it may need any."""
        if "version" not in query or not (request.secrets or request.triggered):
            yield {}
            return
        from forebear.engine import sessions

        served = sessions.methods(request.secrets, credentials)
        with (
            self._doing("opening a build session"),
            sessions.opened(self._address, self._client.api_version, served) as name,
        ):
            yield {"session": name}

    def _posted(self, path: str, query: Mapping[str, str], body: Iterator[bytes]) -> Generator[Mapping[str, Any]]:
        """The records that a POST with a streamed body answers with. What their taker raises is not the engine's."""
        client = self._client
        url = f"{client.base_url}/v{client.api_version}{path}"
        sent = self._uploads.until_cancelled(body)
        with (
            self._doing("building"),
            client.post(url, params=query, data=sent, headers=TAR, stream=True, timeout=None) as response,
        ):
            check(response)
            with self._uploads.answering(response):
                yield from records(response.iter_content(None))

    def cancel(self) -> None:
        """End all builds, pulls and commands that run, and let none begin: most raise an Error."""
        self._uploads.cancel()

    def tag(self, image: str, reference: str) -> None:
        """Let a tag name an image."""
        parsed = Reference.parse(reference)
        with self._doing(f"tagging {reference}"):
            self._client.tag(image, parsed.name, parsed.tag, force=True)

    def untag(self, reference: str) -> None:
        """Take a tag away, and what nothing else names."""
        with self._doing(f"removing the tag {reference}"), suppress(docker.errors.NotFound):
            self._client.remove_image(reference, force=True)

    def pull(self, reference: str, platform: str) -> None:
        """Get an image from its registry, with the credentials of the Docker configuration."""
        pull = partial(self._pull, Reference.parse(reference), platform)
        retried(lambda: self._uploads.left_alone(pull), sleep=self._uploads.pause)

    def _pull(self, reference: Reference, platform: str) -> None:
        doing = f"pulling {reference}"
        with self._doing(doing), closing(connect(self._address, self._version)) as client:
            said = client.pull(
                reference.name, reference.digest or reference.tag, platform=platform, stream=True, decode=True
            )
            errors = [error for record in self._uploads.until_cancelled(said) if (error := error_of(record))]
        if errors:
            raise refusal(doing, errors[0])

    def push(self, reference: str, sent: Sent) -> str:
        """Send an image to its registry, with the credentials of the Docker configuration; the manifest's digest."""
        return persevering(lambda: self._push(Reference.parse(reference), sent), sleep=self._uploads.pause)

    def _push(self, reference: Reference, sent: Sent) -> str:
        doing = f"pushing {reference.familiar}"
        output = PushOutput(doing, sent)
        client = self._client
        with (
            self._doing(doing),
            closing(client.push(reference.name, tag=reference.tag, stream=True, decode=True)) as said,
        ):
            for record in self._uploads.until_cancelled(said):
                output.take(record)
        return output.digest

    def used(self) -> frozenset[str]:
        """The IDs of the images that containers are made of, whether they run or not."""
        with self._doing("listing containers"):
            return frozenset(each["ImageID"] for each in self._client.containers(all=True))

    def occupied(self) -> int:
        """The bytes that the layers of all images take on the engine's disk."""
        with self._doing("asking how much of its disk is used"):
            return int(self._client.df().get("LayersSize") or 0)

    def save(self, image: str) -> Generator[bytes]:
        """An image as a tar, in chunks, as `docker save` gives it; closing it ends the saving."""
        client = self._client
        url = f"{client.base_url}/v{client.api_version}/images/{image}/get"
        # 20.10 writes the whole image to its disk before the first byte comes: no time is too long.
        with self._doing(f"saving {image}"), client.get(url, stream=True, timeout=None) as response:
            check(response)
            yield from response.iter_content(_CHUNK)

    def run(self, image: str, command: tuple[str, ...], seconds: int) -> RunOutcome:
        """Run a command in a container without network, and remove it. Raises BuildFailed when time is up."""
        self._sweep()
        with (
            self._doing(f"running {' '.join(command)}"),
            containers.made(self._client, image, command) as container,
            self._uploads.ended_by(lambda: self._client.kill(container)),
        ):
            return containers.run(self._client, container, command, seconds)

    def files(self, image: str, paths: tuple[str, ...]) -> Mapping[str, File]:
        """What is at some paths of an image, by ID; nothing of it runs."""
        self._sweep()
        with self._doing("reading files"), containers.made(self._client, image, ("/",)) as container:
            found = {path: filesof.read(self._client, container, path) for path in paths}
        return {path: file for path, file in found.items() if file}

    def ask(self, image: str, port: int, path: str, seconds: int, good: Callable[[Answer], bool]) -> Answer:
        """Start a container of an image, without network, and ask its loopback until the answer is good."""
        self._sweep()
        own = self.info().platform
        with (
            self._doing(f"asking port {port}"),
            containers.own(self._client, image) as container,
            self._uploads.ended_by(lambda: self._client.kill(container)),
        ):
            asking.equip(self._client, container, own, port, path)
            self._client.start(container)
            return asking.ask(self._client, container, port, seconds, good)

    def _sweep(self) -> None:
        """Once, before the first container."""
        with self._probing:
            swept, self._swept = self._swept, True
            if not swept:
                containers.sweep(self._client)

    def resolve(self, reference: str) -> Resolved | None:
        """Ask the registry, through the engine, what a tag names; None where the registry has no such image."""
        return retried(lambda: self._resolve(reference), sleep=self._uploads.pause)

    def _resolve(self, reference: str) -> Resolved | None:
        with self._doing(f"asking the registry for {reference}"):
            try:
                said = self._client.inspect_distribution(reference)
            except docker.errors.NotFound:
                return None
        return resolved(said)
