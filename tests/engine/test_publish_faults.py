"""A publication under faults: it ends right or changes nothing, and never shows a version without its parent's."""

from __future__ import annotations

import random
import subprocess
import threading
import time
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING

import pytest
from conftest import CHOSEN
from engines import Registry
from families import Family
from shops import CHAIN, Shop, briefly, killed
from weather import share, weather

from forebear import api
from forebear.errors import BuildFailed, Busy, EngineError
from forebear.registry.client import Registry as Client
from forebear.release import claims

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from engines import Engine

TIMES = 50
KILLED = 25  # publications, and as many builds
SOMEBODY = "somebody:$2y$05$VHakhVRj9VkrxPZFOd3Lj.Dcsu4vVRTBiQmiW1nVFjNBNIlyOQSGO"  # who has another password


@pytest.fixture(scope="module")
def engine(engines: Callable[[str], Engine]) -> Engine:
    """One engine: what is tested here is the way to the registry."""
    return engines(CHOSEN[0])


@pytest.fixture
def shop(tmp_path: Path, engine: Engine, project: str) -> Iterator[Shop]:
    family = Family(tmp_path / "project", engine.host, project)
    yield Shop(family, tmp_path)
    family.close()


@pytest.fixture
def own_registry(tmp_path: Path) -> Iterator[Registry]:
    """A registry whose disk the test sees."""
    registry = Registry(tmp_path)
    registry.start()
    yield registry
    registry.stop()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a claim stand at once: nobody else publishes."""
    monkeypatch.setattr(claims, "SETTLE", 0.0)


@pytest.mark.usefixtures("at_once")
def test_fifty_publications_in_bad_weather_end_right(shop: Shop, own_registry: Registry) -> None:
    """A fifth of forebear's own requests is spoilt, and none of the engine's, which waits 5 s and more each time."""
    spoilt = share(1)

    def fault(line: str, agent: str) -> str | None:
        return spoilt(line, agent) if "forebear" in agent else None

    with weather(own_registry.address, fault) as between:
        shop.stock(between.address)
        for _ in range(TIMES):
            shop.empty()
            with shop.watched():
                _until_done(shop)
            assert all("1.0.0" in shop.tags(name) for name in CHAIN)
    assert all(between.told[name] > 10 for name in ("429", "500", "reset", "truncated", "stall"))


def _until_done(shop: Shop) -> None:
    """Publish until it is done: where four attempts in a row were spoilt, the next run finishes."""
    for _ in range(4):
        try:
            shop.publish()
        except EngineError:
            continue
        return
    shop.publish()


@pytest.mark.usefixtures("at_once")
def test_a_publication_that_is_killed_anywhere_is_finished_by_the_next_run(shop: Shop, own_registry: Registry) -> None:
    shop.stock(own_registry.address)
    began = time.monotonic()
    shop.publish()
    whole = time.monotonic() - began
    moments = random.Random(3)
    for _ in range(KILLED):
        shop.empty()
        with shop.watched():
            killed(moments.uniform(0, 1.2 * whole), _publish, shop)
            for path in shop.family.root.glob("releases/*.json"):
                api.verify(api.open_project(shop.family.root), path.stem)
            shop.publish()
        assert shop.complete()
        assert not (shop.family.root / ".forebear/publishing.json").exists()


def _publish(shop: Shop) -> None:
    family = Family(shop.family.root, shop.family.host, shop.family.project)
    api.publish(api.open_project(family.root), family.engine, registry=Client(wait=briefly))


def test_a_build_that_is_killed_anywhere_is_finished_by_the_next_run(shop: Shop) -> None:
    shop.stock("localhost:1")
    declared = (shop.family.root / "lineage.yml").read_bytes()
    moments = random.Random(4)
    for number in range(KILLED):
        shop.family.put("images/top/file", f"{number}")
        killed(moments.uniform(0, 1.0), _build, shop)
        assert (shop.family.root / "lineage.yml").read_bytes() == declared
        assert not shop.family.drifted()
        assert set(shop.family.build().values()) <= {"built", "reused", "spared"}
        assert shop.family.plan() == {}


def _build(shop: Shop) -> None:
    Family(shop.family.root, shop.family.host, shop.family.project).build()


def test_of_two_publications_at_once_one_wins_and_the_other_says_so(
    shop: Shop, own_registry: Registry, tmp_path: Path
) -> None:
    """From two clones, which have built images of their own: not the same, byte for byte."""
    shop.stock(own_registry.address)
    other = Shop(shop.family.clone(tmp_path / "other"), tmp_path)
    outcomes: list[str] = []

    def publish(one: Shop) -> None:
        try:
            outcomes.append(one.publish().version)
        except (Busy, BuildFailed) as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=publish, args=[one]) for one in (shop, other)]
    with shop.watched():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    lost = [text for text in outcomes if text != "1.0.0"]
    assert len(outcomes) == 2
    assert len(lost) == 1
    assert "another publication" in lost[0]
    assert all("1.0.0" in shop.tags(name) for name in CHAIN)


def test_a_publication_that_was_stopped_can_be_taken_back(
    shop: Shop, own_registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.stock(own_registry.address)
    create, numbers = Client.create, count()

    def broken(self: Client, *arguments: object) -> bool:
        if next(numbers) == 2:
            raise EngineError("the network is gone")
        return create(self, *arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(Client, "create", broken)
        with pytest.raises(EngineError, match="the network is gone"):
            shop.publish()
    assert ["1.0.0" in shop.tags(name) for name in CHAIN] == [True, True, False]
    with shop.watched():
        ran = shop.family.forebear("publish", "--abort")
    assert "the publication of 1.0.0 is taken back" in ran.err
    assert [shop.tags(name) for name in CHAIN] == [set(), set(), set()]
    assert "there is nothing to take back" in shop.family.forebear("publish", "--abort").err
    assert shop.publish().news
    assert shop.complete()


def test_a_version_that_is_published_with_another_image_stops_everything(shop: Shop, own_registry: Registry) -> None:
    shop.stock(own_registry.address)
    shop.publish()
    shop.family.declare(version="1.0.1")
    shop.family.images["low"]["version"] = "1.0.0"
    shop.family.template("low", "COPY file /other")
    shop.family.declare()
    shop.family.build()
    told = shop.family.forebear("publish", code=3)
    assert "/low:1.0.0 is published as sha256:" in told.err
    assert "forebear cut" in told.err
    assert [shop.tags(name) for name in CHAIN] == [{"1.0.0"}] * 3


def test_a_tag_that_moves_in_the_middle_is_caught(
    shop: Shop, own_registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.stock(own_registry.address)
    create = Client.create

    def and_another(self: Client, reference: object, manifest: object) -> bool:
        done = create(self, reference, manifest)  # type: ignore[arg-type]
        if "/mid:" in str(reference):
            top = self.manifest(api.open_project(shop.family.root).family.lineage.images["mid"].reference)
            assert top is not None
            body = top.body + b"\n"
            kind = {"Content-Type": top.media_type}
            url = f"http://{own_registry.address}/v2/{shop.family.project}/mid/manifests/1.0.0"
            import requests

            assert requests.put(url, data=body, headers=kind, timeout=5).ok
        return done

    monkeypatch.setattr(Client, "create", and_another)
    with pytest.raises(BuildFailed, match=r"somebody else moved .*/mid:1\.0\.0"):
        shop.publish()
    assert "1.0.0" not in shop.tags("low")


# Registries that cannot, or will not.


def told(family: Family, code: int) -> str:
    return family.forebear("publish", code=code).err


def configured(tmp_path: Path, old: str, new: str) -> Registry:
    """A registry whose configuration has a text in the place of another."""
    registry = Registry(tmp_path)
    path = tmp_path / "config.yml"
    path.write_text(path.read_text().replace(old, new))
    return registry


def test_a_read_only_registry_is_told_and_shows_nothing(shop: Shop, tmp_path: Path) -> None:
    registry = configured(tmp_path, "  delete:", "  maintenance: {readonly: {enabled: true}}\n  delete:")
    registry.start()
    try:
        shop.stock(registry.address)
        assert registry.address in told(shop.family, 4)
        assert [shop.tags(name) for name in CHAIN] == [set()] * 3
    finally:
        registry.stop()


def test_a_registry_with_a_full_disk_is_told_and_shows_nothing(shop: Shop, tmp_path: Path) -> None:
    storage = tmp_path / "storage"
    storage.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", storage], check=True)
    registry = Registry(tmp_path)
    try:
        registry.start()
        shop.stock(registry.address)
        with suppress(OSError), (storage / "filler").open("wb", buffering=0) as filler:
            while True:
                filler.write(b"0" * 1024)
        assert registry.address in told(shop.family, 4)
        assert ["1.0.0" in shop.tags(name) for name in CHAIN] == [False] * 3
    finally:
        registry.stop()
        subprocess.run(["umount", storage], check=True)


def test_a_wrong_password_is_told_without_it_and_nothing_is_shown(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "htpasswd").write_text(SOMEBODY)
    auth = f"auth: {{htpasswd: {{realm: r, path: {tmp_path}/htpasswd}}}}\nhttp:"
    registry = configured(tmp_path, "http:", auth)
    try:
        registry.start()
        shop.stock(registry.address)
        said = told(shop.family, 4)
        assert registry.address in said
        assert "docker login" in said
        assert [shop.tags(name) for name in CHAIN] == [set()] * 3
    finally:
        registry.stop()
