from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from forebear import api
from forebear.build.events import Ended, Event, Preparing
from forebear.errors import InputError

from ..projects import Site, site

RUN = "cat src/a src/b > images/web/out && echo ran >> runs && echo said"
IMAGES = f"""\
  base: {{from: "docker.io/library/fedora:25"}}
  web:
    from: base
    prepare: [{{run: "{RUN}", inputs: [src, more], outputs: [images/web/out]}}]
  leaf: {{from: web}}
  other: {{from: base}}
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A project, one image of which has a preparation; with a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "project").mkdir()
    made = site(tmp_path / "project", IMAGES)
    made.write("src/a", "a\n")
    made.write("src/b", "b\n")
    made.write("images/web/here", "")
    return made


def runs(place: Site) -> int:
    """How often the command ran."""
    file = place.root / "runs"
    return len(file.read_text().splitlines()) if file.exists() else 0


def why(place: Site) -> list[str]:
    """Build; why something was prepared."""
    events: list[Event] = []
    place.build(events=events)
    return [each.why for each in events if isinstance(each, Preparing)]


def output(place: Site) -> str:
    return (place.root / "images/web/out").read_text()


def test_what_it_makes_is_in_the_context_and_it_runs_once(place: Site) -> None:
    assert place.reasons("web") == (f"{RUN} has to run first: images/web/out is missing",)
    assert why(place) == ["images/web/out is missing"]
    assert (output(place), runs(place)) == ("a\nb\n", 1)
    assert (place.root / ".forebear/logs/web.prepare.log").read_text() == "said\n"
    assert set(place.actions().values()) == {"reuse"}
    assert why(place) == []
    assert runs(place) == 1


def test_it_runs_again_where_an_input_changed_and_that_is_the_reason(place: Site) -> None:
    place.build()
    place.write("src/b", "c\n")
    assert place.reasons("web") == (f"{RUN} has to run first: src/b changed",)
    assert place.actions()["other"] == "reuse"
    assert why(place) == ["src/b changed"]
    place.write("more", "m")
    assert why(place) == ["more added"]
    assert (output(place), runs(place)) == ("a\nc\n", 3)


def test_inputs_that_were_there_before_get_their_outputs_back(place: Site) -> None:
    place.build()
    place.write("src/b", "c\n")
    place.build()
    place.write("src/b", "b\n")
    assert why(place) == ["src/b changed"]
    assert (output(place), runs(place)) == ("a\nb\n", 2)
    place.write("images/web/out", "by hand")
    assert why(place) == ["its outputs were changed"]
    assert (output(place), runs(place)) == ("a\nb\n", 2)
    assert not list(place.root.rglob(".forebear-write-*"))


def test_without_an_engine_the_plan_tells_what_has_to_run(place: Site) -> None:
    (step,) = (step for step in api.plan(place.project, None).steps if step.target.image == "web")
    assert step.action == "unknown"
    assert step.reasons[0] == f"{RUN} has to run first: images/web/out is missing"


def test_no_output_is_behind_a_link_out_of_the_project(place: Site, tmp_path: Path) -> None:
    (place.root / "link").symlink_to(tmp_path)
    place.declare(IMAGES.replace("outputs: [images/web/out]", "outputs: [link/out]"))
    with pytest.raises(InputError, match=r"images\.web\.prepare: link/out leads out of the project by a symbolic link"):
        place.plan()


def test_another_command_runs(place: Site) -> None:
    place.build()
    place.declare(IMAGES.replace("cat src/a src/b", "cat src/b src/a"))
    assert why(place) == ["its command changed"]
    assert output(place) == "b\na\n"


def test_a_folder_can_be_made_and_is_put_back(place: Site) -> None:
    made = "rm -rf dist && mkdir -p dist/d && cp src/a dist/d/ && ln -s d/a dist/l && echo ran >> runs"
    image = f"    prepare: [{{run: '{made}', inputs: [src], outputs: [dist]}}]\n    context: dist\n"
    place.declare(f'  web:\n    from: "docker.io/library/fedora:25"\n{image}', template="FROM {{ parent }}\n")
    place.build()
    (place.root / "dist/d/a").unlink()
    place.write("dist/d/new", "")
    place.build()
    assert sorted(path.name for path in (place.root / "dist").rglob("*")) == ["a", "d", "l"]
    assert (str((place.root / "dist/l").readlink()), runs(place)) == ("d/a", 1)


@pytest.mark.parametrize(
    ("run", "problem"),
    [
        ("echo one; echo two; exit 7", "ended with exit code 7\none\ntwo"),
        ("true", "true made no images/web/out; correct the command, or its outputs"),
        ("echo >> src/a; echo > images/web/out", "changed what it reads, and would run each time; name its inputs"),
        ("exec /no/such", "ended with exit code 127"),
    ],
)
def test_one_that_fails_blocks_its_image_and_nothing_else(place: Site, run: str, problem: str) -> None:
    place.declare(IMAGES.replace(RUN, run))
    ended = {each.target.image: each for each in place.built()}
    assert {name: str(each.outcome) for name, each in ended.items()} == {
        "base": "built",
        "web": "blocked",
        "leaf": "blocked",
        "other": "built",
    }
    assert problem in text(ended["web"])
    place.declare(IMAGES)
    place.write("src/a", "a\n")
    assert place.build()["web"] == "built"


def text(ended: Ended) -> str:
    return "\n".join(ended.why)


def test_a_program_that_is_not_there_and_a_folder_that_is_not(place: Site) -> None:
    for line in ("run: [/no/such]", "run: 'true', in: nowhere"):
        place.declare(IMAGES.replace(f'run: "{RUN}"', line))
        (web,) = (each for each in place.built() if each.target.image == "web")
        assert "cannot run: [Errno 2] No such file or directory" in text(web)


def test_it_gets_the_epoch_and_the_environment(place: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOREBEAR_TEST", "x y")
    place.declare(IMAGES.replace(RUN, "echo $SOURCE_DATE_EPOCH $FOREBEAR_TEST > images/web/out"))
    place.build()
    assert output(place) == "315532800 x y\n"


def test_what_it_makes_is_none_of_what_it_reads(place: Site) -> None:
    with pytest.raises(Exception, match="src/out is in src, which the command reads; name the inputs without"):
        place.declare(IMAGES.replace("outputs: [images/web/out]", "outputs: [src/out]"))


def test_a_cache_that_cannot_be_written_costs_only_time(
    place: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    for _ in range(2):
        assert place.build()["web"] in ("built", "reused")
    assert runs(place) == 2


def test_an_interrupt_ends_what_it_started(place: Site) -> None:
    place.declare(IMAGES.replace(RUN, "echo $$ > pid; sleep 60 & sleep 60"))
    code = (
        "import sys; from forebear.testing import FakeEngine; from forebear import api\n"
        "engine = FakeEngine(); engine.add('fedora:25', 'os'); api.connect = lambda address=None: engine\n"
        "from forebear.cli.main import main; main(sys.argv[1:])\n"
    )
    words = [sys.executable, "-c", code, "-C", str(place.root), "build"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 20
        while not (place.root / "pid").exists() or not (place.root / "pid").read_text():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    assert alive((place.root / "pid").read_text().strip()) == []


def alive(group: str) -> list[str]:
    """The processes of a group that still run."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            _, _, rest = path.read_text().rpartition(") ")
            state, _, own = rest.split()[:3]
            found += [path.parent.name] if own == group and state != "Z" else []
    return found
