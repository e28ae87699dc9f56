from __future__ import annotations

import io
import re
import struct
import zipfile
from pathlib import Path
from typing import Final

import pytest

from forebear.contents.catalogue import catalogue
from forebear.contents.causes import cause_of
from forebear.contents.compare import Difference, Kind

from .layers import Made
from .test_compare import between

PAGE = Path(__file__).parents[3] / "docs/reproducibility.md"


def code(path: str, *kinds: Kind) -> str | None:
    cause = cause_of(Difference(path, kinds or (Kind.CONTENT,), "", ""))
    return cause.code if cause else None


def told(path: str, first: bytes, second: bytes) -> str | None:
    """What is told of a file with two contents."""
    (found,) = between([Made(path, first)], [Made(path, second)])
    cause = cause_of(found)
    return cause.code if cause else None


PATHS: Final[list[tuple[str, str | None]]] = [
    ("etc/machine-id", "machine-id"),
    ("etc/ssl/certs/java/cacerts", "java-key-store"),
    ("etc/pki/ca-trust/extracted/java/cacerts", "java-key-store"),
    ("usr/lib/jvm/java-17/lib/server/classes_nocoops.jsa", "java-class-data"),
    ("var/cache/ldconfig/aux-cache", "ldconfig-cache"),
    ("var/log/dpkg.log", "package-logs"),
    ("var/log/apt/history.log", "package-logs"),
    ("var/log/dnf.rpm.log", "package-logs"),
    ("var/log/tomcat/catalina.out", "logs"),
    ("usr/lib/ruby/gems/x/mkmf.log", "gem-logs"),
    ("var/lib/dpkg/status-old", "package-backups"),
    ("var/lib/apt/lists/mirror_dists_bookworm_InRelease", "apt-lists"),
    ("var/cache/dnf/fedora-0123456789abcdef/repodata", "dnf-cache"),
    ("var/lib/dnf/history.sqlite", "dnf-history"),
    ("usr/lib/sysimage/rpm/rpmdb.sqlite", "rpm-database"),
    ("var/lib/rpm/Packages", "rpm-database"),
    ("usr/lib/python3/dist-packages/__pycache__/apt.cpython-311.pyc", "python-bytecode"),
    ("usr/lib/python3/site-packages/x-1.dist-info/RECORD", "pip-records"),
    ("root/.cache/pip/http/a", "pip-cache"),
    ("root/.npm/_logs/a", "npm-cache"),
    ("root/.m2/repository/a/_remote.repositories", "maven-cache"),
    ("var/cache/fontconfig/0.cache-7", "fontconfig-cache"),
    ("var/cache/man/index.db", "man-db"),
    ("etc/ssh/ssh_host_ed25519_key", "ssh-host-keys"),
    ("etc/ssl/private/ssl-cert-snakeoil.key", "generated-keys"),
    ("etc/ssl/certs/ca-certificates.crt", "ca-certificates"),
    ("etc/shadow", "password-dates"),
    ("etc/hostname", "engine-files"),
    ("var/lib/systemd/random-seed", "random-seed"),
    ("var/lib/systemd/catalog/database", "systemd-catalog"),
    ("usr/share/glib-2.0/schemas/gschemas.compiled", "desktop-databases"),
    ("usr/share/texmf/ls-R", "tex-listings"),
    ("usr/lib/locale/locale-archive", "locale-archive"),
    ("srv/app/.git/index", "git-folder"),
    ("root/.wget-hsts", "home-traces"),
    ("tmp/hsperfdata_root/7", "java-performance-data"),
    ("tmp/cc0.s", "temporary-files"),
    ("srv/server.p12", "sealed-key-store"),
    ("etc/machine-identity", None),
    ("home/etc/machine-id", None),
    ("srv/cacerts.txt", None),
]


@pytest.mark.parametrize(("path", "expected"), PATHS)
def test_paths_tell_a_cause(path: str, expected: str | None) -> None:
    assert [code(path), code(path, Kind.CONTENT, Kind.TIME), code(path, Kind.ONLY_FIRST)] == [expected] * 3


ALONE: Final[list[tuple[tuple[Kind, ...], str | None]]] = [
    ((Kind.TIME,), "times"),
    ((Kind.ORDER,), "order"),
    ((Kind.FORM,), "form"),
    ((Kind.MODE,), "modes"),
    ((Kind.MODE, Kind.TIME), None),
    ((Kind.OWNER,), None),
]


@pytest.mark.parametrize(("kinds", "expected"), ALONE)
def test_kinds_tell_a_cause_where_they_are_alone(kinds: tuple[Kind, ...], expected: str | None) -> None:
    assert code("etc/machine-id", *kinds) == expected


def zipped(day: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr(zipfile.ZipInfo("same", (1980, 1, 1, 0, 0, 0)), b"x" * 100)
        file.writestr(zipfile.ZipInfo("META-INF/MANIFEST.MF", (2026, 11, day, 6, 0, 0)), b"x")
    return buffer.getvalue()


def member(time: int) -> bytes:
    head = f"{'a.o/':<16}{time:<12}{0:<6}{0:<6}{644:<8}{4:<10}`\n"
    return b"!<arch>\n" + head.encode() + b"data"


CONTENTS: Final[list[tuple[bytes, bytes, str | None]]] = [
    (b"Tue Nov 24 06:53:01 UTC 2026\n", b"Tue Nov 24 06:53:04 UTC 2026\n", "clock"),
    (b"Tue Nov 24 06:53:01 UTC 2026\n", b"Wed Nov 25 06:53:01 UTC 2026\n", "clock"),
    (b"built=2026-11-24T06:53:01Z", b"built=2026-11-25T06:53:01Z", "clock"),
    (b"built=1763967181", b"built=1763967199", "clock"),
    (b"version 1.2.3 on 2026-11-24", b"version 1.2.4 on 2026-11-24", None),
    (b"host=0a1b2c3d4e5f\n", b"host=ffeeddccbbaa\n", "host-name"),
    (b"#line 1 /tmp/ccAb12Xy.o x", b"#line 1 /tmp/ccZZ99aa.o x", "temporary-names"),
    (b"from /tmp/tmp.a8F3k2/src/x.c", b"from /tmp/tmp.Zb81hq/src/x.c", "temporary-names"),
    (b"id: 6fa459ea-ee8a-3ca4-894e-db77e160355e", b"id: 16fd2706-8baf-433b-82eb-8c7fada847da", "random"),
    (b"seed " + b"ab12" * 8, b"seed " + b"cd34" * 8, "random"),
    (b"one thing", b"another thing", None),
    (bytes(range(16)), bytes(range(1, 17)), None),
    (zipped(1), zipped(2), "zip-times"),
    (b"\x1f\x8b\x08\0" + struct.pack("<I", 1), b"\x1f\x8b\x08\0" + struct.pack("<I", 2), "gzip-times"),
    (b"\x1f\x8b\x08\0\0\0\0\0\0\3A", b"\x1f\x8b\x08\0\0\0\0\0\0\3B", None),
    (b"\4\0\0\0\24\0\0\0\3\0\0\0GNU\0aaaa", b"\4\0\0\0\24\0\0\0\3\0\0\0GNU\0bbbb", "build-id"),
    (
        b"-----BEGIN PRIVATE KEY-----\nMIIEvQ",
        b"-----BEGIN PRIVATE KEY-----\nMIIEvg",
        "key-text",
    ),
]


@pytest.mark.parametrize(("first", "second", "expected"), CONTENTS)
def test_contents_tell_a_cause(first: bytes, second: bytes, expected: str | None) -> None:
    assert told("srv/file", first, second) == expected
    assert told("srv/file", second, first) == expected


def test_a_static_library_tells_its_times() -> None:
    assert told("usr/lib/libx.a", member(1763967181), member(1763967182)) == "library-times"


def test_every_row_is_reached() -> None:
    """No row of the catalogue is hidden behind another one: each has a difference above."""
    tested = {each[-1] for each in (*PATHS, *ALONE, *CONTENTS)} | {"library-times"}
    assert {row.cause.code for row in catalogue()} == tested - {None}


def test_the_documentation_has_a_line_for_each_cause() -> None:
    section = PAGE.read_text("utf-8").partition("\n## Causes\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([^`]+)` \| (.+?) \| (.+?) \|$", section, re.MULTILINE)
    assert rows == [(row.cause.code, row.cause.why, row.cause.cure) for row in catalogue()]
