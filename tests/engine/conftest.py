"""Fixtures of the tests on real engines; a test that asks for `engine` runs on every one, and says which."""

from __future__ import annotations

import secrets
import signal
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from engines import Engine, Registry, borrowed, chosen, load_base, remove_images
from families import Family
from meeting import Meeting, meeting_on
from own import Builder, made
from shops import Shop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import docker

# A shell lets what it runs in the background ignore interrupts (POSIX, Shell Command Language, 2.11), and commands
# inherit that: what tests interrupt has to hear it.
signal.signal(signal.SIGINT, signal.default_int_handler)

USED = pytest.StashKey[dict[str, str]]()

try:
    CHOSEN = chosen()
except ValueError as error:
    raise pytest.UsageError(str(error)) from None


each_store = pytest.mark.parametrize("engine", sorted({CHOSEN[0], CHOSEN[-1]}), indirect=True, scope="session")
"""For what engines do alike: one of each image store, the release's own and a current one."""


@pytest.fixture(scope="session")
def engines(pytestconfig: pytest.Config) -> Iterator[Callable[[str], Engine]]:
    """Engines by name, each started when a test first asks for it, and kept for the session."""
    running: dict[str, Engine] = {}
    used = pytestconfig.stash.setdefault(USED, {})
    with ExitStack() as stack:

        def engine(name: str) -> Engine:
            if name not in running:
                running[name] = stack.enter_context(borrowed(name))
                used[name] = running[name].describe()
            return running[name]

        yield engine


@pytest.fixture(scope="session", params=CHOSEN)
def engine(request: pytest.FixtureRequest, engines: Callable[[str], Engine]) -> Engine:
    """A running engine."""
    return engines(request.param)


@pytest.fixture
def engine_host(engine: Engine) -> str:
    """The DOCKER_HOST of the engine; a module that has engines of its own gives that of one of them."""
    return engine.host


@pytest.fixture
def client(engine: Engine) -> Iterator[docker.APIClient]:
    """A client of the engine's raw API."""
    with engine.client() as client:
        yield client


@pytest.fixture(scope="session")
def busybox_base(engine: Engine) -> str:
    """The reference of a small base image, with a shell, that the engine has and no registry."""
    with engine.client() as client:
        return load_base(client)


@pytest.fixture
def project(client: docker.APIClient) -> Iterator[str]:
    """A project's name that no other test has; its images are removed afterwards."""
    name = f"test-{secrets.token_hex(4)}"
    yield name
    remove_images(client, name)


@pytest.fixture
def family(tmp_path: Path, engine_host: str, project: str) -> Iterator[Family]:
    """A project without images, to be built on the engine."""
    family = Family(tmp_path / "project", engine_host, project)
    yield family
    family.close()


@pytest.fixture
def meeting(client: docker.APIClient) -> Iterator[Meeting]:
    """A place where commands of a build wait for the test."""
    with meeting_on(client) as meeting:
        yield meeting


@pytest.fixture(scope="session")
def builder(engines: Callable[[str], Engine], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Builder]:
    """The family's own builder, and the family's sources in its volume."""
    with made(engines("current-overlay2"), tmp_path_factory.mktemp("builder")) as builder:
        yield builder


@pytest.fixture(scope="session")
def prepared(builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder that has what the builder prepared for the family: the WAR, as Maven made it."""
    folder = tmp_path_factory.mktemp("buildcache")
    builder.run("forebear", "build", "+webapp", where={"BUILDCACHE": str(folder)})
    return folder


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A registry for the whole session; a test that stops it has to start it again."""
    registry = Registry(tmp_path_factory.mktemp("registry"))
    try:
        registry.start()
        yield registry
    finally:
        registry.stop()


@pytest.fixture
def second(tmp_path: Path) -> Iterator[Registry]:
    """The registry of production, for one test."""
    registry = Registry(tmp_path)
    registry.start()
    yield registry
    registry.stop()


@pytest.fixture
def shop(tmp_path: Path, engine: Engine, project: str) -> Iterator[Shop]:
    """A family that a test publishes, to a registry that is the test's."""
    family = Family(tmp_path / "project", engine.host, project)
    yield Shop(family, tmp_path)
    family.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Tell which engines the tests ran on."""
    for line in config.stash.get(USED, {}).values():
        terminalreporter.write_line(f"engine {line}")
