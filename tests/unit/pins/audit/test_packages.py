from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.dockerfile.reader import read
from forebear.pins.audit.packages import told
from forebear.pins.audit.shell import Word, commands


def subjects(run: str) -> list[str]:
    """What is told of a RUN, as `manager verb: packages`."""
    return [each.subject for one in read(f"FROM x\n{run}\n").instructions for each in told(one.trigger or one)]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("apt-get install -y curl git", ["apt-get install curl git"]),
        ("apt-get install -y curl=7.88.1-10 git", ["apt-get install git"]),
        ("apt-get -y --no-install-recommends -o X::Y=z -t stable install curl", ["apt-get install curl"]),
        ("apt-get update && apt-get install -y a;apt install b || aptitude install c", [*"abc"]),
        ('apt-get install -y $PACKAGES curl=$VERSION ${X} "$(cat list)" `cat list`', []),
        ("apt-get install -y ./x.deb /tmp/y.deb https://example.org/z.deb", []),
        ("apt-get remove -y curl", []),
        ("echo apt-get install curl", []),
        ('echo "apt-get install curl"', []),
        ("# apt-get install curl", []),
        ("sudo -E apt-get install curl", ["apt-get install curl"]),
        ("DEBIAN_FRONTEND=x apt-get install curl", ["apt-get install curl"]),
        ("env X=y apt-get install curl", ["apt-get install curl"]),
        ("if true; then apt-get install curl; fi", ["apt-get install curl"]),
        ("(apt-get install curl)", ["apt-get install curl"]),
        ("{ apt-get install curl; }", ["apt-get install curl"]),
        ("yes | /usr/bin/apt-get install curl >/dev/null 2>&1", ["apt-get install curl"]),
        ("apt-get install curl> log git", ["apt-get install curl git"]),
        ("bash -euo pipefail -c 'apt-get install curl'", ["apt-get install curl"]),
        ('sh -c "apt-get install curl && dnf install vim"', ["apt-get install curl", "dnf install vim"]),
        ("apt-get install 'curl' \"git\" v\\im", ["apt-get install curl git vim"]),
        ("dnf -y install tomcat-8.0.41 java-1.8.0-openjdk", ["dnf install java-1.8.0-openjdk"]),
        ("dnf install -y tomcat-1:8.0.36-2.fc25 less-458-9.el7 @web gcc-toolset-12", ["dnf install gcc-toolset-12"]),
        ("yum install --enablerepo extras -y wget x.rpm", ["yum install wget"]),
        ("microdnf install --nodocs wget", ["microdnf install wget"]),
        ("apk add --no-cache curl=8.5.0-r0 git~2.43 bash", ["apk add bash"]),
        ("apk add --virtual .build -X https://example.org/x gcc", ["apk add gcc"]),
        ("apk --no-cache add gcc", ["apk add gcc"]),
        ("pip install -r requirements.txt", []),
        ("pip install flask==3.0.0 'requests>=2' jinja2", ["pip install requests>=2 jinja2"]),
        ("pip3 install -c constraints.txt flask", []),
        ("python3 -m pip install --upgrade pip", ["pip install pip"]),
        ("uv pip install flask", ["pip install flask"]),
        ("pip install . -e .[test] ./x dist/y.whl x/y", []),
        ("pip install git+https://example.org/x.git git+https://example.org/y.git@abc", None),
        ("apt-get install \u2028 \x0b a\x85b", ["apt-get install \u2028 \x0b a\x85b"]),
        ("npm install", []),
        ("npm ci", []),
        ("npm install -g yarn@1.22.22 pnpm @scope/x@1.2.3 @scope/y", ["npm install pnpm @scope/y"]),
        ("npm i -g typescript@5 x@latest user/repo user/repo#a1b2c3d", ["npm i typescript@5 x@latest user/repo"]),
        ("npm install --registry https://example.org x", ["npm install x"]),
    ],
)
def test_installs(script: str, expected: list[str] | None) -> None:
    if expected is None:
        expected = ["pip install git+https://example.org/x.git"]
    found = subjects(f"RUN {script}")
    assert found == expected or [each.split()[-1] for each in found] == expected


def test_continuation_lines_and_comments() -> None:
    run = "RUN apt-get update \\\n # a comment\n && apt-get install -y \\\n\n curl \\\n git=1\n"
    assert subjects(run) == ["apt-get install curl"]


def test_the_json_form() -> None:
    assert subjects('RUN ["apt-get", "install", "-y", "curl"]') == ["apt-get install curl"]
    assert subjects('RUN ["sh", "-c", "apt-get install -y curl"]') == ["apt-get install curl"]
    assert subjects('RUN ["apt-get", "install", "curl;x", "$Y"]') == ["apt-get install curl;x"]


def test_here_documents() -> None:
    assert subjects("RUN <<EOF\napt-get update\napt-get install \\\n  curl\nEOF") == ["apt-get install curl"]
    assert subjects("RUN bash -e <<-'EOF'\n\tapt-get install curl\n\tEOF") == ["apt-get install curl"]
    assert subjects("RUN cat <<EOF > x\napt-get install curl\nEOF") == []
    assert subjects("RUN python3 <<EOF\napt-get install curl\nEOF") == []


def test_a_trigger() -> None:
    assert subjects("ONBUILD RUN apk add x") == ["apk add x"]


def test_many_packages_are_told_in_short() -> None:
    (one,) = told(read("FROM x\nRUN apk add a b c d e\n").instructions[1])
    assert one.problem == "apk add takes whatever version is newest of a, b, c and 2 more"


def test_the_words_of_a_script() -> None:
    script = "a 'b c'\"d$e\" \\\n f#g >x 2>&1 <y && h $(i 'j)' \"k\") ${l:-m}|n # o\np;;(q)&r"
    found = [[*each] for each in commands(script)]
    assert found == [
        [Word("a"), Word("b cd", True), Word("f#g")],
        [Word("h"), Word("", True), Word("", True)],
        [Word("n")],
        [Word("p")],
        [Word("q")],
        [Word("r")],
    ]


@given(st.text(st.sampled_from("ab '\"\\$`(){};&|<>#\n=-\x0b\u2028"), max_size=40))
def test_every_script_is_read_to_its_end(script: str) -> None:
    assert all(commands(script))


@given(st.lists(st.text("abcxyz.-=", min_size=1), min_size=1))
def test_plain_words_are_kept(words: list[str]) -> None:
    assert [*commands(" ".join(words))] == [[Word(word) for word in words]]


def test_a_script_that_nests_deeply_is_read_in_one_go() -> None:
    deep = 'sh -c "' + "$(" * 20_000 + "x"
    assert [*commands(deep)]
    assert subjects(f"RUN apt-get install {'$(' * 10_000}") == []
