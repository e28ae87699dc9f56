from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from forebear.build.plan import Action, Plan, Step, judge, plan
from forebear.build.recipe import Present, Recipe, Target

from .samples import AMD64, SCRATCH, UPSTREAM, base, built, digest, own, parent, recipe, upstream, with_own

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ARM64 = "linux/arm64"
FEDORA = recipe("fedora", upstream())
TOMCAT = recipe("tomcat", parent("fedora"))
WEBAPP = recipe("webapp", parent("tomcat"))
CHAIN = (FEDORA, TOMCAT, WEBAPP)
GROUND = base(UPSTREAM, "os")


def on_engine(recipes: Sequence[Recipe], grounds: Mapping[str, Present] | None = None) -> dict[Target, Present]:
    """What is on an engine where each recipe was built, in order, on these upstreams."""
    found = {Target(name, AMD64): each for name, each in (grounds or {UPSTREAM: GROUND}).items()}
    for each in recipes:
        found[each.target] = built(each, each.bases_in(found))
    return found


def told(made: Plan) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {step.target.image: (str(step.action), step.reasons) for step in made.steps}


def only(made: Plan, name: str) -> Step:
    (step,) = (step for step in made.steps if step.target.image == name)
    return step


def longer(image: Present, by: int) -> int:
    assert image.history is not None
    return image.history + by


def test_where_nothing_is_on_the_engine_all_is_built() -> None:
    assert told(plan(CHAIN, {})) == {
        "fedora": ("build", ("firethorn/fedora:2.1.7 is not on the engine",)),
        "tomcat": ("build", ("firethorn/tomcat:2.1.7 is not on the engine", "parent fedora is built")),
        "webapp": ("build", ("firethorn/webapp:2.1.7 is not on the engine", "parent tomcat is built")),
    }


def test_where_nothing_changed_all_is_reused() -> None:
    made = plan(CHAIN, on_engine(CHAIN))
    assert {action for action, _ in told(made).values()} == {"reuse"}
    assert [step.reasons for step in made.steps] == [("nothing changed",)] * 3
    assert made.count(Action.REUSE) == 3
    assert made.count(Action.BUILD) == 0


def test_the_key_of_a_step_is_that_of_the_image_it_reuses_or_builds() -> None:
    there = on_engine(CHAIN)
    stamp = there[TOMCAT.target].stamp
    assert stamp is not None
    assert only(plan(CHAIN, there), "tomcat").key == stamp.key
    assert only(plan(CHAIN, {}), "fedora").key == FEDORA.inputs({}).key
    assert only(plan(CHAIN, {}), "tomcat").key is None


def test_a_change_is_named_and_its_descendants_may_be_spared() -> None:
    there = on_engine(CHAIN)
    made = plan((with_own(FEDORA, *own("FROM y")), TOMCAT, WEBAPP), there)
    assert told(made) == {
        "fedora": ("build", ("its Dockerfile changed",)),
        "tomcat": ("build", ("parent fedora is built",)),
        "webapp": ("build", ("parent tomcat is built",)),
    }
    assert [step.may_be_spared for step in made.steps] == [False, True, True]


def test_a_descendant_that_changed_itself_is_not_spared() -> None:
    changed = with_own(FEDORA, *own("FROM y")), with_own(TOMCAT, *own("FROM y")), WEBAPP
    made = plan(changed, on_engine(CHAIN))
    assert only(made, "tomcat").reasons == ("its Dockerfile changed", "parent fedora is built")
    assert [step.may_be_spared for step in made.steps] == [False, False, True]


def test_a_change_in_the_middle_leaves_what_is_above_it() -> None:
    made = plan((FEDORA, with_own(TOMCAT, *own("FROM y")), WEBAPP), on_engine(CHAIN))
    assert [step.action for step in made.steps] == ["reuse", "build", "build"]


def test_an_upstream_that_moved_is_named_with_both_digests() -> None:
    moved = recipe("fedora", upstream("another"))
    (reason,) = only(plan((moved, TOMCAT, WEBAPP), on_engine(CHAIN)), "fedora").reasons
    assert reason == f"upstream fedora:25 moved from {digest('locked')} to {digest('another')}"


def test_a_parent_that_was_rebuilt_elsewhere_is_a_reason() -> None:
    there = on_engine(CHAIN)
    other = with_own(FEDORA, *own("FROM y"))
    there[FEDORA.target] = replace(built(other, {UPSTREAM: GROUND}), layers=there[FEDORA.target].layers)
    made = plan((other, TOMCAT, WEBAPP), there)
    assert told(made)["fedora"][0] == "reuse"
    assert told(made)["tomcat"] == ("build", ("parent fedora changed",))


def test_an_image_that_came_out_the_same_spares_its_children() -> None:
    there = on_engine(CHAIN)
    other = with_own(FEDORA, *own("# another comment"))
    same = replace(built(other, {UPSTREAM: GROUND}), content=there[FEDORA.target].content, layers=("os", "f"))
    there[TOMCAT.target] = replace(there[TOMCAT.target], layers=("os", "f", "t"))
    here = there[TOMCAT.target]
    assert judge(TOMCAT, here, {"fedora": same}).action is Action.REUSE


def test_several_platforms_are_judged_apart() -> None:
    arm = [replace(each, target=Target(each.target.image, ARM64)) for each in CHAIN]
    arm = [with_own(each, *own(platform=ARM64)) for each in arm]
    made = plan((*CHAIN, *arm), on_engine(CHAIN))
    assert [(str(step.target), str(step.action)) for step in made.steps if step.target.image == "tomcat"] == [
        ("tomcat (linux/amd64)", "reuse"),
        ("tomcat (linux/arm64)", "build"),
    ]
    assert made.steps[4].reasons[-1] == "parent fedora is built"


def test_a_parent_of_another_platform_is_no_parent() -> None:
    blocked = replace(TOMCAT, target=Target("tomcat", ARM64), blocked=("parent fedora is not made for linux/arm64",))
    made = plan((FEDORA, blocked), {})
    assert made.steps[1].action is Action.BLOCKED
    assert made.steps[1].reasons == ("parent fedora is not made for linux/arm64",)


class TestUses:
    JDK = recipe("jdk", SCRATCH)
    SERVICE = recipe("service", parent("fedora"), parent("jdk", "java"))
    FAMILY = (FEDORA, JDK, SERVICE)

    def test_a_used_image_is_an_edge_too(self) -> None:
        made = plan((FEDORA, with_own(self.JDK, *own("FROM y")), self.SERVICE), on_engine(self.FAMILY))
        assert told(made)["fedora"][0] == "reuse"
        assert told(made)["service"] == ("build", ("parent jdk is built",))
        assert only(made, "service").may_be_spared

    def test_a_used_image_that_changed_is_a_reason(self) -> None:
        there = on_engine(self.FAMILY)
        there[self.JDK.target] = replace(there[self.JDK.target], content=digest("another"))
        assert told(plan(self.FAMILY, there))["service"] == ("build", ("parent jdk changed",))

    def test_the_layers_of_a_used_image_are_not_looked_for(self) -> None:
        there = on_engine(self.FAMILY)
        assert there[self.SERVICE.target].layers[0] == "os"
        assert told(plan(self.FAMILY, there))["service"][0] == "reuse"

    def test_a_new_use_is_a_reason_of_its_own_while_a_parent_is_built(self) -> None:
        there = on_engine((FEDORA, self.JDK, recipe("service", parent("fedora"))))
        made = plan((with_own(FEDORA, *own("FROM y")), self.JDK, self.SERVICE), there)
        assert only(made, "service").reasons == ("it now uses jdk as java", "parent fedora is built")
        assert not only(made, "service").may_be_spared


class TestImposters:
    """What is under the tag has the right labels, or some labels, and is not the image all the same."""

    @staticmethod
    def reasons(here: Present, made_of: Recipe = FEDORA) -> tuple[str, ...]:
        step = judge(made_of, here, {UPSTREAM: GROUND, "fedora": built(FEDORA, {UPSTREAM: GROUND})})
        assert step.action is Action.BUILD
        assert not step.may_be_spared
        return step.reasons

    def test_an_image_that_has_no_labels_of_ours(self) -> None:
        assert self.reasons(base("fedora", "os", "f")) == (
            "the image that firethorn/fedora:2.1.7 names was not built by forebear",
        )

    def test_a_key_of_another_format_is_told_as_that(self) -> None:
        ours = replace(built(FEDORA, {UPSTREAM: GROUND}), stamp=None, keyed=True)
        assert self.reasons(ours) == (
            "the key of firethorn/fedora:2.1.7 is of another version of forebear, or its labels were changed",
        )

    def test_an_image_that_somebody_built_on_top_of_ours_and_that_inherited_its_labels(self) -> None:
        ours = built(FEDORA, {UPSTREAM: GROUND})
        on_top = replace(ours, layers=(*ours.layers, "evil"), history=longer(ours, 1))
        assert self.reasons(on_top) == (
            "firethorn/fedora:2.1.7 names an image that somebody built on top of forebear's",
        )

    def test_an_image_on_top_of_ours_that_only_has_other_configuration(self) -> None:
        ours = built(FEDORA, {UPSTREAM: GROUND})
        assert "on top of forebear's" in self.reasons(replace(ours, history=longer(ours, 1)))[0]

    def test_an_image_on_top_of_ours_that_only_has_triggers(self) -> None:
        ours = built(FEDORA, {UPSTREAM: GROUND})
        assert "on top of forebear's" in self.reasons(replace(ours, triggers=1))[0]
        of_its_own = replace(FEDORA, triggers=1)
        assert judge(of_its_own, replace(ours, triggers=1), {UPSTREAM: GROUND}).action is Action.REUSE
        assert judge(of_its_own, ours, {UPSTREAM: GROUND}).action is Action.BUILD

    def test_triggers_of_the_ground_explain_a_longer_history(self) -> None:
        ground = replace(GROUND, triggers=2)
        ours = built(FEDORA, {UPSTREAM: ground})
        assert judge(FEDORA, replace(ours, history=longer(ours, 2)), {UPSTREAM: ground}).action is Action.REUSE
        assert judge(FEDORA, replace(ours, history=longer(ours, 3)), {UPSTREAM: ground}).action is Action.BUILD

    def test_labels_given_beside_the_dockerfile_explain_a_longer_history(self) -> None:
        ours = replace(built(FEDORA, {UPSTREAM: GROUND}), beside=5)
        assert judge(FEDORA, replace(ours, history=longer(ours, 5)), {UPSTREAM: GROUND}).action is Action.REUSE
        assert judge(FEDORA, replace(ours, history=longer(ours, 6)), {UPSTREAM: GROUND}).action is Action.BUILD

    def test_the_history_of_what_forebear_is_known_to_have_made_is_not_asked_for(self) -> None:
        ours = replace(built(FEDORA, {UPSTREAM: GROUND}), history=None)
        assert judge(FEDORA, ours, {UPSTREAM: replace(GROUND, history=None)}).action is Action.REUSE

    def test_another_image_of_the_family_under_the_tag(self) -> None:
        fedora = built(FEDORA, {UPSTREAM: GROUND})
        assert self.reasons(fedora, TOMCAT) == ("firethorn/tomcat:2.1.7 names another image, fedora",)

    def test_labels_of_ours_on_layers_that_are_not_its_parents(self) -> None:
        forged = replace(built(FEDORA, {UPSTREAM: GROUND}), layers=("other", "f"))
        assert self.reasons(forged) == ("its layers do not begin with those of its upstream fedora:25",)

    def test_a_child_built_on_an_older_parent_with_the_labels_of_a_newer_one(self) -> None:
        tomcat = built(TOMCAT, {"fedora": built(FEDORA, {UPSTREAM: GROUND})})
        forged = replace(tomcat, layers=("os", "older", "t"))
        assert self.reasons(forged, TOMCAT) == ("its layers do not begin with those of its parent fedora",)

    def test_an_image_from_scratch_with_a_history_that_its_dockerfile_does_not_explain(self) -> None:
        made_of = recipe("base", SCRATCH, steps=2)
        assert judge(made_of, built(made_of, {}), {}).action is Action.REUSE
        assert "on top of" in self.reasons(replace(built(made_of, {}), history=3), made_of)[0]

    def test_a_parent_under_a_wrong_tag_is_rebuilt_and_so_are_its_children(self) -> None:
        there = on_engine(CHAIN)
        there[TOMCAT.target] = base("evil", "os")
        assert [step.action for step in plan(CHAIN, there).steps] == ["reuse", "build", "build"]


def test_an_image_whose_upstream_is_gone_from_the_engine_is_reused_by_its_key() -> None:
    there = on_engine(CHAIN)
    del there[Target(UPSTREAM, AMD64)]
    assert {step.action for step in plan(CHAIN, there).steps} == {Action.REUSE}


class TestChosen:
    def test_there_is_a_step_for_what_is_chosen_alone(self) -> None:
        assert [s.target.image for s in plan(CHAIN, on_engine(CHAIN), {"webapp"}).steps] == ["webapp"]

    def test_a_parent_that_must_be_built_and_is_not_chosen_blocks(self) -> None:
        changed = (FEDORA, with_own(TOMCAT, *own("FROM y")), WEBAPP)
        assert told(plan(changed, on_engine(CHAIN), {"webapp"})) == {
            "webapp": ("blocked", ("parent tomcat has to be built first (its Dockerfile changed) and is not selected",))
        }

    def test_what_is_in_the_way_is_told_at_whichever_ancestor_it_is(self) -> None:
        changed = (with_own(FEDORA, *own("FROM y")), TOMCAT, WEBAPP)
        assert told(plan(changed, on_engine(CHAIN), {"webapp"})) == {
            "webapp": (
                "blocked",
                ("ancestor fedora has to be built first (its Dockerfile changed) and is not selected",),
            )
        }

    def test_a_gap_between_chosen_ones_blocks_what_is_below_it(self) -> None:
        made = plan(CHAIN, {}, {"fedora", "webapp"})
        assert [str(step.action) for step in made.steps] == ["build", "blocked"]

    def test_what_is_not_chosen_and_up_to_date_is_in_nobodys_way(self) -> None:
        made = plan((FEDORA, TOMCAT, with_own(WEBAPP, *own("FROM y"))), on_engine(CHAIN), {"webapp"})
        assert told(made) == {"webapp": ("build", ("its Dockerfile changed",))}


class TestBlocked:
    UNLOCKED = replace(FEDORA, blocked=("upstream fedora:25 is not locked; run: forebear lock",))
    CAUSE = "fedora is blocked: upstream fedora:25 is not locked; run: forebear lock"

    def test_what_is_blocked_blocks_its_descendants_and_they_tell_the_cause(self) -> None:
        assert told(plan((self.UNLOCKED, TOMCAT, WEBAPP), {})) == {
            "fedora": ("blocked", self.UNLOCKED.blocked),
            "tomcat": ("blocked", (f"parent {self.CAUSE}",)),
            "webapp": ("blocked", (f"ancestor {self.CAUSE}",)),
        }

    def test_one_cause_is_told_once(self) -> None:
        jdk = recipe("jdk", parent("fedora"))
        join = recipe("join", parent("tomcat"), parent("jdk", "java"))
        assert told(plan((self.UNLOCKED, TOMCAT, jdk, join), {}))["join"] == ("blocked", (f"ancestor {self.CAUSE}",))

    def test_it_is_blocked_even_where_an_image_is_there(self) -> None:
        made = plan((self.UNLOCKED, TOMCAT), on_engine(CHAIN))
        assert {step.action for step in made.steps} == {Action.BLOCKED}

    def test_a_long_chain_tells_no_longer_reasons(self) -> None:
        chain = [self.UNLOCKED, *(recipe(f"i{n}", parent(f"i{n - 1}" if n else "fedora")) for n in range(3000))]
        assert plan(chain, {}).steps[-1].reasons == (f"ancestor {self.CAUSE}",)


class TestWithoutAnEngine:
    def test_nothing_is_known_of_what_can_be_built(self) -> None:
        steps = plan(CHAIN, None).steps
        assert {step.action for step in steps} == {Action.UNKNOWN}
        assert [step.reasons for step in steps] == [
            (f"on {recipe.ground.name}; its own inputs are {recipe.fingerprint}",) for recipe in CHAIN
        ]

    def test_what_is_blocked_is_known(self) -> None:
        made = plan((TestBlocked.UNLOCKED, TOMCAT, recipe("base", SCRATCH)), None)
        assert [str(step.action) for step in made.steps] == ["blocked", "blocked", "unknown"]


@pytest.mark.parametrize("present", [None, {}])
def test_a_plan_of_nothing_has_no_steps(present: dict[Target, Present] | None) -> None:
    assert plan((), present) == Plan(())
