"""A server of tokens that a real registry trusts (distribution, "Token Authentication Specification")."""

from __future__ import annotations

import base64
import json
import subprocess
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from passwords import PACKED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SERVICE, ISSUER = "forebear-test", "forebear-test-tokens"
BASIC = f"Basic {PACKED}"
REFRESH = "an-identity-token"
LONG_AGO = 3600


def certify(key: Path, certificate: Path, *more: str) -> None:
    """Make a key, and a certificate for it that nobody knows."""
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    made += ["-subj", "/CN=forebear", "-keyout", str(key), "-out", str(certificate), *more]
    subprocess.run(made, check=True, capture_output=True)


class Tokens:
    """Signs tokens with a key of its own; ann may do all, anybody pull. `stale` of the next ones have run out.

    With `engines_stale` all have that engines get, and none that forebear gets. With `closed` nobody
    but ann may do anything.
    """

    def __init__(self, folder: Path) -> None:
        self._key, self.certificate = folder / "key.pem", folder / "certificate.pem"
        certify(self._key, self.certificate)
        self.realm = ""
        self.stale = 0
        self.engines_stale = False
        self.closed = False
        self.asked: list[list[str]] = []

    @property
    def configuration(self) -> str:
        """What a registry that trusts it is told."""
        fields = f"realm: {self.realm}, service: {SERVICE}, issuer: {ISSUER}, rootcertbundle: {self.certificate}"
        return f"auth: {{token: {{{fields}}}}}\n"

    def answer(self, scopes: list[str], agent: str, *, known: bool) -> dict[str, object]:
        """The answer to who asks for scopes, and is known or anybody."""
        self.asked.append(scopes)
        now = int(time.time())
        self.stale -= (stale := self.stale > 0)
        stale = stale or (self.engines_stale and agent != "forebear")
        access = [self._access(each, known=known) for each in scopes]
        end = now - LONG_AGO if stale else now + 300
        claims = {"iss": ISSUER, "sub": "", "aud": SERVICE, "exp": end, "nbf": now - 2 * LONG_AGO, "iat": now}
        token = self._signed({**claims, "jti": str(len(self.asked)), "access": access})
        return {"token": token, "access_token": token, "expires_in": 300}

    def _access(self, scope: str, *, known: bool) -> dict[str, object]:
        kind, name, actions = scope.split(":")
        allowed = [action for action in actions.split(",") if known or (action == "pull" and not self.closed)]
        return {"type": kind, "name": name, "actions": allowed}

    def _signed(self, claims: dict[str, Any]) -> str:
        chain = "".join(self.certificate.read_text().splitlines()[1:-1])
        text = ".".join(
            _packed(json.dumps(each).encode()) for each in ({"typ": "JWT", "alg": "ES256", "x5c": [chain]}, claims)
        )
        sign = ["openssl", "dgst", "-sha256", "-sign", str(self._key)]
        return (
            f"{text}.{_packed(_raw(subprocess.run(sign, input=text.encode(), check=True, capture_output=True).stdout))}"
        )


def _packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _raw(signature: bytes) -> bytes:
    """The numbers of a signature in DER (RFC 3279, 2.2.3) as JSON Web Signatures have them (RFC 7518, 3.4)."""
    first = signature[4 : 4 + signature[3]]
    second = signature[6 + signature[3] :]
    return b"".join(number[-32:].rjust(32, b"\0") for number in (first, second))


class _Handler(BaseHTTPRequestHandler):
    tokens: ClassVar[Tokens]

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def do_GET(self) -> None:
        authorization = self.headers.get("Authorization")
        if authorization not in (None, BASIC):
            self.send_error(401)
            return
        query = parse_qs(urlsplit(self.path).query)
        self._answer(self.tokens.answer(query.get("scope", []), self._agent, known=authorization == BASIC))

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        if form.get("refresh_token") != [REFRESH]:
            self.send_error(401)
            return
        self._answer(self.tokens.answer(form["scope"][0].split(), self._agent, known=True))

    @property
    def _agent(self) -> str:
        return str(self.headers.get("User-Agent"))

    def _answer(self, document: dict[str, object]) -> None:
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def tokens_in(folder: Path) -> Iterator[Tokens]:
    """A server of tokens, at work."""
    found = Tokens(folder)
    handler = type("Handler", (_Handler,), {"tokens": found})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        found.realm = f"http://127.0.0.1:{server.server_address[1]}/token"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()
