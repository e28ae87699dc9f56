"""Texts of Dockerfiles, good and bad, for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

PIECES = [
    *("FROM ", "from ", "ARG ", "RUN ", "COPY ", "ADD ", "ENV ", "LABEL ", "ONBUILD ", "CMD ", "HEALTHCHECK "),
    *("EXPOSE ", "VOLUME ", "SHELL ", "WORKDIR ", "USER ", "STOPSIGNAL ", "MAINTAINER "),
    *("fedora:25", "docker.io/library/x:1", "base", "scratch", " AS base", " as B", "$A", "${A:-y}", "A=b", "A"),
    *("--from=base ", "--from=0 ", "--from=x:1 ", "--mount=from=x:1,target=/y ", '--mount="type=cache" '),
    *("--platform=$TARGETPLATFORM ", "--chown=a ", "a b ", '["a", "b"]', '["a"', "<<EOF", "\nEOF\n", "<<-'E F' "),
    *("\n", "\n", "\n", "\r\n", "\\\n", "`\n", "\\", " ", "\t", "'", '"', "=", "#", "# c\n", "# escape=`\n"),
    *("# syntax=x\n", "\ufeff", "\x85", "\xa0", "é", "{", "}", "$", ",", "/"),
]


def ragged() -> st.SearchStrategy[str]:
    """Texts that look like Dockerfiles and mostly are none."""
    return st.lists(st.sampled_from(PIECES), max_size=30).map("".join) | st.text(max_size=60)


REFERENCES = ["fedora:25", "docker.io/library/fedora:25", "x", "localhost:5000/y:1", "a/b@sha256:" + "0" * 64]


@st.composite
def dockerfiles(draw: st.DrawFn) -> str:
    """Dockerfiles that BuildKit takes, of one to four stages with every kind of use."""
    lines = [f"ARG BASE{n}={draw(st.sampled_from(REFERENCES))}" for n in range(draw(st.integers(0, 2)))]
    bases = [*REFERENCES, *(f"${{BASE{n}}}" for n in range(len(lines))), "scratch"]
    for index in range(draw(st.integers(1, 4))):
        names = [name for n in range(index) for name in (f"s{n}", f"S{n}", str(n))]
        base = draw(st.sampled_from([*bases, *(f"s{n}" for n in range(index))]))
        lines.append(f"FROM {base} AS s{index}")
        lines += draw(st.lists(_instructions([*REFERENCES, *names]), max_size=3))
    ending = draw(st.sampled_from(["\n", "\r\n"]))
    return draw(st.sampled_from(["", "\ufeff", f"# escape=\\{ending}"])) + ending.join([*lines, ""])


def _instructions(sources: list[str]) -> st.SearchStrategy[str]:
    source = st.sampled_from(sources)
    mounted = st.sampled_from([one for one in sources if not one.isdigit()])
    return st.one_of(
        source.map("COPY --chown=a --from={} a b".format),
        source.map('copy --from="{}" a b'.format),
        mounted.map("RUN --mount=type=bind,from={},target=/x true".format),
        mounted.map("RUN --mount=target=/y,from={} \\\n  # comment\n  true".format),
        mounted.map("RUN <<EOF --mount=from={}\nFROM y\nEOF".format),
        st.sampled_from(["ENV a=b", "LABEL a='b c'", 'CMD ["x"]', "# FROM z", "", "ONBUILD RUN true"]),
    )
