"""The macros that the package ships: what they render, what they refuse, and that a shell reads it."""

from __future__ import annotations

import shlex
import string
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.dockerfile.reader import read
from forebear.dockerfile.rendering import ImageView, Renderer, Request, TemplateFault

if TYPE_CHECKING:
    from collections.abc import Sequence

IMAGE = ImageView("tomcat", "2.1.7", "firethorn/tomcat:2.1.7")
NAMES = ("dnf", "apt", "pip", "java")
HEAD = "".join(f'{{% import "forebear/{name}.j2" as {name} %}}' for name in NAMES) + "\nFROM {{ parent }}\n"
LETTERS = string.ascii_letters + string.digits + ".-+~:"
ALLOWED = {"dnf": f"{LETTERS}_^", "apt": LETTERS}
QUOTE = "cannot hold a quote: "


# One renderer for all tests: it compiles the macros once.
TEMPLATES: dict[str, str] = {}
RENDERER = Renderer(TEMPLATES.get)


def render(body: str, **values: object) -> str:
    name = f"{body.encode().hex()}.j2"
    TEMPLATES[name] = f"{HEAD}{body}\n"
    return RENDERER.render(name, Request(IMAGE, "firethorn", "2.1.7", "firethorn/fedora:2.1.7", {}, values))


def command(body: str, **values: object) -> str:
    """The shell command of the only RUN that a macro renders."""
    (run,) = (one for one in read(render(body, **values)).stages[0].instructions if one.keyword == "RUN")
    return run.text


def steps(text: str) -> list[list[str]]:
    """The words of each command of a list that && joins."""
    return [shlex.split(part) for part in text.split(" && ")]


def problem(body: str, **values: object) -> str:
    with pytest.raises(TemplateFault) as caught:
        render(body, **values)
    assert caught.value.line == 3
    return caught.value.problem


def test_dnf_installs_exactly_what_a_mapping_names() -> None:
    text = render('{{ dnf.install({"tomcat": "1:8.0.36-2.fc25", "procps-ng": "3.3.10-11.fc24"}) }}')
    assert text.split("\n")[2:10] == [
        "ARG SOURCE_DATE_EPOCH",
        "RUN export PYTHONDONTWRITEBYTECODE=1 \\",
        " && dnf -y --setopt=install_weak_deps=False --setopt=tsflags=nodocs install \\",
        "      procps-ng-3.3.10-11.fc24 \\",
        "      tomcat-1:8.0.36-2.fc25 \\",
        " && rpm -q \\",
        "      procps-ng-3.3.10-11.fc24 \\",
        "      tomcat-8.0.36-2.fc25 \\",
    ]


def test_dnf_takes_a_list_in_its_order_and_options() -> None:
    names = ["tomcat-1:8.0.36-2.fc25", "less-481-6.fc25"]
    text = command("{{ dnf.install(vars.names, repos=['a:B_1.x', 'b-*'], weak=true, docs=true) }}", names=names)
    flags = ["--disablerepo=*", "--enablerepo=a:B_1.x", "--enablerepo=b-*", "--setopt=install_weak_deps=True"]
    assert steps(text)[1] == ["dnf", "-y", *flags, "install", *names]


def test_apt_installs_exactly_what_a_mapping_names() -> None:
    first, update, install, version, *_ = steps(command('{{ apt.install({"tini": "0.19.0-1"}) }}'))
    assert first == ["export", "DEBIAN_FRONTEND=noninteractive", "PYTHONDONTWRITEBYTECODE=1"]
    assert update == ["apt-get", "update", "-q"]
    assert install[:5] == ["apt-get", "install", "-q", "-y", "--allow-downgrades"]
    assert install[5] == "--no-install-recommends"
    assert install[-1] == "tini=0.19.0-1"
    assert version == ["test", "$(dpkg-query -W -f '${Version}' 'tini')", "=", "0.19.0-1"]


def test_apt_uses_the_sources_given_and_takes_them_away() -> None:
    source = "deb [check-valid-until=no] file:///srv/snapshot bookworm main"
    text = command("{{ apt.install(['tini=1'], sources=[vars.s], recommends=true, docs=true) }}", s=source)
    _, write, update, install, _, remove, *_ = steps(text)
    only = ["-o", "Dir::Etc::SourceList=/tmp/sources.list", "-o", "Dir::Etc::SourceParts=-"]
    assert write == ["echo", source, ">>", "/tmp/sources.list"]
    assert update == ["apt-get", *only, "update", "-q"]
    assert install == ["apt-get", *only, "install", "-q", "-y", "--allow-downgrades", "tini=1"]
    assert remove == ["rm", "/tmp/sources.list"]


def test_pip_installs_exactly_what_is_named_and_nothing_else() -> None:
    text = command('{{ pip.install({"six": "1.16.0", "a": "1"}, links=["/w"], python="/v/bin/python") }}')
    environment, install, check, *_ = steps(text)
    assert environment[0] == "export"
    assert "PYTHONDONTWRITEBYTECODE=1" in environment
    assert install[:4] == ["/v/bin/python", "-m", "pip", "install"]
    assert install[-7:] == [
        "--only-binary=:all:",
        "--no-index",
        "--find-links",
        "/w",
        "--no-deps",
        "a==1",
        "six==1.16.0",
    ]
    assert check[-1] == "check"


def test_pip_takes_a_file_of_hashes() -> None:
    text = command('{{ pip.install(requirements="/r.txt", index="https://x.example.org/simple") }}')
    expected = ["--index-url", "https://x.example.org/simple", "--require-hashes", "-r", "/r.txt"]
    assert steps(text)[1][-5:] == expected


@pytest.mark.parametrize(
    "body",
    [
        '{{ dnf.install({"a": "1-1", "b": "2:1"}, repos=["x"]) }}',
        '{{ apt.install(["a=1", "b=2:1"], sources=["deb x y z"]) }}',
        "RUN true && {{ dnf.clean() }}",
        "RUN true && {{ apt.clean() }}",
        '{{ pip.install({"a": "1", "b": "2!1"}, links=["/srv"], bytecode=true) }}',
        '{{ pip.install(requirements="/srv/r.txt", index="https://x.example.org") }}',
        "RUN true && {{ pip.clean() }}",
        'RUN {{ java.trust(["/a b.pem", "/c"]) }} && {{ java.clean() }}',
        'RUN {{ java.pack("/a b", "/c.jar") }} && {{ java.repack(["/c.jar", "/d.jar"]) }}',
    ],
)
def test_a_shell_reads_what_is_rendered(body: str) -> None:
    subprocess.run(["/bin/sh", "-n"], input=command(body), text=True, check=True)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "{{ dnf.install({'tomcat': ''}) }}",
            'dnf.install: tomcat has no version; write {"tomcat": "VERSION-RELEASE"}',
        ),
        (
            "{{ dnf.install({'tomcat': none}) }}",
            'dnf.install: tomcat has no version; write {"tomcat": "VERSION-RELEASE"}',
        ),
        (
            "{{ dnf.install(['java-1.8.0-openjdk-headless']) }}",
            "dnf.install: java-1.8.0-openjdk-headless has no version and release; write NAME-VERSION-RELEASE",
        ),
        (
            "{{ dnf.install(['tomcat-8.0.36']) }}",
            "dnf.install: tomcat-8.0.36 has no version and release; write NAME-VERSION-RELEASE",
        ),
        (
            "{{ dnf.install('tomcat-8.0.36-2.fc25') }}",
            "dnf.install: give a list or a mapping of packages, not the text 'tomcat-8.0.36-2.fc25'",
        ),
        ("{{ dnf.install([]) }}", "dnf.install: no packages"),
        (
            "{{ dnf.install({'tomcat': '8.*'}) }}",
            "dnf.install: tomcat 8.*: a name or version cannot hold '*'",
        ),
        (
            "{{ apt.install(['tini']) }}",
            'apt.install: tini has no version; write {"tini": "VERSION"} or tini=VERSION',
        ),
        (
            "{{ apt.install({'tini': 'latest'}) }}",
            'apt.install: tini has no version; write {"tini": "VERSION"} or tini=VERSION',
        ),
        (
            "{{ apt.install(['tini=0.19*']) }}",
            "apt.install: tini=0.19*: a name or version cannot hold '*'",
        ),
        (
            "{{ apt.install('tini=1') }}",
            "apt.install: give a list or a mapping of packages, not the text 'tini=1'",
        ),
        ("{{ apt.install({}) }}", "apt.install: no packages"),
        (
            "{{ apt.install(['tini=1'], sources=[\"deb 'x'\"]) }}",
            "apt.install: a source cannot hold a quote: deb 'x'",
        ),
        (
            "{{ apt.install(['tini=1'], sources='deb x y z') }}",
            "apt.install: give sources as a list of lines, not the text 'deb x y z'",
        ),
        (
            "{{ dnf.install({'tomcat': '8-1'}, repos='fedora') }}",
            "dnf.install: give repos as a list, not the text 'fedora'",
        ),
        (
            "{{ dnf.install({'tomcat': '8-1'}, repos=['updates', \"x';evil\"]) }}",
            "dnf.install: x';evil: the name of a repository cannot hold '''",
        ),
        ("{{ dnf.install({'tomcat': '8-1'}, repos=['']) }}", "dnf.install: a repository has no name"),
        (
            "{{ pip.install(['six']) }}",
            'pip.install: six has no version; write {"six": "VERSION"} or six==VERSION',
        ),
        ("{{ pip.install({'six': '1.*'}) }}", "pip.install: six==1.*: an exact version cannot hold '*'"),
        ("{{ pip.install({'six;': '1'}) }}", "pip.install: six;: a name cannot hold ';'"),
        ("{{ pip.install('six') }}", "pip.install: give a list or a mapping of packages, not the text 'six'"),
        ("{{ pip.install() }}", "pip.install: give either packages or requirements"),
        ("{{ pip.install(['six==1'], '/r') }}", "pip.install: give either packages or requirements"),
        ("{{ pip.install(['six==1'], links='/srv') }}", "pip.install: give links as a list, not the text '/srv'"),
        ('{{ pip.install(["six==1"], links=["/s\'rv"]) }}', f"pip: a path or URL {QUOTE}/s'rv"),
        ('{{ pip.install(["six==1"], python="") }}', "pip: a path or URL is empty"),
        ("RUN {{ java.trust('/a.pem') }}", "java.trust: give certificates as a list of files, not the text '/a.pem'"),
        ('RUN {{ java.trust(["/a\'.pem"]) }}', f"java: a path {QUOTE}/a'.pem"),
        ('RUN {{ java.pack("", "/a.jar") }}', "java: a path is empty"),
        ("RUN {{ java.repack([]) }}", "java.repack: no files"),
        ("RUN {{ java.repack('/a') }}", "java.repack: give a list of files, not the text '/a'"),
    ],
)
def test_what_is_not_exact_is_refused(body: str, message: str) -> None:
    assert problem(body) == message


@given(
    macro=st.sampled_from(["dnf", "apt"]),
    name=st.text(alphabet=[*LETTERS, *" \n;&|$`'\"\\*#{}()é"], min_size=1, max_size=8),
    version=st.text(alphabet=[*LETTERS, *" \n;&|$`'\"\\*#{}()é"], max_size=8).map("1{}".format),
)
def test_nothing_but_names_and_versions_reaches_the_shell(macro: str, name: str, version: str) -> None:
    body = "{{ " + macro + ".install({vars.name: vars.version}) }}"
    if set(name + version) <= set(ALLOWED[macro]):
        joined = f"{name}-{version}" if macro == "dnf" else f"{name}={version}"
        install: Sequence[str] = next(
            step for step in steps(command(body, name=name, version=version)) if "install" in step
        )
        assert install[-1] == joined
    else:
        assert "a name or version cannot hold" in problem(body, name=name, version=version)


@given(st.text(alphabet=[*LETTERS, *"_*^ \n;&|$`'\"\\#{}()é"], min_size=1, max_size=8))
def test_nothing_but_names_of_repositories_reaches_the_shell(name: str) -> None:
    body = "{{ dnf.install(['a-1-1'], repos=[vars.name]) }}"
    if set(name) <= set(string.ascii_letters + string.digits + "._:*-"):
        assert steps(command(body, name=name))[1][2:4] == ["--disablerepo=*", f"--enablerepo={name}"]
    else:
        assert "the name of a repository cannot hold" in problem(body, name=name)
