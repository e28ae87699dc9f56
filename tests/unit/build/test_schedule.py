from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from forebear.build.recipe import Target
from forebear.build.schedule import Schedule

Graph = dict[Target, list[Target]]


def target(name: object) -> Target:
    return Target(str(name), "linux/amd64")


def graph(**parents: str) -> Graph:
    return {target(name): [target(each) for each in needs.split()] for name, needs in parents.items()}


def any_graph(random: Random) -> Graph:
    """A graph without cycles, in topological order; a parent may be named twice."""
    return {
        target(n): [target(random.randrange(n)) for _ in range(random.choice((0, 1, 1, 2, 3)))] if n else []
        for n in range(random.randrange(12))
    }


def ancestors(parents: Graph) -> dict[Target, set[Target]]:
    found: dict[Target, set[Target]] = {}
    for each, needs in parents.items():
        found[each] = set(needs).union(*(found[parent] for parent in needs))
    return found


def heights(parents: Graph) -> dict[Target, int]:
    height = dict.fromkeys(parents, 0)
    for each in reversed(parents):
        for parent in parents[each]:
            height[parent] = max(height[parent], height[each] + 1)
    return height


def drain(schedule: Schedule) -> list[str]:
    """All that can be next, none of it done."""
    found = []
    while (each := schedule.next()) is not None:
        found.append(each.image)
    return found


@given(st.integers(0, 2**32).map(Random))
def test_a_run_in_any_order_and_with_any_failures(random: Random) -> None:
    parents = any_graph(random)
    schedule, above, height = Schedule(parents), ancestors(parents), heights(parents)
    running: list[Target] = []
    handed: list[Target] = []
    ended: list[Target] = []
    done: set[Target] = set()
    while True:
        while not running or random.random() < 0.5:
            if (each := schedule.next()) is None:
                break
            ready = [t for t in parents if t not in handed and t not in ended and set(parents[t]) <= done]
            assert each in ready
            assert height[each] == max(height[t] for t in ready)
            running.append(each)
            handed.append(each)
        if not running:
            break
        each = running.pop(random.randrange(len(running)))
        ended.append(each)
        if random.random() < 0.8:
            schedule.done(each)
            done.add(each)
        else:
            skipped = schedule.failed(each)
            assert list(skipped) == [t for t in parents if each in above[t] and t not in ended]
            ended += skipped
    assert len(handed) == len(set(handed))
    assert sorted(ended) == sorted(parents)
    failed = set(handed) - done
    assert {t for t in parents if above[t] & failed} == set(ended) - set(handed)


def test_nothing_is_next_before_its_parents_are_done() -> None:
    schedule = Schedule(graph(a="", b="a", c="a b"))
    assert schedule.next() == target("a")
    assert schedule.next() is None
    schedule.done(target("a"))
    assert drain(schedule) == ["b"]
    schedule.done(target("b"))
    assert drain(schedule) == ["c"]


def test_the_longest_remaining_path_comes_first_then_the_order_given() -> None:
    schedule = Schedule(graph(leaf="", stem="", root="", x="root", y="x", z="stem", other=""))
    assert drain(schedule) == ["root", "stem", "leaf", "other"]


def test_one_child_does_not_wait_for_the_others_of_its_level() -> None:
    schedule = Schedule(graph(a="", b="", below_a="a", below_b="b"))
    assert drain(schedule) == ["a", "b"]
    schedule.done(target("b"))
    assert drain(schedule) == ["below_b"]


def test_a_failure_takes_its_descendants_out_and_no_other() -> None:
    schedule = Schedule(graph(a="", b="a", c="b", d="", e="c d", f="d"))
    assert drain(schedule) == ["a", "d"]
    assert schedule.failed(target("a")) == (target("b"), target("c"), target("e"))
    schedule.done(target("d"))
    assert drain(schedule) == ["f"]


def test_what_two_failures_share_is_told_once() -> None:
    schedule = Schedule(graph(a="", b="", c="a b"))
    drain(schedule)
    assert schedule.failed(target("a")) == (target("c"),)
    assert schedule.failed(target("b")) == ()


def test_one_image_on_two_platforms_is_two_targets() -> None:
    one, other = Target("a", "linux/amd64"), Target("a", "linux/arm64")
    schedule = Schedule({one: [], other: [], Target("b", "linux/arm64"): [other]})
    assert [schedule.next(), schedule.next(), schedule.next()] == [other, one, None]


def test_ten_thousand_targets_are_each_handed_out() -> None:
    chain = {target(n): [target(n - 1)] if n else [] for n in range(5000)}
    star = {target(n): [target(4999)] for n in range(5000, 10_000)}
    schedule = Schedule(chain | star)
    count = 0
    while (each := schedule.next()) is not None:
        schedule.done(each)
        count += 1
    assert count == 10_000
