from __future__ import annotations

import contextlib
from textwrap import dedent

import pytest
from hypothesis import given

from forebear.dockerfile.model import Dockerfile, DockerfileFault, Heredoc, Use
from forebear.dockerfile.reader import read

from .texts import dockerfiles, ragged


def instructions(text: str) -> list[tuple[str, str]]:
    return [(one.keyword, one.text) for one in read(dedent(text)).instructions]


def bases(text: str, **args: str) -> list[str | None]:
    return [stage.base.resolved for stage in read(dedent(text), args=args, platform="linux/arm64/v8").stages]


def uses(dockerfile: Dockerfile) -> list[tuple[str, str | None, int | None]]:
    return [(use.kind, use.resolved, use.stage) for use in dockerfile.uses]


def fault(text: str) -> tuple[int, str]:
    with pytest.raises(DockerfileFault) as caught:
        read(text)
    return caught.value.line, caught.value.problem


def test_instructions_are_read_with_their_lines() -> None:
    text = """\
    # a comment
    from fedora:25

      RUN one \\
        # a comment, and a blank line

        two \\
        three
    \tcmd\t[ "a" ]
    """
    read_back = read(dedent(text)).instructions
    assert [(one.keyword, one.text, one.line, one.end_line) for one in read_back] == [
        ("FROM", "fedora:25", 2, 2),
        ("RUN", "one     two     three", 4, 8),
        ("CMD", '[ "a" ]', 9, 9),
    ]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_a_byte_order_mark_change_nothing(ending: str, mark: str) -> None:
    text = mark + ending.join(["FROM a:1", "RUN x \\", " y", "COPY <<E /", "z", "E", "USER u"])
    read_back = read(text)
    assert [(one.keyword, one.text) for one in read_back.instructions] == [
        ("FROM", "a:1"),
        ("RUN", "x  y"),
        ("COPY", "<<E /"),
        ("USER", "u"),
    ]
    assert read_back.instructions[2].heredocs == (Heredoc("E", f"z{ending}", expand=True, chomp=False, descriptor=0),)
    assert [text[use.start : use.end] for use in read_back.uses] == ["a:1"]
    assert (read_back.uses[0].line, read_back.uses[0].column) == (1, 6)


def test_the_escape_character_can_be_a_backtick() -> None:
    text = "# escape=`\nFROM a:1\nRUN x `\n  y \\\nUSER C:\\x\n"
    assert instructions(text)[1:] == [("RUN", "x   y \\"), ("USER", "C:\\x")]


@pytest.mark.parametrize(
    ("head", "syntax", "line", "escape"),
    [
        ("# syntax=docker/dockerfile:1 with words\n", "docker/dockerfile:1", 1, "\\"),
        ("#SYNTAX = x\n# check=skip=all\n# escape = `\n", "x", 1, "`"),
        ("#!/usr/bin/env x\n# syntax=y\n# escape=`\n", "y", 2, "\\"),
        ("# other=1\n# syntax=x\n", None, 0, "\\"),
        ("\n# syntax=x\n", None, 0, "\\"),
        ("  # syntax=x\n  # escape=`\n", None, 0, "`"),
        ("# a comment\n# escape=`\n", None, 0, "\\"),
    ],
)
def test_directives(head: str, syntax: str | None, line: int, escape: str) -> None:
    directives = read(f"{head}FROM scratch\n").directives
    assert (directives.syntax, directives.syntax_line, directives.escape) == (syntax, line, escape)


def test_stages_are_used_by_name_and_by_number() -> None:
    text = """\
    FROM a:1 AS Build
    FROM build AS two
    COPY --from=BUILD a b
    COPY --from=0 a b
    RUN --mount=type=bind,from=two_,target=/x --mount=from=Two,target=/y true
    FROM Build
    """
    with pytest.raises(DockerfileFault, match='"two" uses the stage "two", which does not stand before it'):
        read(dedent(text))
    assert uses(read(dedent(text).replace("from=Two", "from=three"))) == [
        ("from", "a:1", None),
        ("from", "build", 0),
        ("copy", "BUILD", 0),
        ("copy", "0", 0),
        ("mount", "two_", None),
        ("mount", "three", None),
        ("from", "Build", None),
    ]


def test_the_last_stage_of_a_name_is_the_one_that_copy_means() -> None:
    text = "FROM a:1 AS x\nFROM x AS x\nFROM b:1\nCOPY --from=x a b\n"
    assert uses(read(text)) == [("from", "a:1", None), ("from", "x", 0), ("from", "b:1", None), ("copy", "x", 1)]


def test_a_use_has_the_place_of_its_token() -> None:
    text = (
        "FROM --platform=linux/amd64 \\\n  # why\n  'fedo\\\nra:25' AS x\n"
        'COPY \\\n --from="a":1 --chown=x a b\nRUN --mount=target=/x,\\\nfrom=b:2 x\n'
        'RUN --mount=\'"target=/x","from=c:3"\' x\n'
    )
    read_back = read(text)
    assert [(use.resolved, text[use.start : use.end], use.line, use.column) for use in read_back.uses] == [
        ("fedora:25", "'fedo\\\nra:25'", 3, 3),
        ("a:1", 'a":1', 6, 10),
        ("b:2", "b:2", 8, 6),
        ("c:3", "c:3", 9, 32),
    ]


def test_scratch_is_no_external_base() -> None:
    read_back = read("FROM scratch\nCOPY --from=scratch a b\nRUN --mount=from=scratch,target=/x true\n")
    assert read_back.externals == ()
    assert [use.is_scratch for use in read_back.uses] == [True] * 3


def test_arguments_before_the_first_stage_are_expanded_in_bases() -> None:
    text = """\
    ARG NAME=fedora
    ARG TAG
    ARG WHOLE="${NAME}:${TAG:-25}" OTHER='$NAME'
    FROM $WHOLE
    ARG LATE=x
    FROM ${OTHER}
    FROM ${LATE:-y}:$TARGETARCH-$BUILDPLATFORM
    """
    assert bases(text) == ["fedora:25", "$NAME", "y:arm64-linux/arm64/v8"]
    assert bases(text, TAG="26", LATE="z", TARGETARCH="s390x") == ["fedora:26", "$NAME", "y:s390x-linux/arm64/v8"]


def test_a_base_that_is_blank_or_depends_on_an_unknown_platform_is_not_resolved() -> None:
    text = "ARG A\nARG B=x-$TARGETARCH\nFROM $A\nFROM ${C:?needed}\nFROM $B AS b\nFROM y-${TARGETOS:-z}\n"
    read_back = read(text)
    assert [stage.base.resolved for stage in read_back.stages] == [None] * 4
    assert read_back.stages[0].base.unset == {"A"}
    assert [stage.base.resolved for stage in read(text, platform="linux/386").stages][2:] == ["x-386", "y-linux"]


def test_the_platform_of_a_stage_is_expanded() -> None:
    text = "FROM --platform=$BUILDPLATFORM a:1\nFROM --platform=linux/arm64 a:1\nFROM a:1\n"
    assert [stage.platform for stage in read(text, platform="linux/386").stages] == ["linux/386", "linux/arm64", None]
    assert read(text).stages[0].platform is None


def test_here_documents_hold_no_instructions() -> None:
    text = """\
    FROM a:1
    RUN <<EOF cat <<-'E 2' 3<<"X"
    FROM b:1
    EOF
    \t$x
    \tE 2
    X
    COPY ["<<EOF", "/"]
    RUN echo "<<EOF" a<<EOF <<<EOF $((1<<2))
    ONBUILD COPY <<EOF /x
    COPY --from=c:1 a b
    EOF
    """
    read_back = read(dedent(text))
    assert [one.keyword for one in read_back.instructions] == ["FROM", "RUN", "COPY", "RUN", "ONBUILD"]
    assert read_back.instructions[1].heredocs == (
        Heredoc("EOF", "FROM b:1\n", expand=True, chomp=False, descriptor=0),
        Heredoc("E 2", "\t$x\n", expand=False, chomp=True, descriptor=0),
        Heredoc("X", "", expand=False, chomp=False, descriptor=3),
    )
    assert read_back.instructions[1].end_line == 7
    assert read_back.instructions[4].heredocs[0].content == "COPY --from=c:1 a b\n"
    assert len(read_back.uses) == 1


def test_onbuild_uses_images_in_builds_to_come() -> None:
    text = "FROM a:1 AS base\nONBUILD COPY --from=b:1 x y\nONBUILD RUN --mount=from=c:1,target=/x z\nFROM base\n"
    read_back = read(text)
    assert [(use.resolved, use.onbuild) for use in read_back.externals] == [
        ("a:1", False),
        ("b:1", True),
        ("c:1", True),
    ]
    trigger = read_back.instructions[1].trigger
    assert trigger is not None
    assert (trigger.keyword, trigger.text, trigger.flags) == ("COPY", "x y", (("from", "b:1"),))
    assert read("FROM a:1\nONBUILD COPY --from=$X a b\n").externals[1].resolved is None


def test_flags_are_kept_in_order() -> None:
    text = 'FROM a:1\nCOPY --chown="a b" --link --exclude=x\\ y --exclude=z -- --a b\n'
    assert read(text).instructions[1].flags == (
        ("chown", "a b"),
        ("link", None),
        ("exclude", "x y"),
        ("exclude", "z"),
    )
    assert read(text).instructions[1].text == "--a b"


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("", 0, "there is no instruction"),
        ("# only\n\n", 0, "there is no instruction"),
        ("ARG A=b\n", 0, "no FROM begins a stage"),
        ("RUN x\nFROM a\n", 1, "RUN stands before the first FROM; only ARG can"),
        ("\nFORM a\n", 2, '"FORM" is no instruction; did you mean FROM?'),
        ("FROM\n", 1, "FROM takes an image, or an image, AS and a name"),
        ("FROM a b\n", 1, "FROM takes an image, or an image, AS and a name"),
        ("FROM a AS 1x\n", 1, '"1x" cannot name a stage'),
        ("FROM --platfrom=x a\n", 1, "FROM has no flag --platfrom; did you mean --platform?"),
        ("FROM --platform=$X a\n", 1, 'the platform "$X" is blank'),
        ("FROM ${a\n", 1, 'ends before the "}"'),
        ("ARG A=${b?needed}\nFROM a\n", 1, "b: needed"),
        ("ARG A='x\nFROM a\n", 1, "opens a ' that nothing closes"),
        ("ARG =x\nFROM a\n", 1, "ARG has a name that is blank"),
        ("FROM a\nRUN <<EOF\nx\n", 2, 'nothing ends the here-document "EOF"'),
        ('FROM a\nRUN ["a", 1]\n', 2, "a JSON list may hold only strings here"),
        ("FROM a\nSHELL sh\n", 2, "SHELL takes a JSON list of strings"),
        ("FROM a\nCOPY a\n", 2, "COPY needs a source and a destination"),
        ("FROM a\nCOPY a <<EOF\nEOF\n", 2, "COPY cannot have a here-document as its destination"),
        ("FROM a\nCOPY --from=$X a b\n", 2, "--from takes no variable"),
        ("FROM a\nCOPY --from=7 a b\n", 2, "there is no stage 7"),
        ("FROM a\nCOPY --from a b\n", 2, "the flag --from needs a value"),
        ("FROM a\nCOPY --from=a --from=b a b\n", 2, "the flag --from stands twice"),
        ("FROM a\nCOPY --link=maybe a b\n", 2, "the flag --link is true or false, not 'maybe'"),
        ("FROM a\nRUN --mount=from=$X,target=/x y\n", 2, "from= in a mount takes no variable"),
        ("FROM a\nENV x\n", 2, "ENV x has no value"),
        ("FROM a\nENV a=b c\n", 2, '"c" has no "="'),
        ("FROM a\nLABEL a='b\n", 2, "opens a ' that nothing closes"),
        ("FROM a\nEXPOSE 80/tpc\n", 2, "EXPOSE takes ports as in 8080"),
        ("FROM a\nEXPOSE 99999\n", 2, "EXPOSE takes ports as in 8080"),
        ("FROM a\nSTOPSIGNAL SIGNOPE\n", 2, '"SIGNOPE" is no signal'),
        ('FROM a\nVOLUME [""]\n', 2, "VOLUME needs a path"),
        ("FROM a\nVOLUME\n", 2, "VOLUME needs a path"),
        ("FROM a\nUSER\n", 2, "USER needs one argument"),
        ("FROM a\nHEALTHCHECK x\n", 2, "HEALTHCHECK takes NONE, or CMD and a command"),
        ("FROM a\nHEALTHCHECK --interval=x CMD y\n", 2, "is a duration of 1ms or more, as in 1m30s, not 'x'"),
        ("FROM a\nHEALTHCHECK --interval=1us CMD y\n", 2, "is a duration of 1ms or more"),
        ("FROM a\nHEALTHCHECK --timeout=9999999h CMD y\n", 2, "is a duration of 1ms or more"),
        ("FROM a\nRUN --network=web x\n", 2, "the flag --network is one of default, none, host"),
        ("FROM --platform=foo a\n", 1, '"foo" is no platform; write it as in linux/amd64'),
        ("FROM --platform=a/b/c/d a\n", 1, '"a/b/c/d" is no platform'),
        ("FROM a\nADD --checksum=x y z\n", 2, "--checksum needs a source that is fetched"),
        ("FROM a\nADD --checksum=x https://y z\n", 2, '"x" is no digest'),
        ("FROM a\nADD --checksum=x a b c\n", 2, "the flag --checksum takes one source"),
        ("FROM a\nHEALTHCHECK --retries=-1 CMD y\n", 2, "the flag --retries is a number, not '-1'"),
        ("FROM a\nHEALTHCHECK NONE x\n", 2, "HEALTHCHECK NONE takes no argument"),
        ("FROM a\nONBUILD\n", 2, "ONBUILD needs an instruction"),
        ("FROM a AS x\nONBUILD FOO y\nFROM x\n", 2, '"FOO" is no instruction'),
        ("FROM a AS x\nONBUILD COPY --frm=y a b\nFROM x\n", 2, "COPY has no flag --frm; did you mean --from?"),
        ("FROM a\nSTOPSIGNAL 0\n", 2, '"0" is no signal'),
        ("FROM a\nONBUILD FROM b\n", 2, "ONBUILD cannot hold FROM"),
        ("# escape=x\nFROM a\n", 1, 'the escape character is "x", and must be \\ or `'),
        ("# escape=`\n# escape=`\nFROM a\n", 2, "the parser directive escape stands twice"),
        ("FROM a AS x\nCOPY --from=y a b\nFROM b AS y\nCOPY --from=x a b\n", 2, 'the stage "x" uses the stage "y"'),
        ("FROM a\nCOPY --from=0 a b\n", 2, "stage 0 uses stage 0, which does not stand before it"),
        ("FROM a\n" + "RUN " + "x" * 65532 + "\n", 2, "the line is longer than 65535 bytes"),
    ],
)
def test_what_buildkit_refuses_is_refused_with_its_line(text: str, line: int, problem: str) -> None:
    where, what = fault(text)
    assert where == line
    assert problem in what


@pytest.mark.parametrize(
    "text",
    [
        "FROM a AS x\nCOPY --from=y a b\nFROM b AS y\n",  # x comes too early, but nothing needs it
        "FROM a AS x\nLABEL a='b\nFROM b\n",
        "FROM a AS x\nONBUILD FOO y\nFROM b\n",
        "FROM a\nONBUILD COPY --frm=1 a\n",  # refused only when it is triggered
        "FROM a\nARG A='b\" --whatever\"'\n",
        "FROM a\nENV a b c\nLABEL a 'b c'\n",
        "FROM a\nADD --checksum=abc https://y/z.git z\nADD --checksum=$x https://y z\n",
        "FROM --platform=arm64 a\nHEALTHCHECK --interval=0 --timeout=1.5h2ms --retries= CMD x\n",
        "FROM a\nEXPOSE $PORT 80 8000-8010/udp\n",
        "FROM a\nSTOPSIGNAL rtmin+3\nSTOPSIGNAL 010\nSTOPSIGNAL -1\nSTOPSIGNAL $X\n",
        'FROM a\nRUN ["a"\nCMD []\nENTRYPOINT\nCMD\n',
        "FROM a\nRUN " + "x" * 65531 + "\n",
    ],
)
def test_what_buildkit_takes_is_taken(text: str) -> None:
    assert read(text).stages


def test_targets_chains_and_what_a_target_needs() -> None:
    text = """\
    FROM a:1 AS base
    RUN x
    ONBUILD RUN y
    FROM b:1 AS tools
    RUN z
    FROM base AS app
    ENV a=b
    COPY --from=tools x y
    FROM base AS other
    """
    read_back = read(dedent(text))
    assert [stage.name for stage in read_back.chain(read_back.target("APP"))] == ["app", "base"]
    assert [stage.name for stage in read_back.reached(read_back.target("app"))] == ["base", "tools", "app"]
    assert [stage.name for stage in read_back.reached(read_back.target())] == ["base", "other"]
    assert (read_back.steps("app"), read_back.steps("tools"), read_back.steps()) == (5, 1, 3)
    with pytest.raises(DockerfileFault, match='no stage is named "none"'):
        read_back.target("none")


def test_a_trigger_makes_its_stage_needed_where_it_is_triggered() -> None:
    text = "FROM b:1 AS tools\nFROM a:1 AS base\nONBUILD COPY --from=tools x y\nFROM base\n"
    read_back = read(text)
    assert [stage.name for stage in read_back.reached(read_back.target("base"))] == ["base"]
    assert [stage.name for stage in read_back.reached(read_back.target())] == ["tools", "base", None]


@given(ragged())
def test_any_text_is_read_or_refused_with_a_line(text: str) -> None:
    refused = None
    try:
        read(text, platform="linux/amd64")
    except DockerfileFault as raised:
        refused = raised
    assert refused is None or 0 <= refused.line <= text.count("\n") + 1


@given(dockerfiles())
def test_every_use_is_found_at_its_place(text: str) -> None:
    read_back = read(text, platform="linux/amd64")
    for use in read_back.uses:
        token = text[use.start : use.end]
        assert token == use.text
        line = text.removeprefix("\ufeff").split("\n")[use.line - 1]
        assert line[use.column - 1 :].startswith(token)
        assert read(text[: use.start] + token + text[use.end :], platform="linux/amd64") == read_back


@given(dockerfiles())
def test_a_use_can_be_replaced_where_it_stands(text: str) -> None:
    read_back = read(text, platform="linux/amd64")
    for use in read_back.externals:
        changed = read(text[: use.start] + "new:1" + text[use.end :], platform="linux/amd64")
        assert [one.resolved for one in changed.uses] == [
            "new:1" if one == use else one.resolved for one in read_back.uses
        ]


def test_hostile_texts_are_read_or_refused() -> None:
    hostile = [
        "FROM a\n" + "RUN x \\\n" * 5_000,
        "FROM a\n" + "ENV a=" + "'" * 60_000 + "\n",
        "ARG A=xxxxxxxxxx\n" + "ARG A=$A$A$A$A$A$A$A$A\n" * 50 + "FROM $A\n",
        "FROM a\nRUN " + "<<E " * 3_000 + "\n",
        "FROM a\nRUN " + "--mount=" + "from=a," * 9_000 + " x\n",
        "# escape=" + " " * 60_000 + "x\n",
        "FROM a\nCMD " + "[" * 60_000 + "\n",
        "FROM " + "${a:-" * 10_000 + "\n",
        "FROM a AS s0\n" + "".join(f"FROM s{n} AS s{n + 1}\n" for n in range(2_000)),
    ]
    for text in hostile:
        with contextlib.suppress(DockerfileFault):
            read(text)


def test_use_is_a_value() -> None:
    first = read("FROM a:1\n").uses[0]
    assert first == Use("a:1", "a:1", "from", None, 5, 8, 1, 6, 0)
    assert hash(first)
