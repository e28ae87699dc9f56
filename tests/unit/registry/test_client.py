from __future__ import annotations

import base64
import hashlib
import json
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.errors import EngineError, EngineRefused, EngineUnreachable
from forebear.reference import Reference
from forebear.registry import client as module
from forebear.registry.client import Registry, _base, _platforms
from forebear.retry import Passing, retried

from .server import Answer, index, manifest, serving

INDEX = index(
    manifest("1", "linux", "amd64"), manifest("2", "linux", "arm64", "v8"), manifest("3", "linux", "arm", "v7")
)
PLATFORMS = (
    ("linux/amd64", "sha256:" + "1" * 64),
    ("linux/arm/v7", "sha256:" + "3" * 64),
    ("linux/arm64", "sha256:" + "2" * 64),
)
KNOWN = Registry(lambda _registry: ("user", "word"))
BASIC = "Basic " + base64.b64encode(b"user:word").decode()
LIMIT = 4 * 1024 * 1024


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits before further attempts, which take no time here; and no proxy stands before loopback."""
    found: list[float] = []
    monkeypatch.setattr(module, "retried", partial(retried, sleep=found.append))
    monkeypatch.setenv("NO_PROXY", "*")
    return found


def challenge(text: str) -> Answer:
    return Answer(b"", 401, {"WWW-Authenticate": text})


class TestManifests:
    def test_those_of_each_platform_sorted(self) -> None:
        with serving(INDEX) as server:
            assert Registry().manifests(server.index()) == PLATFORMS
        ((path, headers),) = server.asked
        assert path == f"/v2/team/app/manifests/{server.index().digest}"
        assert headers["Accept"] == (
            "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json"
        )

    def test_what_is_not_what_the_digest_says_is_refused(self) -> None:
        other = index(manifest("9", "linux", "amd64"))
        with (
            serving(other) as server,
            pytest.raises(EngineRefused, match=r"sent something else .*do not trust") as told,
        ):
            Registry().manifests(server.index(INDEX.body))
        assert "sha256:" in str(told.value)

    def test_a_digest_may_be_of_the_other_registered_algorithm(self) -> None:
        with serving(INDEX) as server:
            digest = "sha512:" + hashlib.sha512(INDEX.body).hexdigest()
            assert Registry().manifests(server.index(digest=digest)) == PLATFORMS

    def test_an_index_of_more_than_a_registry_must_take_is_not_read_to_its_end(self) -> None:
        huge = Answer(b" " * (LIMIT + 1))
        with serving(huge) as server, pytest.raises(EngineRefused, match="with more than 4,194,304 bytes"):
            Registry().manifests(server.index())


class TestAuthorization:
    def test_a_registry_that_wants_none_gets_none(self) -> None:
        with serving(INDEX) as server:
            KNOWN.manifests(server.index())
        assert server.sent("Authorization") == [None]

    def test_user_and_password_where_it_asks_for_them(self) -> None:
        with serving(challenge('Basic realm="x"'), INDEX) as server:
            assert KNOWN.manifests(server.index()) == PLATFORMS
        assert server.sent("Authorization") == [None, BASIC]

    def test_a_token_from_where_the_challenge_says(self) -> None:
        token = Answer(b'{"token": "t0k3n"}')
        with serving(Answer(), token, INDEX) as server:
            realm = f"http://{server.address}/token"
            server.answers[0] = challenge(f'Bearer realm="{realm}",service="reg",scope="repository:team/app:pull"')
            assert Registry().manifests(server.index()) == PLATFORMS
        assert server.sent("Authorization") == [None, None, "Bearer t0k3n"]
        assert server.asked[1][0] == "/token?service=reg&scope=repository%3Ateam%2Fapp%3Apull"

    def test_a_token_may_be_called_an_access_token(self) -> None:
        with serving(Answer(), Answer(b'{"access_token": "t"}'), INDEX) as server:
            server.answers[0] = challenge(f'bearer realm="http://{server.address}/token"')
            assert Registry().manifests(server.index()) == PLATFORMS
        assert server.sent("Authorization")[-1] == "Bearer t"

    def test_a_password_is_sent_to_nobody_unencrypted(self) -> None:
        with serving(Answer()) as server:
            server.answers[0] = challenge(f'Bearer realm="http://{server.address}/token"')
            with pytest.raises(EngineRefused, match="wants a password sent unencrypted to http://"):
                KNOWN.manifests(server.index())
        assert server.sent("Authorization") == [None]

    def test_a_registry_that_lets_nobody_in_is_asked_twice_and_no_more(self) -> None:
        with serving(challenge('Basic realm="x"')) as server, pytest.raises(EngineRefused, match="answers 401") as told:
            KNOWN.manifests(server.index())
        assert told.value.status == 401
        assert len(server.asked) == 2

    @pytest.mark.parametrize("said", [b"[]", b"null", b'{"token": null}', b"{}"])
    def test_an_answer_without_a_token_lets_nobody_in(self, said: bytes) -> None:
        with serving(Answer(), Answer(said), challenge("Bearer")) as server:
            server.answers[0] = challenge(f'Bearer realm="http://{server.address}/token"')
            with pytest.raises(EngineError, match="answers 401"):
                Registry().manifests(server.index())

    @pytest.mark.parametrize("text", ["Bearer", 'Bearer realm="nonsense"', 'Bearer realm=""'])
    def test_a_challenge_that_leads_nowhere_is_an_error(self, text: str) -> None:
        with serving(challenge(text)) as server, pytest.raises(EngineUnreachable, match="cannot be reached"):
            Registry().manifests(server.index())

    def test_an_answer_that_is_no_json_is_an_error(self) -> None:
        with serving(Answer(), Answer(b"<html>")) as server:
            server.answers[0] = challenge(f'Bearer realm="http://{server.address}/token"')
            with pytest.raises(EngineUnreachable):
                Registry().manifests(server.index())


class TestFaults:
    def test_what_passes_is_tried_again(self, waits: list[float]) -> None:
        busy = Answer(b"", 429, {"Retry-After": "7"})
        with serving(busy, Answer(b"", 503), INDEX) as server:
            assert Registry().manifests(server.index()) == PLATFORMS
        assert waits == [7.0, 2.0]

    def test_what_does_not_pass_is_told_after_four_attempts(self) -> None:
        with serving(Answer(b"", 502)) as server, pytest.raises(Passing, match="answers 502"):
            Registry().manifests(server.index())
        assert len(server.asked) == 4

    @pytest.mark.parametrize("status", [400, 403, 404, 501])
    def test_what_cannot_pass_is_told_at_once(self, status: int, waits: list[float]) -> None:
        with (
            serving(Answer(b"", status)) as server,
            pytest.raises(EngineRefused, match=f"answers {status} to http") as told,
        ):
            Registry().manifests(server.index())
        assert (told.value.status, len(server.asked), waits) == (status, 1, [])

    def test_a_registry_that_breaks_off_cannot_be_reached(self) -> None:
        with (
            serving(Answer(INDEX.body, cut=True)) as server,
            pytest.raises(EngineUnreachable, match="cannot be reached"),
        ):
            Registry().manifests(server.index())

    def test_a_registry_that_is_not_there_cannot_be_reached(self) -> None:
        with serving(INDEX) as server:
            gone = server.index()
        with pytest.raises(EngineUnreachable, match=r"the registry 127\.0\.0\.1:.* cannot be reached"):
            Registry().manifests(gone)


class TestPlatforms:
    def test_attestations_and_what_names_no_platform_are_passed_over(self) -> None:
        answer = index(manifest("1", "linux", "amd64"), manifest("2", "unknown", "unknown"), manifest("3"))
        assert _platforms(answer.body) == [("linux/amd64", "sha256:" + "1" * 64)]

    def test_only_arm64_loses_its_only_variant(self) -> None:
        answer = index(manifest("1", "linux", "arm64", "v8"), manifest("2", "linux", "arm", "v8"))
        assert [platform for platform, _ in _platforms(answer.body)] == ["linux/arm64", "linux/arm/v8"]

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"[]",
            b"{}",
            b"\xff",
            b'{"manifests": 7}',
            b'{"manifests": [7]}',
            b'{"manifests": [{}]}',
            b'{"manifests": [{"digest": "sha256:1", "platform": {"os": "linux"}}]}',
            b'{"manifests": [{"digest": 7, "platform": {"os": "linux"}}]}',
            b'{"manifests": [{"digest": "sha256:' + b"1" * 64 + b'", "platform": "linux"}]}',
            b'{"manifests": [{"digest": "sha256:' + b"1" * 64 + b'", "platform": {"os": 7}}]}',
            b"[" * 100_000,
        ],
        ids=range(13),
    )
    def test_what_is_no_index_is_refused(self, body: bytes) -> None:
        with pytest.raises(EngineRefused, match="the registry's index of manifests"):
            _platforms(body)

    JSON = st.recursive(
        st.none() | st.integers() | st.text(max_size=4) | st.just("sha256:" + "1" * 64),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(
                st.sampled_from(["digest", "platform", "os", "architecture", "variant"]), inner, max_size=3
            )
        ),
        max_leaves=6,
    )

    @given(JSON)
    def test_no_index_raises_anything_else(self, manifests: object) -> None:
        try:
            found = _platforms(json.dumps({"manifests": manifests}).encode())
        except EngineRefused:
            return
        assert all(isinstance(platform, str) for platform, _ in found)


@pytest.mark.parametrize(
    ("registry", "url"),
    [
        ("docker.io", "https://registry-1.docker.io"),
        ("registry.example.org", "https://registry.example.org"),
        ("registry.example.org:5000", "https://registry.example.org:5000"),
        ("localhost", "http://localhost"),
        ("localhost:5000", "http://localhost:5000"),
        ("127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("[::1]", "http://[::1]"),
        ("[::1]:5000", "http://[::1]:5000"),
        ("[2001:db8::1]:5000", "https://[2001:db8::1]:5000"),
    ],
)
def test_where_a_registry_is(registry: str, url: str) -> None:
    assert _base(registry) == url
    assert Reference.parse(f"{registry}/a/b").registry == registry
