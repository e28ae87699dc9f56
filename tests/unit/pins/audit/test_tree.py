from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear import api
from forebear.pins.audit import many, tree
from forebear.pins.audit.globs import matcher
from forebear.pins.audit.settings import Settings
from forebear.pins.audit.tree import Entry, Obstacle, content, walk

from ...nobody import as_nobody

if TYPE_CHECKING:
    from pathlib import Path


def made(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("FROM x\n")


def seen(root: Path, *excluded: str, path: str = "") -> list[str]:
    found = walk(Entry(path, str(root)), matcher(excluded))
    return [f"{each.path}: {each.trouble.problem}" if isinstance(each, Obstacle) else each.path for each in found]


def test_a_walk_goes_in_order_and_leaves_out_what_is_not_of_the_tree(tmp_path: Path) -> None:
    made(
        tmp_path,
        "b/Dockerfile",
        "a/x.Dockerfile",
        "Dockerfile",
        ".git/Dockerfile",
        "a/node_modules/Dockerfile",
        "a/README",
    )
    assert seen(tmp_path) == ["Dockerfile", "a/x.Dockerfile", "b/Dockerfile"]
    assert seen(tmp_path, path="/srv") == ["/srv/Dockerfile", "/srv/a/x.Dockerfile", "/srv/b/Dockerfile"]
    assert seen(tmp_path, "a", path="") == ["Dockerfile", "b/Dockerfile"]
    assert seen(tmp_path / "Dockerfile", path="Dockerfile") == ["Dockerfile"]


def test_links(tmp_path: Path) -> None:
    inside, outside = tmp_path / "tree", tmp_path / "elsewhere"
    made(tmp_path, "tree/a/Dockerfile", "tree/plain", "elsewhere/Dockerfile")
    (inside / "a/again").symlink_to(inside)
    (inside / "b").symlink_to(outside)
    (inside / "loop").symlink_to("loop")
    (inside / "Dockerfile").symlink_to("plain")
    (inside / "Dockerfile.a").symlink_to("a/Dockerfile")
    (inside / "Dockerfile.gone").symlink_to("nowhere")
    (inside / "Dockerfile.out").symlink_to(outside / "Dockerfile")
    (inside / "gone").symlink_to("nowhere")
    loop = "this symbolic link leads to itself, or to a folder around it"
    assert sorted(seen(inside)) == [
        "Dockerfile",
        "Dockerfile.gone: this cannot be read: no such file or directory",
        "Dockerfile.out: this symbolic link leads out of what is audited, and is not followed",
        "a/Dockerfile",
        f"a/again: {loop}",
        f"loop: {loop}",
    ]
    assert "link-loop" in {each.rule.name for each in api.audit_files(inside, ["."]).findings}


def test_what_is_no_regular_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "Dockerfile")
    found = content(Entry("Dockerfile", str(tmp_path / "Dockerfile")))
    assert isinstance(found, Obstacle)
    assert found.trouble.problem == "this is no regular file"


def test_a_file_is_read_up_to_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "LIMIT", 200_000)
    for size in (0, 1, 65_535, 65_536, 65_537, 200_000, 200_001, 300_000):
        (tmp_path / "x").write_bytes(b"x" * size)
        found = content(Entry("x", str(tmp_path / "x")))
        assert isinstance(found, bytes)
        assert len(found) == min(size, 200_001)


def test_what_is_in_the_way_is_a_finding_each_and_the_rest_is_judged() -> None:
    with as_nobody() as root:
        made(root, "a/Dockerfile", "closed/Dockerfile", "b/Dockerfile", "sealed/Dockerfile")
        (root / "b/Dockerfile").write_bytes(b"\x7fELF\0")
        (root / "Dockerfile.big").write_bytes(b"#" * (tree.LIMIT + 1))
        for path, mode in {"a/Dockerfile": 0, "closed": 0, "sealed": 0o444}.items():
            (root / path).chmod(mode)
        report = api.audit_files(root, ["."])
        for path in ("closed", "sealed"):
            (root / path).chmod(0o700)
    assert [(each.file, each.rule.name, each.problem) for each in report.findings] == [
        ("Dockerfile.big", "malformed", "this has more than 8,388,608 bytes"),
        ("a/Dockerfile", "unreadable", "this cannot be read: permission denied"),
        ("b/Dockerfile", "malformed", "this is binary, and no Dockerfile"),
        ("closed", "unreadable", "this cannot be read: permission denied"),
        ("sealed/Dockerfile", "unreadable", "this cannot be read: permission denied"),
    ]


def test_several_processes_find_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "_WORTH", 2)
    monkeypatch.setattr(many, "_CHUNK", 3)
    made(tmp_path, *(f"{number}/Dockerfile" for number in range(10)))
    one, more = (api.audit_files(tmp_path, ["."], jobs=jobs) for jobs in (1, 2))
    assert one == more
    assert len(one.findings) == len(one.files) == 10


def test_processes_end_without_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(many, "_WORTH", 2)
    made(tmp_path, *(f"{number}/Dockerfile" for number in range(9)))
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))  # as the command line sets it
    try:
        assert len(api.audit_files(tmp_path, ["."], jobs=2).files) == 9
    finally:
        signal.signal(signal.SIGTERM, before)
    assert capfd.readouterr().err == ""


def test_overlapping_paths_are_judged_once(tmp_path: Path) -> None:
    made(tmp_path, "a/Dockerfile")
    assert len(api.audit_files(tmp_path, [".", "a", "a/Dockerfile", "./a/../a"]).findings) == 1


def test_settings_are_found(tmp_path: Path) -> None:
    made(tmp_path, "a/Dockerfile", "b/Dockerfile")
    (tmp_path / "a/.forebear-audit.yml").write_text("audit: 1\nrules: {no-tag: off, no-digest: off}\n")
    assert api.audit_files(tmp_path, ["a"]).findings == ()
    assert len(api.audit_files(tmp_path, ["a", "b"]).findings) == 2
    assert api.audit_files(tmp_path, ["a"], Settings()).findings
    assert api.audit_settings(tmp_path, ["b"], "a/.forebear-audit.yml").severities


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("vendor", ["vendor", "a/vendor", "a/vendor/x"], ["vendors", "a/vendorx"]),
        ("vendor/", ["vendor/x", "a/vendor"], ["vendors"]),
        ("/vendor", ["vendor", "vendor/x"], ["a/vendor"]),
        ("a/*/c", ["a/b/c", "a/b/c/d"], ["a/c", "a/b/b/c", "x/a/b/c"]),
        ("a/**/c", ["a/c", "a/b/c", "a/b/b/c"], ["ac", "a/bc"]),
        ("a/**", ["a/b", "a/b/c"], ["a", "b/a"]),
        ("**/c", ["c", "a/c"], ["cc", "ac"]),
        ("*.old", ["x.old", "a/x.old", ".old"], ["x.old2", "xold"]),
        ("D?ckerfile", ["Dockerfile"], ["Dckerfile", "D/ckerfile"]),
        ("a[b](c", ["a[b](c"], ["ab"]),
    ],
)
def test_patterns(pattern: str, yes: list[str], no: list[str]) -> None:
    matches = matcher([pattern])
    assert [path for path in yes if not matches(path)] == []
    assert [path for path in no if matches(path)] == []


@given(st.lists(st.text("ab/*?[.", max_size=6), max_size=3), st.text("ab/.", max_size=6))
def test_every_pattern_is_one(patterns: list[str], path: str) -> None:
    assert matcher(patterns)(path) in {True, False}
