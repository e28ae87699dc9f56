"""A publication under faults: it ends right or changes nothing, and never shows a version without its parent's."""

from __future__ import annotations

import random
import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from conftest import CHOSEN
from engines import Registry, remove_images
from families import Family, ended
from shops import CHAIN, Shop, briefly, cut_off, killed, timed
from weather import FAULTS, share, weather

from forebear import api
from forebear.errors import BuildFailed, Busy
from forebear.registry.client import Registry as Client
from forebear.release import claims

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from engines import Engine

KILLED = 50  # publications, and as many builds


@pytest.fixture(scope="module")
def engine(engines: Callable[[str], Engine]) -> Engine:
    """One engine: what is tested here is the way to the registry."""
    return engines(CHOSEN[0])


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


# What breaks in the middle of an answer may be collected, socket first, before anybody closes it.
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("name", sorted({CHOSEN[0], CHOSEN[-1]}))
def test_publications_in_bad_weather_end_right(
    engines: Callable[[str], Engine], name: str, own_registry: Registry, tmp_path: Path
) -> None:
    """A fifth of all requests is spoilt, forebear's and the engine's, and no version gets there before its parent's.

    Fifty publications; fewer on the overlay2 store, whose engine waits 5 s and more each time.
    """
    spoilt, fair = share(1), threading.Event()
    family = f"weather-{secrets.token_hex(4)}"
    lanes = [Shop(Family(tmp_path / f"{lane}", engines(name).host, f"{family}-{lane}"), tmp_path) for lane in range(10)]
    by_name = {shop.family.project: shop for shop in lanes}
    too_early: list[str] = []

    def passed(line: str) -> None:
        if line.startswith("PUT") and "/manifests/1.0.0 " in line:
            project, image = line.split("/")[2:4]
            parents = CHAIN[: CHAIN.index(image)]
            too_early.extend(line for parent in parents if not by_name[project].has(parent))

    def publish(shop: Shop, times: int) -> int:
        """Publish a number of times; how many runs that took."""
        runs = 0
        for _ in range(times):
            shop.empty()
            runs += shop.insist()
            assert all(map(shop.has, CHAIN))
        return runs

    times = 5 if name.endswith("containerd") else 1
    with (
        weather(own_registry.address, lambda line: None if fair.is_set() else spoilt(line), passed) as between,
        ThreadPoolExecutor(len(lanes)) as pool,
    ):
        for shop in lanes:
            shop.stock(between.address)
        runs = sum(pool.map(publish, lanes, [times] * len(lanes)))
        fair.set()
        assert all(api.verify(api.open_project(shop.family.root)).holds for shop in lanes)
    with engines(name).client() as client:
        for shop in lanes:
            shop.family.close()
            remove_images(client, shop.family.project)
    assert too_early == []
    assert runs <= len(lanes) * times + 3
    assert all(between.told[who, fault] > 5 for who in ("forebear", "engine") for fault in FAULTS)


@pytest.fixture
def short(shop: Shop) -> Shop:
    """A family of two, since it is killed so often."""
    return replace(shop, names=CHAIN[:2])


@pytest.mark.usefixtures("at_once")
def test_a_publication_that_is_killed_anywhere_is_finished_by_the_next_run(short: Shop, own_registry: Registry) -> None:
    short.stock(own_registry.address)
    declared = (short.family.root / "lineage.yml").read_bytes()
    moments = random.Random(3)
    record, whole = short.family.root / "releases/1.0.0.json", timed(short.publish)
    for _ in range(KILLED):
        short.empty()
        with short.watched():
            killed(moments.uniform(0, 1.2 * whole), _publish, short)
            written = record.read_bytes() if record.exists() else b""
            short.publish()
        assert (short.family.root / "lineage.yml").read_bytes() == declared
        assert record.read_bytes() == written or not written
        assert short.complete()
        assert not (short.family.root / ".forebear/publishing.json").exists()


def _publish(shop: Shop) -> None:
    family = Family(shop.family.root, shop.family.host, shop.family.project)
    api.publish(api.open_project(family.root), family.engine, registry=Client(wait=briefly))


def test_a_build_that_is_killed_anywhere_is_finished_by_the_next_run(short: Shop) -> None:
    short.stock("localhost:1")
    files = [short.family.root / name for name in ("lineage.yml", "lineage.lock")]
    declared = [file.read_bytes() for file in files]
    moments = random.Random(4)
    short.family.put("images/top/file", "first")
    whole = timed(short.family.build)
    for number in range(KILLED):
        short.family.put("images/top/file", f"{number}")
        killed(moments.uniform(0, 1.2 * whole), _build, short)
        assert [file.read_bytes() for file in files] == declared
        assert not short.family.drifted()
        assert set(short.family.build().values()) <= {"built", "reused", "spared"}
    assert short.family.plan() == {}


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


def test_of_two_publications_in_a_project_the_second_is_told_at_once(shop: Shop, own_registry: Registry) -> None:
    """The first one waits for the registry, which the second does not even ask."""
    asked, over = threading.Event(), threading.Event()

    def passed(_line: str) -> None:
        asked.set()
        assert over.wait(60)

    with weather(own_registry.address, lambda _line: None, passed) as between:
        shop.stock(between.address)
        first = shop.family.start("publish")
        assert asked.wait(60)
        for words in (["publish"], ["publish", "--abort"]):
            told = shop.family.forebear(*words, code=2, seconds=30).err
            assert f"forebear: another forebear is at work in this project (process {first.pid}, since " in told
        over.set()
        ended(first, 0)
        assert shop.complete()


def test_a_publication_that_was_stopped_can_be_taken_back(shop: Shop, own_registry: Registry) -> None:
    shop.stock(own_registry.address)

    def planned() -> list[tuple[str, str]]:
        """What a dry run says of each image, and the first word of the reason."""
        lines = (line.split() for line in shop.family.forebear("publish", "--dry-run").lines)
        return [(does, why) for does, _, why, *_ in lines]

    assert planned() == [("push", "not")] * 3
    with cut_off(2):
        shop.publish()
    assert ["1.0.0" in shop.tags(name) for name in CHAIN] == [True, True, False]
    assert planned() == [("skip", "names"), ("skip", "names"), ("push", "only")]
    told = shop.family.forebear("publish", "--dry-run").err
    assert told == "first, the publication of 1.0.0 is finished, which was stopped\n"
    with shop.watched():
        ran = shop.family.forebear("publish", "--abort")
    assert "the publication of 1.0.0 is taken back" in ran.err
    assert [shop.tags(name) for name in CHAIN] == [set(), set(), set()]
    assert "there is nothing to take back" in shop.family.forebear("publish", "--abort").err
    assert shop.publish().news
    assert shop.complete()
    shop.family.declare(tags=["latest"])
    assert planned() == [("skip", "names")] * 3
    assert not shop.publish().news
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
