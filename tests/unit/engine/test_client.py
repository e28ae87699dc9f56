from __future__ import annotations

import io
import json
import tarfile
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import pytest

from forebear.engine.client import Docker
from forebear.engine.model import Builder, BuildRequest, Capabilities, Resolved
from forebear.engine.uploads import Uploads
from forebear.errors import BuildFailed, EngineRefused, EngineUnreachable
from forebear.retry import Passing

from .protobuf import step, trace
from .scripted import Answer, engine, refused, said

if TYPE_CHECKING:
    from collections.abc import Iterator

BUILT = {"id": "moby.image.id", "aux": {"ID": "sha256:1"}}
BUSY = {"errorDetail": {"message": "toomanyrequests: slow down"}}
PROBED = said({"id": "moby.image.id", "aux": {"ID": "sha256:0"}})
BEST = Capabilities(Builder.BUILDKIT, rewrites_timestamps=True, why_not="")


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits before further attempts, which take no time here."""
    found: list[float] = []
    monkeypatch.setattr(Uploads, "pause", lambda _self, seconds: found.append(seconds))
    return found


def request(*chunks: bytes) -> BuildRequest:
    return BuildRequest(lambda: iter(chunks or (b"tar",)), (), (), None, "linux/amd64", 7)


def docker(host: str, capabilities: Capabilities = BEST) -> Docker:
    found = Docker(host)
    found._capabilities = capabilities
    return found


class TestBuild:
    def test_the_context_is_sent_and_the_image_told(self) -> None:
        with engine(build=[said(trace(step("RUN a")), BUILT)]) as script:
            lines: list[str] = []
            assert docker(script.host).build(request(b"one", b"two"), lines.append) == "sha256:1"
        (asked,) = script.to("/build")
        assert asked.body == b"onetwo"
        assert asked.query["version"] == "2"
        assert lines == ["RUN a"]

    def test_of_an_image_that_takes_two_builds_the_steps_are_told_once(self) -> None:
        layers = said(trace(step("RUN a")), {"id": "moby.image.id", "aux": {"ID": "sha256:0"}})
        with engine(build=[layers, refused(503, "busy"), said(trace(step("RUN a")), BUILT)]) as script:
            lines: list[str] = []
            assert docker(script.host).build(replace(request(), large=True), lines.append) == "sha256:1"
        assert ["uncompressed" in asked.query["outputs"] for asked in script.to("/build")] == [True, False, False]
        assert lines == ["RUN a"]

    def test_what_passes_is_tried_again_with_the_whole_context(self, waits: list[float]) -> None:
        answers = [refused(503, "busy"), said(BUSY), refused(429, "slow down", Retry_After="9"), said(BUILT)]
        with engine(build=answers) as script:
            assert docker(script.host).build(request(), lambda _line: None) == "sha256:1"
        assert [asked.body for asked in script.to("/build")] == [b"tar"] * 4
        assert waits == [0.25, 0.5, 9.0]

    def test_what_does_not_pass_is_told_after_six_attempts(self) -> None:
        with engine(build=[said(BUSY)]) as script, pytest.raises(Passing, match="toomanyrequests"):
            docker(script.host).build(request(), lambda _line: None)
        assert len(script.to("/build")) == 6

    def test_a_failed_command_is_not_tried_again(self, waits: list[float]) -> None:
        failure = {"errorDetail": {"message": "process x did not complete successfully: exit code: 1"}}
        with engine(build=[said(failure)]) as script, pytest.raises(BuildFailed, match="exit code 1"):
            docker(script.host).build(request(), lambda _line: None)
        assert (len(script.to("/build")), waits) == (1, [])

    @pytest.mark.parametrize(
        "answer",
        [said(trace(step("RUN a")), cut=True), Answer(b'{"stream": "a"}\r\n{"str', cut=True), Answer(cut=True)],
        ids=["between lines", "in a line", "with nothing said"],
    )
    def test_a_connection_that_breaks_is_made_again(self, answer: Answer, waits: list[float]) -> None:
        with engine(build=[answer, said(BUILT)]) as script:
            assert docker(script.host).build(request(), lambda _line: None) == "sha256:1"
        assert (len(script.to("/build")), waits) == (2, [0.25])

    def test_an_engine_that_always_breaks_off_went_away(self) -> None:
        with engine(build=[Answer(cut=True)]) as script, pytest.raises(EngineUnreachable, match="went away"):
            docker(script.host).build(request(), lambda _line: None)
        assert len(script.to("/build")) == 6

    @pytest.mark.parametrize("answer", [said(trace(step("RUN a"))), Answer()])
    def test_an_engine_that_makes_no_image_broke_off(self, answer: Answer, waits: list[float]) -> None:
        with engine(build=[answer]) as script, pytest.raises(EngineUnreachable, match="broke off the build"):
            docker(script.host).build(request(), lambda _line: None)
        assert (len(script.to("/build")), waits) == (1, [])

    def test_what_is_no_engine_is_refused(self) -> None:
        page = Answer(b"<html>\n", 200, {"Content-Type": "text/html"})
        with engine(build=[page]) as script, pytest.raises(EngineRefused, match="cannot be read: <html>"):
            docker(script.host).build(request(), lambda _line: None)

    @pytest.mark.parametrize("error", [BrokenPipeError(32, "Broken pipe"), OSError(28, "No space left on device")])
    def test_what_the_taker_of_lines_raises_is_not_the_engines(self, error: OSError) -> None:
        def log(_line: str) -> None:
            raise error

        with (
            engine(build=[said(trace(step("RUN a")), BUILT)]) as script,
            pytest.raises(OSError, match=error.strerror) as got,
        ):
            docker(script.host).build(request(), log)
        assert got.value is error

    def test_a_context_that_changes_while_it_is_sent_fails_the_build(self) -> None:
        def chunks() -> Iterator[bytes]:
            yield b"one"
            raise BuildFailed("context file a changed while it was being sent")

        changed = BuildRequest(chunks, (), (), None, "linux/amd64", 7)
        with engine(build=[said(BUILT)]) as script, pytest.raises(BuildFailed, match="changed while it was being sent"):
            docker(script.host).build(changed, lambda _line: None)
        assert script.to("/build") == []

    def test_after_a_cancel_none_begins(self) -> None:
        with engine(build=[said(BUILT)]) as script:
            cancelled = docker(script.host)
            cancelled.cancel()
            with pytest.raises(BuildFailed, match="interrupted"):
                cancelled.build(request(), lambda _line: None)
        assert script.to("/build") == []


class TestCapabilities:
    def test_the_best_that_works_is_found_by_building_an_empty_image(self) -> None:
        with engine(build=[PROBED], images_sha256=[]) as script:
            found = Docker(script.host)
            assert found.capabilities() == BEST
            assert found.capabilities() == BEST
        (asked,) = script.to("/build")
        assert "outputs" in asked.query
        with tarfile.open(fileobj=io.BytesIO(asked.body)) as tar:
            assert tar.getnames() == ["Dockerfile"]

    def test_one_after_the_other_is_tried(self) -> None:
        no = said({"errorDetail": {"message": "failed to read downloaded context: no such host"}})
        with engine(build=[no, PROBED]) as script:
            found = Docker(script.host).capabilities()
        assert (found.builder, found.rewrites_timestamps) == (Builder.BUILDKIT, False)
        assert "cannot rewrite timestamps" in found.why_not

    def test_where_buildkit_refuses_the_classic_builder_is_left(self) -> None:
        no = said({"errorDetail": {"message": "no such host"}})
        with engine(build=[no]) as script:
            found = Docker(script.host).capabilities()
        assert found == Capabilities(
            Builder.CLASSIC, rewrites_timestamps=False, why_not="BuildKit refuses: no such host"
        )

    def test_a_full_disk_is_not_taken_for_an_engine_that_cannot(self) -> None:
        no = said({"errorDetail": {"message": "write /var/lib/docker/x: no space left on device"}})
        with engine(build=[no]) as script, pytest.raises(BuildFailed, match="no space left") as told:
            Docker(script.host).capabilities()
        assert told.value.action == "make room on the engine's disk, for example with: docker builder prune"

    def test_an_engine_that_goes_away_is_not_taken_for_one_that_cannot(self) -> None:
        with engine(build=[said(cut=True)]) as script, pytest.raises(EngineUnreachable):
            Docker(script.host).capabilities()


class TestRegistries:
    FOUND = said(
        {
            "Descriptor": {"digest": "sha256:a", "mediaType": "application/vnd.oci.image.index.v1+json"},
            "Platforms": [
                {"os": "linux", "architecture": "amd64"},
                {"os": "linux", "architecture": "arm64", "variant": "v8"},
            ],
        }
    )
    PATH = "distribution_a:1_json"

    def test_what_a_tag_names(self) -> None:
        with engine(**{self.PATH: [self.FOUND]}) as script:
            found = Docker(script.host).resolve("a:1")
        index = "application/vnd.oci.image.index.v1+json"
        assert found == Resolved("sha256:a", index, ("linux/amd64", "linux/arm64"))

    def test_a_tag_that_no_registry_has(self) -> None:
        with engine(**{self.PATH: [refused(404, "manifest unknown")]}) as script:
            assert Docker(script.host).resolve("a:1") is None

    def test_a_busy_registry_is_asked_again(self, waits: list[float]) -> None:
        answers = [refused(429, "toomanyrequests", Retry_After="2"), refused(500, "TLS handshake timeout"), self.FOUND]
        with engine(**{self.PATH: answers}) as script:
            assert Docker(script.host).resolve("a:1") is not None
        assert waits == [2.0, 0.5]

    @pytest.mark.parametrize("status", [401, 403, 500])
    def test_a_refusal_is_told_at_once(self, status: int, waits: list[float]) -> None:
        told = pytest.raises(EngineRefused, match=r"^while asking the registry for a:1: denied$")
        with engine(**{self.PATH: [refused(status, "denied")]}) as script, told as caught:
            Docker(script.host).resolve("a:1")
        assert (caught.value.status, waits) == (status, [])

    def test_a_pull_fails_inside_of_a_stream_that_began_well(self) -> None:
        answer = said({"status": "Pulling"}, {"errorDetail": {"message": "manifest unknown"}})
        with engine(images_create=[answer]) as script, pytest.raises(EngineRefused, match=r"while pulling .*unknown"):
            Docker(script.host).pull("localhost:5000/a@sha256:" + "1" * 64, "linux/amd64")
        (asked,) = script.to("/images/create")
        assert asked.query == {
            "fromImage": "localhost:5000/a",
            "tag": "sha256:" + "1" * 64,
            "platform": "linux/amd64",
        }

    def test_a_pull_is_tried_again_where_that_may_help(self, waits: list[float]) -> None:
        with engine(images_create=[said(BUSY), said({"status": "Done"})]) as script:
            Docker(script.host).pull("a:1", "linux/amd64")
        assert waits == [0.25]


class TestImages:
    def test_the_tags_in_a_folder_by_canonical_reference(self) -> None:
        images = [{"Id": "sha256:1", "RepoTags": ["firethorn/a:1", "firethorn/b:2"], "Labels": {"x": "y"}}]
        with engine(images_json=[Answer(str(images).replace("'", '"').encode())]) as script:
            found = Docker(script.host).tagged("docker.io/firethorn")
        assert list(found) == ["docker.io/firethorn/a:1", "docker.io/firethorn/b:2"]
        assert script.to("/images/json")[0].query["filters"] == '{"reference": ["firethorn/*:*"]}'

    @pytest.mark.parametrize("parts", [1, 7, 36])
    def test_parts_of_a_listing_share_out_all_names(self, parts: int) -> None:
        with engine(images_json=[Answer(b"[]")]) as script:
            assert Docker(script.host).tagged("docker.io/firethorn", parts=parts) == {}
        patterns = [json.loads(asked.query["filters"])["reference"][0] for asked in script.to("/images/json")]
        assert len(patterns) == parts
        for last in "abcdefghijklmnopqrstuvwxyz0123456789":
            assert [fnmatchcase(f"firethorn/x-{last}:1.0.0", each) for each in patterns].count(True) == 1

    def test_what_is_not_there_is_nothing(self) -> None:
        with engine() as script:
            found = Docker(script.host)
            assert found.inspect("a:1") is None
            found.untag("a:1")

    def test_a_refusal_is_told(self) -> None:
        told = pytest.raises(EngineRefused, match="while inspecting a:1: disk is full")
        with engine(**{"images_a:1_json": [refused(500, "disk is full")]}) as script, told:
            Docker(script.host).inspect("a:1")


class TestContainers:
    CREATED = said({"Id": "c1"})

    def test_an_engine_that_dies_while_a_command_runs_went_away(self) -> None:
        answers = {"containers_create": [self.CREATED], "containers_c1_start": [Answer(status=204)]}
        told = pytest.raises(EngineUnreachable, match="while running make test")
        with engine(**answers, containers_c1_wait=[Answer(b"{", cut=True)]) as script, told:
            Docker(script.host).run("sha256:1", ("make", "test"), 60)
        assert [asked.path for asked in script.asked][-1] == "/containers/c1"

    def test_a_command_that_cannot_be_started_is_refused_and_its_container_removed(self) -> None:
        no = refused(400, 'exec: "make": executable file not found in $PATH')
        answers = {"containers_create": [self.CREATED], "containers_c1_start": [no], "containers_c1": [Answer()]}
        with engine(**answers) as script, pytest.raises(EngineRefused, match="executable file not found"):
            Docker(script.host).run("sha256:1", ("make",), 60)
        assert len(script.to("/containers/c1")) == 1


def test_an_engine_tells_what_it_is() -> None:
    with engine() as script:
        info = Docker(script.host).info()
    assert (info.version, info.store, info.platform) == ("28.0.0", "containerd", "linux/amd64")


def test_an_engine_that_was_there_and_is_gone() -> None:
    with engine() as script:
        found = Docker(script.host)
        found.info()
    with pytest.raises(EngineUnreachable, match=r"while asking how the engine is set up: .* at tcp://.* went away"):
        found.details()
