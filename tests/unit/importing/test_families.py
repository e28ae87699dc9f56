from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from forebear.dockerfile.rendering import ImageView, Renderer, Request
from forebear.importing.families import MAX_VARS, clusters, written
from forebear.importing.wording import words

COMMON = [f"RUN step{number} --with {{{{ it }}}} {{% and" for number in range(24)]


def shared(texts: dict[str, str]) -> list[tuple[str, dict[str, dict[str, str | bool]]]]:
    return [written(each) for each in clusters({name: words(text, ()) for name, text in texts.items()})]


def rendered(template: str, values: dict[str, str | bool]) -> str:
    request = Request(ImageView("a", "1.0.0", "p/a:1.0.0"), "p", "1.0.0", "P", {}, values)
    return Renderer({"t": template}.get).render("t", request).split("\n", 1)[1]


FILES = st.lists(
    st.tuples(
        st.sets(st.integers(0, 23), max_size=3),  # lines that it does not have
        st.dictionaries(st.integers(0, 23), st.sampled_from(["ENV V 1", "ENV V 2", "{{ x", "{% if y %}"]), max_size=3),
        st.booleans(),
    ),
    min_size=2,
    max_size=5,
)


@given(FILES)
def test_what_shares_a_template_comes_out_as_it_was(files: list[tuple[set[int], dict[int, str], bool]]) -> None:
    texts = {}
    for number, (missing, more, end) in enumerate(files):
        lines = [
            part
            for n, line in enumerate(COMMON)
            for part in ([line] * (n not in missing) + [more.get(n, "")] * (n in more))
        ]
        texts[f"i{number}"] = "\n".join(lines) + "\n" * end
    found = shared(texts)
    assert sorted(name for _, values in found for name in values) == sorted(texts)
    for template, values in found:
        for name, some in values.items():
            assert len(some) <= MAX_VARS
            assert rendered(template, some).rstrip("\n") == texts[name].rstrip("\n")


def test_a_line_that_some_do_not_have_stands_under_a_condition() -> None:
    common = "".join(f"RUN step{number}\n" for number in range(24))
    first = f"FROM a:1\nENV NODE_VERSION=22\n  s390x) ARCH='s390x';; \\\n  arm64) ARCH='arm64';; \\\n{common}"
    other = first.replace("=22", "=24").replace("  s390x) ARCH='s390x';; \\\n", "")
    ((template, values),) = shared({"a": first, "b": other})
    assert template.startswith(
        "FROM a:1\nENV NODE_VERSION={{ vars.node_version }}\n"
        "{% if vars.with_s390x %}\n  s390x) ARCH='s390x';; \\\n{% endif %}\n  arm64) ARCH='arm64';; \\\n"
    )
    assert values == {
        "a": {"node_version": "22", "with_s390x": True},
        "b": {"node_version": "24", "with_s390x": False},
    }


def test_lines_in_the_place_of_others_and_short_files_make_no_family() -> None:
    common = "".join(f"RUN step{number}\n" for number in range(24))
    assert len(shared({"a": f"FROM a:1\nRUN x && y\n{common}", "b": f"FROM a:1\nCOPY z /\n{common}"})) == 2
    assert len(shared({"a": "FROM a:1\nRUN x\n", "b": "FROM a:1\n"})) == 2
