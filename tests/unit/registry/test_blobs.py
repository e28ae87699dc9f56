from __future__ import annotations

import pytest

from forebear.errors import EngineRefused, EngineUnreachable
from forebear.reference import Reference
from forebear.registry.auth import Login
from forebear.registry.client import Registry
from forebear.registry.manifests import Descriptor

from .server import Answer, Server, serving, sha256

CHUNK = 1 << 16
DATA = b"0123456789" * 10_000
BLOB = Descriptor("a/layer", sha256(DATA), len(DATA))
HERE, GONE = Answer(), Answer(status=404)
MADE, GO_ON = Answer(status=201), Answer(status=202, headers={"Location": "/up/1?state=a%2Fb"})


def whole(registry: Registry, server: Server, blob: Descriptor = BLOB) -> bytes:
    return b"".join(registry.blob(server.repository, blob))


class TestBlob:
    def test_its_bytes(self, registry: Registry) -> None:
        with serving(Answer(DATA)) as server:
            assert whole(registry, server) == DATA
        assert server.lines == [f"GET /blobs/{BLOB.digest}"]

    def test_one_that_is_not_there(self, registry: Registry) -> None:
        with serving(GONE) as server, pytest.raises(EngineRefused, match="does not have the blob sha256:"):
            whole(registry, server)

    @pytest.mark.parametrize("sent", [DATA.replace(b"5", b"6"), DATA + b"0", DATA * 10], ids=range(3))
    def test_what_is_something_else_is_refused(self, registry: Registry, sent: bytes) -> None:
        with (
            serving(Answer(sent)) as server,
            pytest.raises(EngineRefused, match="sent something else for the blob"),
        ):
            whole(registry, server)

    def test_no_more_than_its_size_is_given(self, registry: Registry) -> None:
        given: list[bytes] = []
        with serving(Answer(DATA + b"0")) as server, pytest.raises(EngineRefused):
            given.extend(registry.blob(server.repository, BLOB))
        assert b"".join(given) == DATA[:CHUNK]

    @pytest.mark.parametrize("rest", [Answer(DATA[CHUNK:], 206), Answer(DATA)], ids=["the rest", "from the start"])
    def test_a_connection_that_breaks_goes_on_from_there(self, registry: Registry, rest: Answer) -> None:
        with serving(Answer(DATA[: CHUNK + 60], cut=True), rest) as server:
            assert whole(registry, server) == DATA
        assert server.sent("Range") == [None, "bytes=65536-"]

    def test_one_that_ends_too_early_goes_on_too(self, registry: Registry) -> None:
        with serving(Answer(DATA[:CHUNK]), Answer(DATA[CHUNK:], 206)) as server:
            assert whole(registry, server) == DATA

    def test_not_for_ever(self, registry: Registry) -> None:
        with serving(Answer(DATA[:1], cut=True)) as server, pytest.raises(EngineUnreachable, match="broke off"):
            whole(registry, server)
        assert len(server.asked) == 6

    def test_what_passes_is_tried_again(self, registry: Registry, waits: list[float]) -> None:
        with serving(Answer(status=503), Answer(DATA)) as server:
            assert whole(registry, server) == DATA
        assert waits == [0.25]

    def test_a_small_one_as_a_whole(self, registry: Registry) -> None:
        with serving(Answer(DATA)) as server:
            assert registry.read_blob(server.repository, BLOB) == DATA
            with pytest.raises(EngineRefused, match="has more than 99,999 bytes"):
                registry.read_blob(server.repository, BLOB, limit=99_999)

    def test_an_empty_one(self, registry: Registry) -> None:
        with serving(Answer()) as server:
            assert whole(registry, server, Descriptor("", sha256(b""), 0)) == b""

    def test_what_is_signed_elsewhere_needs_no_password(self) -> None:
        known = Registry(lambda _registry: Login("user", "word"))
        asks = Answer(status=401, headers={"WWW-Authenticate": "Basic"})
        with known, serving(Answer(DATA)) as store, serving(asks, GO_ON) as server:
            server.answers[1] = Answer(status=307, headers={"Location": f"http://{store.address}/blob?signature=s"})
            assert whole(known, server) == DATA
        assert store.sent("Authorization") == [None]
        assert [bool(each) for each in server.sent("Authorization")] == [False, True]


class TestPutBlob:
    def test_one_that_is_there_is_not_sent(self, registry: Registry) -> None:
        with serving(HERE) as server:
            registry.put_blob(server.repository, BLOB, lambda: [DATA])
        assert len(server.asked) == 1

    def test_one_that_is_not(self, registry: Registry) -> None:
        with serving(GONE, GO_ON, MADE) as server:
            registry.put_blob(server.repository, BLOB, lambda: [DATA[:7], DATA[7:]])
        assert server.lines[1:] == [
            "POST /blobs/uploads/",
            f"PUT /up/1?state=a%2Fb&digest={BLOB.digest.replace(':', '%3A')}",
        ]
        sent = server.asked[-1]
        assert (sent.body, sent.headers["Content-Length"]) == (DATA, str(len(DATA)))
        assert "Transfer-Encoding" not in sent.headers

    def test_it_is_sent_again_from_its_start(self, registry: Registry, waits: list[float]) -> None:
        with serving(GONE, GO_ON, Answer(status=502), GO_ON, MADE) as server:
            registry.put_blob(server.repository, BLOB, lambda: iter([DATA]))
        assert [each.body for each in server.asked if each.method == "PUT"] == [DATA, DATA]

    @pytest.mark.parametrize("location", ["http://[", "ftp://127.0.0.1/x"])
    def test_it_is_not_sent_to_what_is_no_address(self, registry: Registry, location: str) -> None:
        astray = Answer(status=202, headers={"Location": location})
        with serving(GONE, astray) as server, pytest.raises(EngineRefused, match="leads us to"):
            registry.put_blob(server.repository, BLOB, lambda: [DATA])

    def test_another_host_that_takes_it_sees_no_password(self) -> None:
        known = Registry(lambda _registry: Login("user", "word"))
        asks = Answer(status=401, headers={"WWW-Authenticate": "Basic"})
        with known, serving(MADE) as store, serving(asks, GONE, GO_ON) as server:
            server.answers[2] = Answer(status=202, headers={"Location": f"http://{store.address}/up"})
            known.put_blob(server.repository, BLOB, lambda: [DATA])
        assert store.sent("Authorization") == [None]
        assert store.asked[0].body == DATA


class TestCopyBlob:
    def test_in_one_registry_it_is_mounted(self, registry: Registry) -> None:
        with serving(GONE, MADE) as server:
            registry.copy_blob(Reference.parse(f"{server.address}/from/here"), server.repository, BLOB)
        assert server.lines[1:] == [f"POST /blobs/uploads/?mount={BLOB.digest.replace(':', '%3A')}&from=from%2Fhere"]

    def test_what_is_not_mounted_is_sent(self, registry: Registry) -> None:
        with serving(GONE, GO_ON, HERE, Answer(DATA), MADE) as server:
            registry.copy_blob(Reference.parse(f"{server.address}/from/here"), server.repository, BLOB)
        assert [each.body for each in server.asked if each.method == "PUT"] == [DATA]

    def test_from_another_registry_it_is_sent(self, registry: Registry) -> None:
        with serving(GONE, GO_ON, MADE) as server, serving(HERE, Answer(DATA)) as source:
            registry.copy_blob(source.repository, server.repository, BLOB)
        assert server.lines[1] == "POST /blobs/uploads/"
        assert server.asked[-1].body == DATA

    def test_what_is_there_is_not_copied(self, registry: Registry) -> None:
        with serving(HERE) as server:
            registry.copy_blob(Reference.parse(f"{server.address}/from/here"), server.repository, BLOB)
        assert len(server.asked) == 1

    def test_what_its_source_falsifies_is_not_made(self, registry: Registry) -> None:
        with (
            serving(GONE, GO_ON, MADE) as server,
            serving(HERE, Answer(DATA[::-1])) as source,
            pytest.raises(EngineRefused, match="sent something else"),
        ):
            registry.copy_blob(source.repository, server.repository, BLOB)
