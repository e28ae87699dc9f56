from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from forebear.release.superseded import Needs, Tagged, decide, releases

FOLDER = "docker.io/firethorn"
NOTHING = Needs(declared=(), records={}, keep=1, used=(), others=())


def chain(version: str, *names: str) -> list[Tagged]:
    """Images of one version, each on the one before."""
    made: list[Tagged] = []
    for name in names:
        below = made[-1] if made else None
        layers = (*(below.layers if below else ()), f"{name}-{version}")
        made.append(
            Tagged(f"{FOLDER}/{name}:{version}", f"id-{name}-{version}", layers, below.reference if below else "")
        )
    return made


def removed(tagged: list[Tagged], needs: Needs) -> list[str]:
    return [each.tagged.reference.rpartition("/")[2] for each in decide(tagged, needs) if each.remove]


def why(tagged: list[Tagged], needs: Needs, name: str) -> str:
    (found,) = (each.why for each in decide(tagged, needs) if each.tagged.reference == f"{FOLDER}/{name}")
    return found


OLD, NEW = chain("2.1.7", "fedora", "tomcat"), chain("2.1.10", "fedora", "tomcat")


def test_the_newest_releases_stay_by_semver_and_children_go_first() -> None:
    assert releases([*OLD, *NEW], ["2.1.8-rc.1", "2.1.8"]) == ("2.1.10", "2.1.8", "2.1.8-rc.1", "2.1.7")
    assert removed([*OLD, *NEW], NOTHING) == ["tomcat:2.1.7", "fedora:2.1.7"]
    assert removed([*OLD, *NEW], replace(NOTHING, keep=2)) == []


def test_what_lineage_yml_declares_stays_with_its_ancestors() -> None:
    needs = replace(NOTHING, declared=[OLD[1].reference])
    assert removed([*OLD, *NEW], needs) == []
    assert why([*OLD, *NEW], needs, "tomcat:2.1.7") == "declared in lineage.yml"
    assert why([*OLD, *NEW], needs, "fedora:2.1.7") == "parent of tomcat:2.1.7"


def test_an_image_that_a_kept_release_took_over_stays() -> None:
    """tomcat was cut, fedora was not: the new release holds the old fedora."""
    cut = replace(NEW[1], base=OLD[0].reference)
    records = {"2.1.10": [cut.reference, OLD[0].reference], "2.1.7": [each.reference for each in OLD]}
    assert removed([*OLD, cut], replace(NOTHING, records=records)) == ["tomcat:2.1.7"]


def test_a_version_of_its_own_is_no_release_of_the_family() -> None:
    maven = Tagged(f"{FOLDER}/maven:3.9.9", "maven", ("m",), "")
    records = {"2.1.7": [maven.reference, *(each.reference for each in OLD)]}
    assert removed([*OLD, maven], replace(NOTHING, records=records)) == []


def test_what_a_container_uses_stays_with_its_ancestors() -> None:
    needs = replace(NOTHING, used=[OLD[1].id])
    assert removed([*OLD, *NEW], needs) == []
    assert why([*OLD, *NEW], needs, "tomcat:2.1.7") == "a container uses it"


def test_what_an_image_of_somebody_else_is_built_on_stays() -> None:
    needs = replace(NOTHING, others=[(*OLD[0].layers, "theirs")])
    assert removed([*OLD, *NEW], needs) == ["tomcat:2.1.7"]
    assert why([*OLD, *NEW], needs, "fedora:2.1.7") == "an image that is not of this family is built on it"


def test_a_tag_that_is_no_version_is_left_alone() -> None:
    wild = replace(OLD[1], reference=f"{FOLDER}/tomcat:dev")
    assert removed([*OLD, *NEW, wild], NOTHING) == ["tomcat:2.1.7"]


def test_the_platform_behind_a_version_is_no_pre_release() -> None:
    arm = replace(NEW[0], reference=f"{FOLDER}/fedora:2.1.10-linux-arm64", id="arm")
    assert arm.version == "2.1.10"
    assert removed([*OLD, *NEW, arm], NOTHING) == ["tomcat:2.1.7", "fedora:2.1.7"]


@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=6, unique=True),
    st.integers(1, 4),
    st.sets(st.sampled_from(["a", "b", "c"])),
    st.data(),
)
def test_no_ancestor_of_what_stays_is_ever_removed(
    patches: list[int], keep: int, used: set[str], data: st.DataObject
) -> None:
    tagged = [each for patch in patches for each in chain(f"1.0.{patch}", "a", "b", "c")]
    mixed = [
        replace(each, base=data.draw(st.sampled_from([t.reference for t in tagged if "/a:" in t.reference])))
        if "/b:" in each.reference
        else each
        for each in tagged
    ]
    needs = replace(NOTHING, keep=keep, used=[f"id-{name}-1.0.{patches[0]}" for name in used])
    decided = decide(mixed, needs)
    gone = {each.tagged.reference for each in decided if each.remove}
    assert not gone & {each.tagged.base for each in decided if not each.remove}
    assert not gone & {each.reference for each in mixed if each.id in needs.used}
    assert all(f"{FOLDER}/c:1.0.{patch}" not in gone for patch in sorted(patches)[-keep:])
