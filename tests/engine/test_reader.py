"""The reader of Dockerfiles is held to BuildKit: stages, bases, references looked up, what is refused and where."""

from __future__ import annotations

import json
import re
import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from agreement import ask, by_buildkit, by_forebear, difference
from engines import BASE, load_base, remove_images
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from forebear.dockerfile.model import DockerfileFault
from forebear.dockerfile.reader import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import docker
    from engines import Engine

# "AT/" becomes a registry that does not exist; the engine has the images that are read out of a file under these names.
TRAITS: Final = {
    "directives": "# escape=`\n# check=skip=all\nARG X=`\n\n# c\n1\nFROM AT/a:$X\nRUN a `\n b\n",
    "a directive behind a comment": "# c\n# escape=`\nFROM AT/a:1\nRUN a \\\n b\n",
    "comments and blanks in a continuation": "FROM \\\n# c\n\n  AT/a:1 \\\n\n # d\n AS One\nFROM one\nRUN x\n",
    "here-documents": "FROM AT/a:1\nRUN <<A <<-'B' <<\"C\"\nFROM x\nA\n\tFROM\n\tB\nFROM z\nC\nCOPY --from=AT/b a b\n",
    "here-documents as files": "FROM AT/a:1\nCOPY <<one <<-two /\nFROM x\none\n\tFROM\n\ttwo\nADD <<A /y\nFROM z\nA\n",
    "no here-document": 'FROM AT/a:1\nRUN ["a", "<<A"]\nRUN a "<<A"\nCMD a <<A\nFROM AT/b:1\n',
    "JSON and shell forms": 'FROM AT/a:1\nCMD ["a", "b"]\nENTRYPOINT a b\nSHELL ["x"]\nCOPY ["a b", "c"]\nRUN [a]\n',
    "flags": "FROM AT/a:1\nCOPY --chown=1:1 --chmod=7 --link --from=AT/b a b\nRUN --network=none --mount=target=/x a\n",
    "a stage by number": "FROM AT/a:1\nFROM scratch\nCOPY --from=0 /a /b\n",
    "a number as a base": "FROM AT/a:1 AS a\nFROM 0\n",
    "a stage by name in any case": "FROM AT/a:1 aS Build\nfrom scratch\ncopy --from=BUILD /a /b\n",
    "a name twice": "FROM AT/a:1 AS x\nFROM AT/b:1 AS x\nFROM x\n",
    "a stage that is not needed": "FROM AT/a:1 AS x\nFROM AT/b:1\n",
    "a stage by an argument": "ARG S=x\nFROM AT/a:1 AS x\nFROM $S\n",
    "an image to copy from": "FROM scratch\nCOPY --from=AT/b:2 /a /b\n",
    "mounts": "FROM AT/a:1 AS x\nFROM scratch\nRUN --mount=from=AT/c,target=/x --mount=type=cache,from=X,target=/y y\n",
    "the builder's platform": "FROM --platform=$BUILDPLATFORM AT/a:$TARGETARCH-$BUILDOS-${TARGETVARIANT:-none}\n",
    "a platform argument of one's own": "ARG TARGETARCH=arm64\nFROM AT/a:$TARGETARCH\n",
    "a byte order mark": "\ufeffARG A=1\nFROM AT/a:$A\n",
    "CRLF": "ARG A=1\r\nFROM AT/a:$A \\\r\n# c\r\n AS b\r\nRUN <<A\r\nFROM x\r\nA\r\nRUN x\r\n",
    "a trigger": "FROM AT/a:1\nONBUILD COPY --from=AT/z:1 /a /b\n",
    "a trigger that comes into effect": "FROM AT/a:1 AS p\nONBUILD COPY --from=AT/z:1 /a /b\nFROM p\n",
    "quotes": 'ARG A="a b" B=\'$A\' C=c\nFROM AT/"a":${C}\n',
    "a remote ADD": "FROM AT/a:1\nADD --checksum=sha256:" + "0" * 64 + " https://nowhere.invalid/x /x\n",
    "an ARG in a stage": "ARG A=1\nFROM scratch\nARG A=2\nFROM AT/a:$A\n",
    "an ARG without a value": "ARG A=1\nARG A\nFROM AT/a:v$A\n",
    "a digest": "FROM scratch AS x\nFROM AT/d@sha256:" + "0" * 64 + "\n",
    "any case": "arg A=1\nfRoM AT/a:$A As b\nrUN x\nonBuild run x\n",
    "no FROM": "ARG A\n",
    "nothing": "# c\n",
    "a blank base": "ARG A\nFROM $A AS x\nFROM AT/a:1\n",
    "no reference": "FROM a//b AS x\nFROM AT/a:1\n",
    "no reference in a stage that is not needed": "FROM scratch AS x\nCOPY --from=a//b a b\nFROM AT/a:1\n",
    "no reference in a mount that is not needed": "FROM scratch AS x\nRUN --mount=from=a//b,target=/x y\nFROM AT/a:1\n",
}
REFUSED: Final = {
    "RUN before FROM": "ARG A\nRUN x\nFROM scratch\n",
    "an unknown instruction": "FROM scratch\nFRMO x\n",
    "an unknown flag": "FROM scratch\n\nCOPY --form=x a b\n",
    "an open here-document": "FROM scratch\nRUN <<A\nx\n",
    "an escape directive that is none": "# escape=x\nFROM scratch\n",
    "a stage that is not there": "FROM scratch\nCOPY --from=3 /a /b\n",
    "a variable in --from": "ARG A=1\nFROM scratch\nCOPY --from=$A /a /b\n",
    "an open quote": "FROM scratch\nRUN x\nENV A='a\\'b'\n",
    "a stage of itself": "FROM scratch AS a\nCOPY --from=a a b\n",
    "an operator that is none": "FROM AT/a:${A~b}\n",
}
FORMS: Final = (
    *("$X", "${X}", "${X:-y}", "${E:-y}", "${U:-y}", "${X:+y}", "${E:+y}", "${U:+y}", "${X-y}", "${E-y}", "${U-y}"),
    *("${X+y}", "${E+y}", "${U+y}", "${X:?no}", "${X?no}", "${E?no}", "${X#a*}", "${X##a*}", "${X#a?}", "${X%b*}"),
    *("${X%%b*}", "${X%c}", "${X/b/c}", "${X//b/c}", "${X//?/}", "${X/a*/}", "${X//\\*/}", "${U/a/b}", "\\$X", "'$X'"),
    *('"$X"', '"\\$X"', "'a'\"b\"c", "\\a", "${U:-${X}}", "${U:-${U:-$X}}", "${X#$E}", "${X/$U/x}", "$X$X", "$", "$1"),
    *("$XY", "${U-'}'}", "${U:-\"$X\"}", "{b}", "${X%\\}}", "${U-:b}", "${X:-}", "${X^^}", "${X/b}", "${", "${}", "'"),
    *("${U:?no}", "${E:?no}", "${U?no}"),
)  # fmt: skip
SIGNS: Final = (
    *FORMS,
    "a",
    "b",
    ".",
    "*",
    "?",
    "\\",
    "'",
    '"',
    "${",
    "${X",
    "}",
    "$",
    ":-",
    ":+",
    "%",
    "##",
    "/",
    "//",
)
# Without shrinking, which would ask BuildKit for minutes.
BRIEF: Final = settings(deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))


class Judge:
    """BuildKit, given an image under each name that the reader finds, so that no failed lookup cuts it short."""

    def __init__(self, client: docker.APIClient) -> None:
        self.project = f"reader-{secrets.token_hex(4)}"
        self.at = f"nowhere.invalid/{self.project}/"
        self._client = client
        self._tagged: set[str] = set()

    def placed(self, text: str) -> str:
        """The text with the images' true names."""
        return text.replace("AT/", self.at)

    def differences(self, texts: list[str]) -> dict[str, str]:
        """Where the reader and BuildKit differ, by text."""
        placed = [self.placed(text) for text in texts]
        for name in {name for text in placed for name in by_forebear(text).references} - self._tagged:
            if name.startswith(self.at) and "@" not in name:
                self._client.tag(BASE, name)
                self._tagged.add(name)
        with ThreadPoolExecutor(4) as pool:
            found = pool.map(difference, (text.encode() for text in placed))
            return {text: each for text, each in zip(texts, found, strict=True) if each}


@pytest.fixture(scope="module")
def judge(engines: Callable[[str], Engine]) -> Iterator[Judge]:
    engine = engines("current-containerd")
    beside = Path(engine.host.removeprefix("unix://")).parent / "client"
    with pytest.MonkeyPatch.context() as patch, engine.client() as client:
        patch.setenv("DOCKER_HOST", engine.host)
        patch.setenv("DOCKER_CONFIG", str(beside))
        patch.setenv("PATH", f"{beside}:/usr/bin:/bin")
        load_base(client)
        judge = Judge(client)
        yield judge
        remove_images(client, judge.project)


def test_buildkit_answers(judge: Judge) -> None:
    text = judge.placed("FROM AT/a:1 AS b\nFROM b\nCOPY --from=AT/c:1 a b\n")
    assert judge.differences([text]) == {}
    said = by_buildkit(text.encode())
    assert said.stages == (("b", f"{judge.at}a:1"), ("", "b"))
    assert said.references == {f"{judge.at}a:1", f"{judge.at}c:1"}
    assert by_buildkit(b"RUN x\n").refusal


def test_every_trait_is_read_as_buildkit_reads_it(judge: Judge) -> None:
    assert judge.differences(list(TRAITS.values())) == {}


def line_of_refusal(text: str) -> int | None:
    """The line that BuildKit refuses, 0 where it names none, None where it takes the text."""
    code, _, messages = ask(text.encode(), "build")
    found = re.search(r"^Dockerfile:(\d+)$|parse error on line (\d+)", messages, re.MULTILINE)
    return (int(found[1] or found[2]) if found else 0) if code else None


def line_of_fault(text: str) -> int | None:
    """The same of the reader."""
    try:
        read(text, platform="linux/amd64")
    except DockerfileFault as fault:
        return fault.line
    return None


def test_what_buildkit_refuses_is_refused_at_its_line(judge: Judge) -> None:
    texts = [judge.placed(text) for text in REFUSED.values()]
    with ThreadPoolExecutor(4) as pool:
        theirs = dict(zip(REFUSED, pool.map(line_of_refusal, texts), strict=True))
    ours = dict(zip(REFUSED, map(line_of_fault, texts), strict=True))
    assert None not in theirs.values()
    assert all(ours.values())
    assert {name: line or ours[name] for name, line in theirs.items()} == ours


def value_by_forebear(word: str) -> str | None:
    """What the reader makes of a word in a FROM; None where it refuses it."""
    try:
        found = read(f"ARG X=abcab\nARG E=\nFROM v{word}z\n", platform="linux/amd64")
    except DockerfileFault:
        return None
    return found.stages[0].base.resolved


def values_by_buildkit(words: list[str]) -> list[str] | str:
    """What BuildKit makes of words, in one question, as an outline tells the values of arguments; or why not."""
    lines = [f"ARG V{index}=v{word}z" for index, word in enumerate(words)]
    used = [f"ARG V{index}" for index in range(len(words))]
    text = "\n".join(["ARG X=abcab", "ARG E=", *lines, "FROM scratch", *used, ""])
    code, out, messages = ask(text.encode(), "outline,format=json")
    if code:
        return messages
    values = {each["name"]: each.get("value", "") for each in json.loads(out).get("args", [])}
    return [values[f"V{index}"] for index in range(len(words))]


def check_words(words: list[str], most: int) -> None:
    """Compare the values of words; of those that the reader refuses, BuildKit is asked for `most`, one by one."""
    ours = {word: value_by_forebear(word) for word in words}
    taken = [word for word in words if ours[word] is not None]
    assert values_by_buildkit(taken) == [ours[word] for word in taken]
    refused = [word for word in ours if ours[word] is None][:most]
    with ThreadPoolExecutor(4) as pool:
        values = pool.map(lambda word: values_by_buildkit([word]), refused)
        assert [word for word, value in zip(refused, values, strict=True) if not isinstance(value, str)] == []


def test_every_form_of_expansion_is_read_as_buildkit_reads_it(judge: Judge) -> None:
    check_words(list(FORMS), most=len(FORMS))


@settings(BRIEF, max_examples=4)
@given(st.lists(st.lists(st.sampled_from(SIGNS), min_size=1, max_size=4).map("".join), min_size=30, max_size=30))
def test_generated_words_are_read_as_buildkit_reads_them(judge: Judge, words: list[str]) -> None:
    check_words(words, most=3)


BASES: Final = ("AT/a:1", "AT/$A:v$B", "AT/${B:-a}", 'AT/"c":${A%b}1', "scratch", "AT/${A/a/b}", "s0", "0", "S1", "$A")
INSTRUCTIONS: Final = (
    *("RUN x", "# c", "", "ARG A=z", "run --mount=from={},target=/x y", "RUN --mount=type=cache,target=/x,from={} y"),
    *("COPY --from={} a b", "ADD --chown=1 a b", "onbuild COPY --from={} a b", "ENV A=b C='d e'", 'CMD ["a", "b"]'),
    *("RUN <<A <<'B'\nFROM x\nA\nFROM y\nB", 'COPY <<"A" <<B /x/\nFROM x\nA\nFROM y\nB', "LABEL a=b \\\n# c\n\n c="),
)  # fmt: skip


@st.composite
def dockerfiles(draw: st.DrawFn) -> str:
    """Dockerfiles of one to three stages, most of which BuildKit takes."""
    values = st.sampled_from(["a", "ab", '"a"', "'b'", "${A:+b}", "a$A", "${B-a}", "", "$TARGETARCH"])
    lines = draw(st.lists(st.builds("{} {}={}".format, _cased("ARG"), st.sampled_from("AB"), values), max_size=3))
    for index in range(draw(st.integers(1, 3))):
        platform = draw(st.sampled_from(["", "", "--platform=$BUILDPLATFORM ", "--platform=linux/$TARGETARCH "]))
        base = draw(st.sampled_from(BASES[: 6 + 2 * index]))
        gap = draw(st.sampled_from([" ", " ", " \\\n# c\n\n "]))
        lines.append(f"{draw(_cased('FROM'))} {platform}{base}{gap}{draw(_cased('AS'))} s{index}")
        sources = st.sampled_from(["AT/b:2", "s0", "S1", "0", "AT/e"])
        lines += draw(st.lists(st.builds(str.format, st.sampled_from(INSTRUCTIONS), sources), max_size=3))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    return draw(st.sampled_from(["", "", "\ufeff"])) + "\n".join([*lines, ""]).replace("\n", end)


def _cased(word: str) -> st.SearchStrategy[str]:
    return st.sampled_from([word, word.lower(), word.title()])


@settings(BRIEF, max_examples=6)
@given(st.lists(dockerfiles(), min_size=4, max_size=4, unique=True))
def test_generated_files_are_read_as_buildkit_reads_them(judge: Judge, texts: list[str]) -> None:
    assert judge.differences(texts) == {}
