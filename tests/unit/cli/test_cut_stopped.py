"""A cut that is killed anywhere: the next command leaves the project as it was before, or as it was to become."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from forebear import api, atomic
from forebear.api.cuts import CutOptions
from forebear.errors import InputError
from forebear.project import CUTTING
from forebear.release import cutting
from forebear.release.git import Git

from .repositories import git, snapshot

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..projects import Site
    from .shell import Shell


@pytest.fixture(autouse=True)
def _warm(repository: Path, chain: Site) -> None:
    """A line, and a cut that loads here what each process would load again."""
    git(repository, "branch", "release/2.1")
    api.cut(chain.project, "patch", (), CutOptions(dry_run=True))


def killed(work: Callable[[], object], at: int, *, by_git: bool = False) -> bool:
    """Whether a process that does some work was killed at its write of that number: of a file, or only those by git."""
    child = os.fork()
    if child:
        return os.WIFSIGNALED(os.waitpid(child, 0)[1])
    try:
        left = iter(range(at, -1, -1))
        if not by_git:
            atomic.replace = _deadly(atomic.replace, left)
        cutting.remove = _deadly(cutting.remove, left)
        Git.do = _deadly(Git.do, left, "commit", "tag", "update-ref")  # type: ignore[method-assign]
        work()
    finally:
        os._exit(0)


def _deadly(work: Callable[..., Any], left: Any, *verbs: str) -> Callable[..., Any]:
    """The same work, which is the process's end when its turn comes; perhaps with some verbs only."""

    def done(*words: Any, **more: Any) -> Any:
        if (not verbs or words[1] in verbs) and next(left) == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return work(*words, **more)

    return done


@pytest.mark.parametrize("options", [CutOptions(), CutOptions(commit=True, tag=True)], ids=["files", "tag"])
def test_a_cut_is_whole_or_not_there_wherever_it_is_killed(repository: Path, chain: Site, options: CutOptions) -> None:
    before, project, at, ends = snapshot(repository), chain.project, 0, []
    while killed(lambda: api.cut(project, "patch", (), options), at, by_git=options.tag):
        done = api.recover(repository)
        ends.append(done.finished if done else None)
        assert not (repository / CUTTING).exists()
        if done and done.finished:
            assert project.declaration != chain.project.declaration
            git(repository, "tag", "-d", "v2.1.8") if options.tag else None
            git(repository, "reset", "-q", "--hard", "v2.1.7")
            git(repository, "clean", "-fdq")
        assert snapshot(repository) == before
        at += 1
    assert ends == ([False, True, True] if options.tag else [None, False, False, False, False, True])
    assert "version: 2.1.8" in (repository / "lineage.yml").read_text()


def test_lines_are_cut_together_or_not_at_all_wherever_that_is_killed(repository: Path, chain: Site) -> None:
    before, project, at, ends = snapshot(repository), chain.project, 0, []
    while killed(lambda: api.cut_lines(project, "patch", ["2.1"], (), CutOptions(tag=True)), at, by_git=True):
        done = api.recover(repository)
        ends.append(done.finished if done else None)
        if done and done.finished:
            assert "version: 2.1.8" in git(repository, "show", "v2.1.8:lineage.yml")
            git(repository, "branch", "-f", "release/2.1", "v2.1.7")
            git(repository, "tag", "-d", "v2.1.8")
        assert snapshot(repository) == before
        at += 1
    assert {None, False, True} == set(ends)
    assert len(git(repository, "worktree", "list").splitlines()) == 1


def test_the_next_command_tells_what_became_of_it(repository: Path, chain: Site, shell: Shell) -> None:
    project = chain.project
    assert killed(lambda: api.cut(project, "patch"), 3)
    ran = shell("cut", "minor", "-q")
    assert (ran.code, ran.err) == (
        0,
        "forebear: the cut of 2.1.8, which was stopped, is taken back: lineage.yml, images/tomcat/Dockerfile\n",
    )


def test_what_was_changed_since_is_left_alone(repository: Path, chain: Site, shell: Shell) -> None:
    project = chain.project
    assert killed(lambda: api.cut(project, "patch"), 3)
    chain.write("images/tomcat/Dockerfile", "FROM mine\n")
    half = snapshot(repository)
    ran = shell("render")
    assert (ran.code, ran.err) == (
        2,
        "images/tomcat/Dockerfile: it was changed since a cut of 2.1.8 was stopped half way; put it back, for example "
        "with git; or keep all as it is, and remove .forebear/cutting.json\n",
    )
    assert snapshot(repository) == half
    git(repository, "checkout", "-q", "images/tomcat/Dockerfile")
    assert shell("render").code == 0
    assert git(repository, "status", "--short") == ""


def test_a_journal_that_is_no_journal_is_told(repository: Path, chain: Site) -> None:
    way_out = "look with git at what changed, put it right, and remove this file"
    for text, told in (
        ("{", f"{CUTTING}:1:2: it is cut short; {way_out}"),
        ('{"journal": 1}', f"{CUTTING}: version: it is damaged: Field required; {way_out}"),
    ):
        chain.write(CUTTING, text)
        with pytest.raises(InputError) as caught:
            api.recover(repository)
        assert str(caught.value) == told
