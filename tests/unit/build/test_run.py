from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear import api
from forebear.build.events import Began, Event
from forebear.errors import BuildFailed, EngineUnreachable
from forebear.testing import FakeEngine

from ..projects import Site, outcomes, site
from .runs import Overlay, check, ended, meeting, on, thrown_away

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from forebear.engine.model import BuildRequest, Log


class TestOrder:
    def test_each_event_is_told_once_and_in_order(self, chain: Site) -> None:
        events: list[Event] = []
        chain.build(events=events)
        check(events, 3)
        assert [type(event).__name__ for event in events] == ["Began", *["Started", "Progress", "Ended"] * 3]

    def test_a_child_starts_when_its_parents_have_ended(self, fork: Site) -> None:
        events: list[Event] = []
        fork.build(events=events, options=api.Options(jobs=4))
        at = {
            (type(event).__name__, event.target.image): n
            for n, event in enumerate(events)
            if not isinstance(event, Began)
        }
        for child, parent in (("tomcat", "fedora"), ("webapp", "tomcat"), ("jdk", "fedora"), ("tool", "jdk")):
            assert at["Ended", parent] < at["Started", child]

    def test_independent_images_are_built_at_once(self, fork: Site) -> None:
        fork.engine.before = meeting("webapp", "tool")
        assert set(fork.build(options=api.Options(jobs=2)).values()) == {"built"}

    def test_no_more_than_was_asked_for_are_built_at_once(self, tmp_path: Path) -> None:
        images = "".join(f"  i{n}: {{from: scratch}}\n" for n in range(8))
        made = site(tmp_path, images)
        lock, now, most = threading.Lock(), [0], [0]

        class Counting(FakeEngine):
            def build(self, request: BuildRequest, log: Log) -> str:
                with lock:
                    now[0] += 1
                    most[0] = max(most[0], now[0])
                try:
                    return super().build(request, log)
                finally:
                    with lock:
                        now[0] -= 1

        Site(made.root, Counting()).build(options=api.Options(jobs=2))
        assert 1 <= most[0] <= 2

    def test_the_longest_remaining_path_is_built_first(self, tmp_path: Path) -> None:
        images = '  leaf: {from: "fedora:25"}\n  root: {from: "fedora:25"}\n  a: {from: root}\n  b: {from: a}\n'
        made = site(tmp_path, images)
        made.build(options=api.Options(jobs=1))
        assert made.engine.built[0] == "root"

    def test_the_result_is_in_the_plans_order(self, fork: Site) -> None:
        assert list(fork.build(options=api.Options(jobs=4))) == [s.target.image for s in fork.plan().steps]


class TestResult:
    def test_what_was_built_is_told_with_its_id_key_and_log(self, chain: Site) -> None:
        for each in chain.built():
            assert each.image == chain.engine.tags[each.reference]
            assert each.key.startswith("sha256:")
            assert (chain.root / each.log).read_text() == f"[1/1] building {each.target.image}\n"
            assert each.seconds > 0

    def test_a_second_run_builds_nothing_and_tells_the_same_ids_and_keys(self, chain: Site) -> None:
        first = {(each.reference, each.image, each.key) for each in chain.built()}
        chain.engine.built.clear()
        second = chain.built()
        assert outcomes(second) == dict.fromkeys(("fedora", "tomcat", "webapp"), "reused")
        assert {(each.reference, each.image, each.key) for each in second} == first
        assert chain.engine.built == []

    def test_a_parent_that_comes_out_the_same_spares_its_children(self, chain: Site) -> None:
        chain.build()
        chain.write("templates/fedora.Dockerfile.j2", "# another comment\nFROM {{ parent }}\nRUN make fedora\n")
        events: list[Event] = []
        assert chain.build(events=events) == {"fedora": "built", "tomcat": "spared", "webapp": "spared"}
        assert ended(events)["tomcat"].why == ("parent unchanged",)
        check(events, 3)
        assert set(chain.actions().values()) == {"reuse"}

    def test_a_parent_that_comes_out_another_does_not(self, chain: Site) -> None:
        chain.build()
        chain.write("images/fedora/file", "1")
        assert set(chain.build().values()) == {"built"}

    def test_a_child_that_was_replaced_by_an_imposter_is_not_spared(self, chain: Site) -> None:
        chain.build()
        tag = "docker.io/firethorn/tomcat:2.1.7"
        ours = chain.engine.images[chain.engine.tags[tag]]
        on_top = replace(ours, id="sha256:" + "e" * 64, layers=(*ours.layers, "evil"))
        chain.engine.images[on_top.id] = on_top
        chain.engine.tag(on_top.id, tag)
        chain.write("templates/fedora.Dockerfile.j2", "# another comment\nFROM {{ parent }}\nRUN make fedora\n")
        assert chain.build()["tomcat"] == "built"
        assert chain.engine.tags[tag] == ours.id

    def test_a_parents_tag_that_is_moved_meanwhile_changes_nothing(self, chain: Site) -> None:
        def move(name: str) -> None:
            if name == "tomcat":
                chain.engine.tag(chain.engine.add("evil:1", "evil").id, "firethorn/fedora:2.1.7")

        chain.engine.before = move
        built = {each.target.image: chain.engine.images[each.image].layers for each in chain.built()}
        assert built["webapp"][: len(built["fedora"])] == built["fedora"]
        assert "evil" not in built["webapp"]


class TestThrowAwayTags:
    def ways(self, engine: FakeEngine) -> Iterator[Callable[[], None]]:
        yield lambda: None
        yield lambda: engine.fails.update(tomcat=BuildFailed("no"))
        yield lambda: engine.fails.update(tomcat=EngineUnreachable("gone"))
        yield lambda: engine.fails.update(tomcat=ZeroDivisionError("a defect"))

    @pytest.mark.parametrize("way", range(4), ids=["done", "failed", "engine gone", "defect"])
    def test_none_is_left_however_a_run_ends(self, tmp_path: Path, way: int) -> None:
        engine = Overlay()
        made = on(engine, tmp_path)
        seen: list[str] = []
        engine.before = lambda _name: seen.extend(thrown_away(engine))
        list(self.ways(engine))[way]()
        try:
            made.build()
        except (EngineUnreachable, ZeroDivisionError):
            assert way >= 2
        assert seen
        assert thrown_away(engine) == []

    def test_what_others_are_built_on_is_held_and_what_nobody_is_built_on_is_not(self, chain: Site) -> None:
        seen: list[str] = []
        chain.engine.before = lambda _name: seen.extend(thrown_away(chain.engine))
        chain.build()
        held = {tag.rpartition("/")[2].partition(":")[0] for tag in seen}
        assert held == {"fedora-25", "fedora", "tomcat"}

    def test_a_parent_that_is_reused_is_held_before_the_first_build_begins(self, chain: Site) -> None:
        chain.build("fedora")
        seen: list[list[str]] = []
        chain.engine.before = lambda _name: seen.append(thrown_away(chain.engine))
        chain.build()
        assert any("/fedora:" in tag for tag in seen[0])


@given(st.integers(0, 2**32).map(Random))
def test_any_family_with_any_failures(random: Random) -> None:
    size = random.randrange(2, 8)
    parents = {
        f"i{n}": sorted({f"i{random.randrange(n)}" for _ in range(random.choice((0, 1, 1, 2)))} if n else ())
        for n in range(size)
    }
    failing = {name for name in parents if random.random() < 0.2}
    images = "".join(
        f"  {name}: {{from: {(needs or ['scratch'])[0]}{_uses(needs[1:])}}}\n" for name, needs in parents.items()
    )
    with TemporaryDirectory() as folder:
        made = site(Path(folder), images)
        made.engine.fails.update({name: BuildFailed("no") for name in failing})
        events: list[Event] = []
        found = made.build(options=api.Options(jobs=random.randrange(1, 5)), events=events)
        check(events, size)
        for name, needs in parents.items():
            bad = any(found[parent] != "built" for parent in needs)
            assert found[name] == ("skipped" if bad else "failed" if name in failing else "built")
        made.engine.fails.clear()
        again = made.build()
        assert again == {name: "reused" if outcome == "built" else "built" for name, outcome in found.items()}


def _uses(names: list[str]) -> str:
    return f", uses: {{{', '.join(f'{name}: {name}' for name in names)}}}" if names else ""
