from __future__ import annotations

from forebear.lineage.reader import read
from forebear.release.git import Commit
from forebear.release.notes import inserted, section

LINEAGE = read(b'lineage: 1\nproject: p\nversion: 1.0.0\nimages:\n  a: {from: "debian:12"}\n  b: {from: a}\n')
COMMITS = [
    Commit("abc", "Take <b> *now*", ("templates/b.Dockerfile.j2", "images/a/x")),
    Commit("def", "Move debian", ("lineage.lock",)),
]


def test_a_section_names_the_images_of_each_commit() -> None:
    assert section(LINEAGE, "1.1.0", 0, COMMITS) == (
        "## 1.1.0 - 1970-01-01\n\n- Take \\<b\\> \\*now\\* (a, b, abc)\n- Move debian (pins, def)\n"
    )
    assert section(LINEAGE, "1.1.0", 0, []) == "## 1.1.0 - 1970-01-01\n\n- Nothing but the version.\n"


def test_of_a_context_that_is_the_whole_project_only_the_dockerfile_tells() -> None:
    lineage = read(
        b"lineage: 1\nproject: p\nversion: 1.0.0\nimages: {c: {from: scratch, context: ., dockerfile: d/c}}\n"
    )
    commits = [Commit("abc", "Change it", ("d/c",)), Commit("def", "Say more", ("README.md",))]
    assert "- Change it (c, abc)\n- Say more (def)\n" in section(lineage, "1.1.0", 0, commits)


def test_it_goes_before_the_newest_release() -> None:
    assert inserted("", "## 2\n") == "# Changelog\n\n## 2\n"
    assert inserted("# C\n", "## 2\n") == "# C\n\n## 2\n"
    text = "# C\n\n## [Unreleased]\n\n- x\n\n## 1\n\n- y\n"
    assert inserted(text, "## 2\n") == "# C\n\n## [Unreleased]\n\n- x\n\n## 2\n\n## 1\n\n- y\n"
    assert inserted("# C\r\n\r\n## 1\r\n", "## 2\n") == "# C\r\n\r\n## 2\r\n\r\n## 1\r\n"
