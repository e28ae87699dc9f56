from __future__ import annotations

from dataclasses import replace

import pytest

from forebear.build.key import Input
from forebear.build.recipe import NOTHING, Target

from .samples import AMD64, SCRATCH, base, digest, parent, recipe, upstream


def test_a_target_is_shown_with_its_platform() -> None:
    assert str(Target("tomcat", "linux/arm64")) == "tomcat (linux/arm64)"


def test_the_parents_are_the_images_of_the_family_each_once_the_one_of_from_first() -> None:
    made_of = recipe("webapp", parent("tomcat"), parent("jdk", "java"), upstream(alias="os"), parent("jdk", "tools"))
    assert made_of.parents == ("tomcat", "jdk")
    assert made_of.ground == parent("tomcat")


def test_a_tag_is_shown_as_people_write_it() -> None:
    assert recipe("webapp").shown == "firethorn/webapp:2.1.7"
    assert replace(recipe("webapp"), reference="localhost:5000/a/b:1").shown == "localhost:5000/a/b:1"


def test_the_inputs_of_a_recipe_name_each_base_with_what_identifies_it() -> None:
    made_of = recipe("webapp", parent("tomcat"), upstream("jdk", "java", "jdk:17"))
    assert made_of.inputs({"tomcat": digest("t")}).bases == (
        Input("parent", "", f"tomcat {digest('t')}"),
        Input("upstream", "java", f"jdk:17 {digest('jdk')}"),
    )
    assert recipe("base", SCRATCH).inputs({}).bases == (Input("scratch", "", "scratch scratch"),)


def test_the_inputs_are_not_known_before_the_content_of_every_parent_is() -> None:
    with pytest.raises(KeyError, match="tomcat"):
        recipe("webapp", parent("tomcat")).inputs({})


def test_the_bases_are_those_of_its_own_platform() -> None:
    made_of = recipe("webapp", parent("tomcat"), upstream())
    here, there = base("tomcat"), base("other", platform="linux/arm64")
    present = {Target("tomcat", AMD64): here, Target("fedora:25", "linux/arm64"): there, Target("jdk", AMD64): there}
    assert made_of.bases_in(present) == {"tomcat": here}


@pytest.mark.parametrize(
    ("layers", "stands"),
    [
        (("a", "b"), True),
        (("a", "b", "c"), True),
        (("a",), False),
        (("b", "a"), False),
        (("a", "c"), False),
        ((), False),
    ],
)
def test_an_image_stands_on_another_whose_layers_are_its_lowest(layers: tuple[str, ...], stands: bool) -> None:
    assert base("image", *layers).stands_on(base("ground", "a", "b")) is stands


def test_every_image_stands_on_nothing() -> None:
    assert base("image").stands_on(NOTHING)
    assert base("image", "a").stands_on(NOTHING)
