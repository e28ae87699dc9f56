from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.errors import EngineError, EngineRefused, EngineUnreachable
from forebear.reference import Reference
from forebear.registry import manifests
from forebear.registry.client import _NEXT, Exists, Registry
from forebear.retry import Passing

from .server import Answer, index, manifest, serving, sha256

INDEX = index(manifest("1", "linux", "amd64"), manifest("2", "linux", "arm64", "v8"))
OTHER = index(manifest("9", "linux", "amd64"))
DIGEST, MANIFEST = sha256(INDEX.body), manifests.read(INDEX.body)
PLATFORMS = (("linux/amd64", "sha256:" + "1" * 64), ("linux/arm64", "sha256:" + "2" * 64))
LIMIT = 4 * 1024 * 1024
GONE = Answer(status=404)
MADE = Answer(status=201, headers={"Docker-Content-Digest": DIGEST})


class TestManifest:
    def test_what_a_tag_names(self, registry: Registry) -> None:
        with serving(INDEX) as server:
            found = registry.manifest(server.tag)
        assert found == MANIFEST
        (asked,) = server.asked
        assert server.lines == ["GET /manifests/1"]
        assert asked.headers["Accept"].split(", ") == list(manifests.KNOWN)

    def test_nothing(self, registry: Registry) -> None:
        with serving(GONE) as server:
            assert registry.manifest(server.tag) is None
            with pytest.raises(EngineRefused, match="does not have"):
                registry.manifests(server.index(b""))

    def test_the_platforms_of_an_index(self, registry: Registry) -> None:
        with serving(INDEX) as server:
            assert registry.manifests(server.index()) == PLATFORMS

    def test_what_is_not_what_the_digest_says_is_refused(self, registry: Registry) -> None:
        with serving(OTHER) as server, pytest.raises(EngineRefused, match=r"sent something else .*do not trust"):
            registry.manifest(server.index(INDEX.body))

    def test_what_is_not_what_the_registry_says_is_refused(self, registry: Registry) -> None:
        false = Answer(OTHER.body, headers=INDEX.headers)
        with serving(false) as server, pytest.raises(EngineRefused, match="sent something else"):
            registry.manifest(server.tag)

    def test_a_digest_may_be_of_the_other_registered_algorithm(self, registry: Registry) -> None:
        with serving(INDEX) as server:
            digest = "sha512:" + hashlib.sha512(INDEX.body).hexdigest()
            assert registry.manifest(server.index(digest=digest)) == MANIFEST

    def test_what_is_larger_than_a_registry_must_take_is_not_read_to_its_end(self, registry: Registry) -> None:
        with serving(Answer(b" " * (LIMIT + 1))) as server, pytest.raises(EngineRefused, match="than 4,194,304 bytes"):
            registry.manifest(server.tag)

    @pytest.mark.parametrize("body", [b"<html>", b"", b"[]"])
    def test_garbage_is_refused(self, registry: Registry, body: bytes) -> None:
        with serving(Answer(body)) as server, pytest.raises(EngineRefused, match="sent what is no manifest"):
            registry.manifest(server.tag)


class TestDigest:
    def test_without_reading_the_manifest(self, registry: Registry) -> None:
        with serving(INDEX) as server:
            assert registry.digest(server.tag) == DIGEST
        assert server.lines == ["HEAD /manifests/1"]

    def test_nothing(self, registry: Registry) -> None:
        with serving(GONE) as server:
            assert registry.digest(server.tag) is None

    @pytest.mark.parametrize("said", [{}, {"Docker-Content-Digest": "sha256:1"}])
    @pytest.mark.parametrize("status", [200, 405])
    def test_a_registry_that_does_not_say_is_asked_for_the_manifest(
        self, registry: Registry, said: dict[str, str], status: int
    ) -> None:
        with serving(Answer(status=status, headers=said), Answer(INDEX.body)) as server:
            assert registry.digest(server.tag) == DIGEST
        assert server.lines == ["HEAD /manifests/1", "GET /manifests/1"]

    def test_a_registry_that_says_another_than_it_was_asked_for_is_asked_for_the_manifest(
        self, registry: Registry
    ) -> None:
        with serving(OTHER) as server, pytest.raises(EngineRefused, match="sent something else"):
            registry.digest(server.index(INDEX.body))


class TestTags:
    def test_page_after_page(self, registry: Registry) -> None:
        pages = (
            Answer(b'{"tags": ["1", "2"]}', headers={"Link": '</v2/team/app/tags/list?n=2&last=2>; rel="next"'}),
            Answer(b'{"tags": ["3"]}'),
        )
        with serving(*pages) as server:
            assert registry.tags(server.repository) == ("1", "2", "3")
        assert server.lines == ["GET /tags/list?n=1000", "GET /tags/list?n=2&last=2"]

    def test_a_link_may_be_whole_or_relative_to_the_page(self, registry: Registry) -> None:
        with serving(Answer(), Answer(), Answer(b'{"tags": []}')) as server:
            whole = f"http://{server.address}/v2/team/app/tags/list?last=2"
            server.answers[0] = Answer(b'{"tags": ["1"]}', headers={"Link": "<list?last=1>; rel=next"})
            server.answers[1] = Answer(b'{"tags": ["2"]}', headers={"Link": f'<{whole}>; rel="next"'})
            assert registry.tags(server.repository) == ("1", "2")
        assert server.lines[1:] == ["GET /tags/list?last=1", "GET /tags/list?last=2"]

    @pytest.mark.parametrize("answer", [GONE, Answer(b'{"tags": null}'), Answer(b'{"tags": []}')])
    def test_none(self, registry: Registry, answer: Answer) -> None:
        with serving(answer) as server:
            assert registry.tags(server.repository) == ()

    def test_what_is_no_tag_is_passed_over(self, registry: Registry) -> None:
        with serving(Answer(json.dumps({"tags": ["1", "", "a b", 7, None, "../x", "é"]}).encode())) as server:
            assert registry.tags(server.repository) == ("1",)

    def test_a_list_without_an_end_is_refused(self, registry: Registry) -> None:
        again = Answer(b'{"tags": ["1"]}', headers={"Link": '<list?last=1>; rel="next"'})
        with serving(again) as server, pytest.raises(EngineRefused, match="does not come to an end with the tags of"):
            registry.tags(server.repository)
        assert len(server.asked) == 2

    @pytest.mark.parametrize("elsewhere", ["//other.invalid/v2/x", "https://other.invalid/", "/x"])
    def test_a_list_that_goes_on_elsewhere_is_refused(self, registry: Registry, elsewhere: str) -> None:
        answer = Answer(b'{"tags": []}', headers={"Link": f'<{elsewhere}>; rel="next"'})
        with serving(answer) as server, pytest.raises(EngineRefused, match="lets a list of tags go on elsewhere"):
            registry.tags(server.repository)

    @pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"tags": 7}', b"[" * 10_000])
    def test_garbage_is_refused(self, registry: Registry, body: bytes) -> None:
        with serving(Answer(body)) as server, pytest.raises(EngineRefused, match="sent what is no list of tags for"):
            registry.tags(server.repository)

    @given(st.text(max_size=60))
    def test_no_link_takes_long(self, text: str) -> None:
        found = _NEXT.search(text)
        assert found is None or f"<{found[1]}>" in text


class TestPut:
    def test_a_manifest_under_a_tag(self, registry: Registry) -> None:
        with serving(MADE) as server:
            registry.put(server.tag, MANIFEST)
        (asked,) = server.asked
        assert server.lines == ["PUT /manifests/1"]
        assert (asked.body, asked.headers["Content-Type"]) == (INDEX.body, manifests.OCI_INDEX)

    def test_a_registry_that_does_not_say_what_it_made_is_asked(self, registry: Registry) -> None:
        with serving(Answer(status=201), INDEX) as server:
            registry.put(server.tag, MANIFEST)
        assert server.lines == ["PUT /manifests/1", "HEAD /manifests/1"]

    def test_a_registry_that_made_something_else_is_not_to_be_trusted(self, registry: Registry) -> None:
        made = Answer(status=201, headers=OTHER.headers)
        with serving(made) as server, pytest.raises(EngineRefused, match=f"made .* of {DIGEST} .*do not trust"):
            registry.put(server.tag, MANIFEST)


class TestCreate:
    def test_a_new_tag_is_looked_at_before(self, registry: Registry) -> None:
        with serving(GONE, MADE) as server:
            assert registry.create(server.tag, MANIFEST)
        assert server.lines == ["HEAD /manifests/1", "PUT /manifests/1"]
        assert server.sent("If-None-Match") == [None, "*"]

    def test_a_tag_that_names_it_already_is_left_alone(self, registry: Registry) -> None:
        with serving(INDEX) as server:
            assert not registry.create(server.tag, MANIFEST)
        assert server.lines == ["HEAD /manifests/1"]

    def test_a_tag_that_names_something_else_is_left_alone(self, registry: Registry) -> None:
        with serving(OTHER) as server, pytest.raises(Exists, match="is there already") as told:
            registry.create(server.tag, MANIFEST)
        assert told.value.digest == sha256(OTHER.body)
        assert server.lines == ["HEAD /manifests/1"]

    def test_another_was_quicker(self, registry: Registry) -> None:
        with serving(GONE, Answer(status=412), OTHER) as server, pytest.raises(Exists) as told:
            registry.create(server.tag, MANIFEST)
        assert told.value.digest == sha256(OTHER.body)

    def test_another_was_quicker_with_the_same(self, registry: Registry) -> None:
        with serving(GONE, Answer(status=412), INDEX) as server:
            assert not registry.create(server.tag, MANIFEST)


class TestDelete:
    def test_a_tag_and_a_manifest(self, registry: Registry) -> None:
        with serving(Answer(status=202)) as server:
            assert registry.delete(server.tag)
            assert registry.delete(server.index(INDEX.body))
        assert server.lines == ["DELETE /manifests/1", f"DELETE /manifests/{DIGEST}"]

    def test_nothing(self, registry: Registry) -> None:
        with serving(GONE) as server:
            assert not registry.delete(server.tag)

    def test_a_registry_that_does_not_allow_it(self, registry: Registry) -> None:
        with serving(Answer(status=405)) as server:
            for said in ("does not allow that", "does not allow tags to be deleted"):
                with pytest.raises(EngineRefused, match=said):
                    registry.delete(server.tag)
            with pytest.raises(EngineRefused, match="does not allow that"):
                registry.delete(server.index(INDEX.body))
        assert server.lines == ["DELETE /manifests/1", f"DELETE /manifests/{DIGEST}"]


class TestMirrors:
    @pytest.mark.parametrize("folder", ["", "/hub", "/a/b"])
    def test_what_a_mirror_has_comes_from_there(self, folder: str) -> None:
        with serving(INDEX) as mirror, Registry(mirrors={"r.invalid": f"{mirror.address}{folder}"}) as registry:
            reference = Reference.parse("r.invalid/team/app:1")
            assert registry.digest(reference) == DIGEST
        assert mirror.asked[0].path == f"/v2{folder}/team/app/manifests/1"

    def test_what_a_mirror_does_not_have_comes_from_the_registry(self) -> None:
        with serving(GONE) as mirror, serving(INDEX) as home:
            told: list[str] = []
            with Registry(mirrors={home.address: mirror.address}, tell=told.append) as registry:
                assert registry.manifest(home.tag) == MANIFEST
        assert (len(mirror.asked), len(home.asked), told) == (1, 1, [])

    def test_a_mirror_that_fails_is_told_of_and_passed_over(self) -> None:
        with serving(Answer(b"<html>")) as mirror, serving(Answer(b'{"tags": ["1"]}')) as home:
            told: list[str] = []
            with Registry(mirrors={home.address: mirror.address}, tell=told.append) as registry:
                assert registry.tags(home.repository) == ("1",)
            assert told == [
                f"{home.address} is asked, since its mirror {mirror.address} fails: "
                f"{mirror.address} sent what is no list of tags for team/app"
            ]

    def test_a_mirror_that_is_away_is_asked_once(self) -> None:
        with serving(INDEX) as gone:
            away = gone.address
        with serving(INDEX) as home:
            told: list[str] = []
            with Registry(mirrors={home.address: away}, tell=told.append) as registry:
                assert registry.digest(home.tag) == DIGEST
                assert registry.digest(home.tag) == DIGEST
        assert len(told) == 1

    def test_nothing_is_written_to_a_mirror(self) -> None:
        with (
            serving(INDEX) as mirror,
            serving(MADE, INDEX) as home,
            Registry(mirrors={home.address: mirror.address}) as registry,
        ):
            registry.put(home.tag, MANIFEST)
            registry.create(home.tag, MANIFEST)
        assert mirror.asked == []


class TestFaults:
    def test_what_passes_is_tried_again(self, registry: Registry, waits: list[float]) -> None:
        busy = Answer(b"", 429, {"Retry-After": "7"})
        with serving(busy, Answer(b"", 503), INDEX) as server:
            assert registry.digest(server.tag) == DIGEST
        assert waits == [7.0, 0.5]

    @pytest.mark.parametrize("broken", [Answer(reset=True), Answer(INDEX.body, cut=True)])
    def test_a_connection_that_breaks_is_made_again(
        self, registry: Registry, waits: list[float], broken: Answer
    ) -> None:
        with serving(broken, INDEX) as server:
            assert registry.manifest(server.tag) == MANIFEST
        assert waits == [0.25]

    def test_what_does_not_pass_is_told_after_six_attempts(self, registry: Registry) -> None:
        with serving(Answer(b"", 502)) as server, pytest.raises(Passing, match="answers 502"):
            registry.manifest(server.tag)
        assert len(server.asked) == 6

    def test_a_connection_that_always_breaks(self, registry: Registry) -> None:
        with serving(Answer(reset=True)) as server, pytest.raises(EngineUnreachable, match="broke off the connection"):
            registry.manifest(server.tag)
        assert len(server.asked) == 6

    @pytest.mark.parametrize("status", [301, 400, 401, 403, 418, 501])
    def test_what_cannot_pass_is_told_at_once(self, registry: Registry, status: int, waits: list[float]) -> None:
        with (
            serving(Answer(b"", status)) as server,
            pytest.raises(EngineRefused, match=f"answers {status} to GET http") as told,
        ):
            registry.manifest(server.tag)
        assert (told.value.status, len(server.asked), waits) == (status, 1, [])

    def test_the_words_of_the_registry_are_told(self, registry: Registry) -> None:
        said = {"errors": [{"code": "DENIED", "message": "no\nno " + "x" * 1000}]}
        with serving(Answer(json.dumps(said).encode(), 403)) as server, pytest.raises(EngineRefused) as told:
            registry.manifest(server.tag)
        assert told.value.problem.endswith("/manifests/1: DENIED no no " + "x" * 187 + "…")
        assert told.value.action == f"if it is there and private, run: docker login {server.address}"

    @pytest.mark.parametrize("body", [b"[]", b"7", b'{"errors": 7}', b'{"errors": [7]}', b"[" * 10_000])
    def test_the_words_of_the_registry_may_be_garbage(self, registry: Registry, body: bytes) -> None:
        with serving(Answer(body, 403)) as server, pytest.raises(EngineRefused) as told:
            registry.manifest(server.tag)
        assert told.value.problem.endswith("/manifests/1")

    def test_a_registry_that_is_not_there_cannot_be_reached(self, registry: Registry) -> None:
        with serving(INDEX) as server:
            gone = server.tag
        with pytest.raises(EngineUnreachable, match=r"the registry 127\.0\.0\.1:.* nothing answers at this address"):
            registry.manifest(gone)

    def test_a_host_that_is_not_there(self, registry: Registry) -> None:
        reference = Reference.parse("no-such-host.invalid/a:1")
        with pytest.raises(EngineUnreachable, match=r"no-such-host\.invalid cannot be reached: there is no such host"):
            registry.manifest(reference)

    def test_every_error_is_one_that_a_user_can_meet(self, registry: Registry) -> None:
        reference = Reference.parse("a." + "a" * 70 + ".invalid/a:1")
        with pytest.raises(EngineError):
            registry.manifest(reference)
