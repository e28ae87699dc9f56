from __future__ import annotations

import base64
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.errors import EngineRefused, EngineUnreachable
from forebear.reference import Reference
from forebear.registry.auth import Challenge, Login, read_challenge
from forebear.registry.client import Registry

from .server import Answer, index, serving, sha256

INDEX = index()
DIGEST = sha256(INDEX.body)
BASIC = "Basic " + base64.b64encode(b"user:word").decode()


def challenge(text: str) -> Answer:
    return Answer(b"", 401, {"WWW-Authenticate": text})


class TestChallenge:
    @pytest.mark.parametrize(
        ("header", "found"),
        [
            ("", None),
            ("Negotiate", None),
            ("Basic", Challenge("basic")),
            ('basic realm="x"', Challenge("basic", "x")),
            (
                'Bearer realm="https://a/b",service="c",scope="d:e:f g:h:i,j"',
                Challenge("bearer", "https://a/b", "c", frozenset({"d:e:f", "g:h:i,j"})),
            ),
            ('BEARER REALM = "a\\"b" , service="c"', Challenge("bearer", 'a"b', "c")),
            ('Basic realm="x", Bearer realm="y"', Challenge("bearer", "y")),
            ('Bearer realm="y", Basic realm="x"', Challenge("bearer", "y")),
            ('Bearer realm="a, Basic"', Challenge("bearer", "a, Basic")),
        ],
    )
    def test_what_is_asked_for(self, header: str, found: Challenge | None) -> None:
        assert read_challenge(header) == found

    @given(st.text(max_size=80) | st.lists(st.sampled_from(["Basic", "Bearer ", ",", 'a="b"', '"', "\\"])).map("".join))
    def test_no_header_raises(self, header: str) -> None:
        found = read_challenge(header)
        assert found is None or found.scheme in ("basic", "bearer")


class TestBasic:
    def test_a_registry_that_wants_none_gets_none(self, known: Registry) -> None:
        with serving(INDEX) as server:
            known.digest(server.tag)
        assert server.sent("Authorization") == [None]

    def test_user_and_password_where_it_asks_for_them_and_from_then_on(self, known: Registry) -> None:
        with serving(challenge('Basic realm="x"'), INDEX) as server:
            assert known.digest(server.tag) == DIGEST
            assert known.digest(server.tag) == DIGEST
        assert server.sent("Authorization") == [None, BASIC, BASIC]

    def test_the_credentials_are_asked_for_once(self) -> None:
        asked: list[str] = []
        with Registry(lambda name: asked.append(name) or Login("a", "b")) as registry:  # type: ignore[func-returns-value]
            with serving(challenge("Basic"), INDEX) as server:
                for _ in range(3):
                    registry.digest(server.tag)
            assert asked == [server.address]

    def test_a_registry_that_lets_nobody_in_is_asked_twice_and_no_more(self, known: Registry) -> None:
        with serving(challenge('Basic realm="x"')) as server, pytest.raises(EngineRefused, match="answers 401") as told:
            known.digest(server.tag)
        assert (told.value.status, len(server.asked)) == (401, 2)
        assert "docker login" in told.value.action

    def test_who_knows_no_password_asks_once(self, registry: Registry) -> None:
        with serving(challenge("Basic")) as server, pytest.raises(EngineRefused, match="answers 401"):
            registry.digest(server.tag)
        assert len(server.asked) == 1

    def test_what_netrc_has_for_a_host_is_not_sent(
        self, registry: Registry, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        netrc = tmp_path_factory.mktemp("home") / "netrc"
        netrc.write_text("machine 127.0.0.1 login ann password secret\n")
        monkeypatch.setenv("NETRC", str(netrc))
        with serving(INDEX) as server:
            registry.digest(server.tag)
        assert server.sent("Authorization") == [None]


def token(text: str = "t0k3n", **fields: object) -> Answer:
    import json

    return Answer(json.dumps({"token": text, **fields}).encode())


class TestBearer:
    def test_a_token_from_where_the_challenge_says(self, registry: Registry) -> None:
        with serving(Answer(), token(), INDEX) as server:
            realm = f"http://{server.address}/token"
            server.answers[0] = challenge(f'Bearer realm="{realm}",service="reg",scope="repository:team/app:pull"')
            assert registry.digest(server.tag) == DIGEST
        assert server.sent("Authorization") == [None, None, "Bearer t0k3n"]
        assert server.asked[1].path == "/token?service=reg&scope=repository%3Ateam%2Fapp%3Apull"

    def test_it_is_kept_for_what_it_was_got_for(self, known: Registry) -> None:
        with serving(Answer(), token("one"), INDEX, INDEX, token("two"), INDEX) as server:
            realm = f"http://{server.address}/token"
            server.answers[0] = challenge(f'Bearer realm="{realm}",scope="repository:team/app:pull"')
            known.digest(server.tag)
            known.digest(server.tag)
            known.digest(Reference.parse(f"{server.address}/team/other:1"))
        assert server.sent("Authorization") == [None, BASIC, "Bearer one", "Bearer one", BASIC, "Bearer two"]
        assert parse_qs(server.asked[4].path.partition("?")[2]) == {"scope": ["repository:team/other:pull"]}

    def test_one_that_ran_out_is_renewed_once(self, registry: Registry) -> None:
        with serving(Answer(), token("one"), INDEX, Answer(), token("two"), INDEX) as server:
            asks = challenge(f'Bearer realm="http://{server.address}/token",error="invalid_token"')
            server.answers[0] = server.answers[3] = asks
            registry.digest(server.tag)
            assert registry.digest(server.tag) == DIGEST
        assert server.sent("Authorization")[2:] == ["Bearer one", "Bearer one", None, "Bearer two"]

    def test_one_that_is_never_enough_is_not_renewed_again(self, registry: Registry) -> None:
        with serving(Answer(), token(), Answer()) as server:
            server.answers[0] = server.answers[2] = challenge(f'Bearer realm="http://{server.address}/token"')
            with pytest.raises(EngineRefused, match="answers 401"):
                registry.digest(server.tag)
        assert len(server.asked) == 3

    @pytest.mark.parametrize(("seconds", "again"), [(0, 51.0), (300, 291.0), ("x", 51.0), (-5, 51.0), (True, 51.0)])
    def test_one_is_renewed_before_it_runs_out(self, registry: Registry, seconds: object, again: float) -> None:
        now = [0.0]
        object.__setattr__(registry._transport._authority, "clock", lambda: now[0])
        with serving(Answer(), token("one", expires_in=seconds), INDEX, INDEX, token("two"), INDEX) as server:
            server.answers[0] = challenge(f'Bearer realm="http://{server.address}/token"')
            registry.digest(server.tag)
            now[0] = again - 2
            registry.digest(server.tag)
            now[0] = again
            registry.digest(server.tag)
        assert server.sent("Authorization")[2:] == ["Bearer one", "Bearer one", None, "Bearer two"]

    def test_an_identity_token_stands_for_a_password(self) -> None:
        with (
            Registry(lambda _: Login("", identity_token="s3cr3t")) as registry,
            serving(Answer(), Answer(b'{"access_token": "t"}'), INDEX) as server,
        ):
            realm = f"http://{server.address}/token"
            server.answers[0] = challenge(f'Bearer realm="{realm}",service="reg",scope="repository:team/app:pull"')
            assert registry.digest(server.tag) == DIGEST
        asked = server.asked[1]
        assert (asked.method, asked.path) == ("POST", "/token")
        assert parse_qs(asked.body.decode()) == {
            "grant_type": ["refresh_token"],
            "client_id": ["forebear"],
            "refresh_token": ["s3cr3t"],
            "service": ["reg"],
            "scope": ["repository:team/app:pull"],
        }
        assert server.sent("Authorization")[-1] == "Bearer t"

    @pytest.mark.parametrize(
        "realm", ["http://r.invalid/token", "nonsense", "", "ftp://127.0.0.1/", "http://[", "/token"]
    )
    def test_nobody_is_asked_unencrypted(self, known: Registry, realm: str) -> None:
        with serving(challenge(f'Bearer realm="{realm}"')) as server, pytest.raises(EngineRefused, match="unencrypted"):
            known.digest(server.tag)
        assert server.sent("Authorization") == [None]

    @pytest.mark.parametrize("said", [b"[]", b"null", b"7", b"<html>", b"", b"[" * 10_000])
    def test_garbage_instead_of_a_token(self, registry: Registry, said: bytes) -> None:
        with serving(Answer(), Answer(said)) as server:
            server.answers[0] = challenge(f'Bearer realm="http://{server.address}/token"')
            with pytest.raises(EngineRefused, match="token"):
                registry.digest(server.tag)

    @pytest.mark.parametrize(
        "said", [b'{"token": null}', b"{}", b'{"token": 7}', b'{"token": "a\\nb"}', b'{"token": "\xc3\xa9"}']
    )
    def test_an_answer_without_a_token_lets_nobody_in(self, registry: Registry, said: bytes) -> None:
        with serving(Answer(), Answer(said)) as server:
            server.answers[0] = challenge(f'Bearer realm="http://{server.address}/token"')
            with pytest.raises(EngineRefused, match="answers 401"):
                registry.digest(server.tag)

    @pytest.mark.parametrize("login", [Login("user", "word"), Login("", identity_token="word"), None])
    def test_a_server_of_tokens_that_refuses_is_told_with_the_registry_to_log_in_to(self, login: Login | None) -> None:
        said = Answer(b'{"errors": [{"code": "DENIED", "message": "not you"}]}', status=401)
        with Registry(lambda _: login) as registry, serving(said) as tokens, serving(Answer()) as server:
            server.answers[0] = challenge(f'Bearer realm="http://{tokens.address}/token"')
            with pytest.raises(EngineRefused) as told:
                registry.digest(server.tag)
        assert str(told.value) == (
            f"{tokens.address} answers 401 to our asking for a token: DENIED not you;"
            f" if it is there and private, run: docker login {server.address}"
        )

    def test_a_server_of_tokens_that_is_busy_is_asked_again(self, registry: Registry, waits: list[float]) -> None:
        with serving(Answer(), Answer(status=429, headers={"Retry-After": "3"}), Answer(), token(), INDEX) as server:
            server.answers[0] = server.answers[2] = challenge(f'Bearer realm="http://{server.address}/token"')
            server.answers.pop(2)
            assert registry.digest(server.tag) == DIGEST
        assert waits == [3.0]


class TestRedirections:
    def test_no_other_host_sees_the_authorization(self, known: Registry) -> None:
        with serving(INDEX) as other, serving(challenge("Basic"), Answer()) as server:
            server.answers[1] = Answer(status=307, headers={"Location": f"http://{other.address}/x?signed"})
            assert known.digest(server.tag) == DIGEST
        assert server.sent("Authorization") == [None, BASIC]
        assert other.sent("Authorization") == [None]

    def test_the_same_host_does(self, known: Registry) -> None:
        with serving(challenge("Basic"), Answer(status=307, headers={"Location": "/x"}), INDEX) as server:
            assert known.digest(server.tag) == DIGEST
        assert server.sent("Authorization") == [None, BASIC, BASIC]

    def test_not_for_ever(self, known: Registry) -> None:
        with (
            serving(Answer(status=302, headers={"Location": "/x"})) as server,
            pytest.raises(EngineRefused, match="sends us from address to address"),
        ):
            known.digest(server.tag)

    @pytest.mark.parametrize("target", ["http://[", "ftp://127.0.0.1/", "file:///etc/passwd", "http://a:b/"])
    def test_not_to_what_is_no_address(self, known: Registry, target: str) -> None:
        with (
            serving(Answer(status=302, headers={"Location": target})) as server,
            pytest.raises(EngineRefused, match="leads us to"),
        ):
            known.digest(server.tag)

    def test_what_is_set_as_a_cookie_is_forgotten(self, known: Registry) -> None:
        with serving(Answer(headers={**INDEX.headers, "Set-Cookie": "a=b; Path=/"})) as server:
            known.digest(server.tag)
            known.digest(server.tag)
        assert server.sent("Cookie") == [None, None]


def test_a_challenge_that_leads_to_nobody(registry: Registry) -> None:
    with serving(INDEX) as gone:
        away = gone.address
    said = f"the registry {away} cannot be reached"
    with (
        serving(challenge(f'Bearer realm="http://{away}/token"')) as server,
        pytest.raises(EngineUnreachable, match=said),
    ):
        registry.digest(server.tag)
