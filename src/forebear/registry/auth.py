"""Answering what a registry asks of those who come: a password, or a token that is got for one."""

from __future__ import annotations

import re
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from forebear.errors import EngineRefused

_CHALLENGE: Final = re.compile(r"(?:^|,)\s*(basic|bearer)(?=\s|,|$)", re.IGNORECASE)
_PARAMETER: Final = re.compile(r'(\w+)\s*=\s*"((?:[^"\\]|\\.)*)"')
_TOKEN: Final = re.compile(r"[\x21-\x7e]+")
_LEAST_SECONDS: Final = 60
"""How long a token holds where its server does not say, or says less (distribution, "Token Authentication")."""

_EARLY: Final = 10
_CLIENT: Final = "forebear"


@dataclass(frozen=True, slots=True)
class Login:
    """What is known for a registry: user and password, or an identity token in the password's place."""

    user: str
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)

    @property
    def basic(self) -> tuple[str, str] | None:
        """User and password, if that is what there is."""
        return (self.user, self.password) if self.password else None


Credentials = Callable[[str], Login | None]
"""Gives what is known for a registry, or None."""

Scopes = frozenset[str]
"""What is to be allowed, each as `repository:NAME:pull,push`."""


def scope(repository: str, *actions: str) -> str:
    """The scope of actions on a repository."""
    return f"repository:{repository}:{','.join(actions)}"


@dataclass(frozen=True, slots=True)
class Challenge:
    """How a registry wants to be answered: by a password, or by a token from `realm`."""

    scheme: str
    realm: str = ""
    service: str = ""
    scopes: Scopes = frozenset()


def read_challenge(header: str) -> Challenge | None:
    """The challenge of a WWW-Authenticate header; of several, a bearer's (RFC 9110, section 11.6.1)."""
    starts = [*_CHALLENGE.finditer(header)]
    ends = [*(each.start() for each in starts), len(header)][1:]
    found = [_challenge(start[1].lower(), header[start.end() : end]) for start, end in zip(starts, ends, strict=True)]
    return max(found, key=lambda each: each.scheme == "bearer", default=None)


def _challenge(scheme: str, text: str) -> Challenge:
    said = {key.lower(): re.sub(r"\\(.)", r"\1", value) for key, value in _PARAMETER.findall(text)}
    scopes = frozenset(said.get("scope", "").split())
    return Challenge(scheme, said.get("realm", ""), said.get("service", ""), scopes)


Ask = Callable[[str, str, str, Mapping[str, Any], tuple[str, str] | None], Any]
"""Asks a server of tokens for a registry, by method, address, parameters and password; gives the JSON of its answer."""


@dataclass(frozen=True, slots=True)
class _Token:
    text: str = field(repr=False)
    until: float


@dataclass(frozen=True)
class Authority:
    """What has been found out about how registries want to be answered; for several threads."""

    credentials: Credentials
    ask: Ask
    clock: Callable[[], float] = time.monotonic
    _logins: dict[str, Login | None] = field(default_factory=dict, repr=False)
    _challenges: dict[str, Challenge] = field(default_factory=dict, repr=False)
    _tokens: dict[tuple[str, Scopes], _Token] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def header(self, registry: str, scopes: Iterable[str]) -> str | None:
        """What to send as Authorization; None to a registry that has asked for nothing yet."""
        challenge = self._challenges.get(registry)
        return self._answer(registry, challenge, frozenset(scopes)) if challenge else None

    def challenged(self, registry: str, scopes: Iterable[str], header: str, refused: str | None) -> str | None:
        """What to send after a challenge in the place of what was `refused`; None where there is nothing else."""
        challenge, wanted = read_challenge(header), frozenset(scopes)
        if challenge is None:
            return None
        with self._lock:
            # What it wants for this request is none of the next one's business.
            self._challenges[registry] = replace(challenge, scopes=frozenset())
            known = self._tokens.get((registry, wanted))
            if known and refused == f"Bearer {known.text}":
                del self._tokens[registry, wanted]
        again = self._answer(registry, challenge, wanted)
        return again if again != refused else None

    def _answer(self, registry: str, challenge: Challenge, wanted: Scopes) -> str | None:
        login = self._login(registry)
        if challenge.scheme == "basic":
            return basic(login.basic if login else None)
        known = self._tokens.get((registry, wanted))
        if known is None or known.until <= self.clock():
            known = self._token(registry, challenge, wanted | challenge.scopes, login)
            with self._lock:
                self._tokens[registry, wanted] = known
        return f"Bearer {known.text}" if known.text else None

    def _login(self, registry: str) -> Login | None:
        """Asked for once: a credential helper is a program of its own, and may ask the user."""
        with self._lock:
            if registry not in self._logins:
                self._logins[registry] = self.credentials(registry)
            return self._logins[registry]

    def _token(self, registry: str, challenge: Challenge, scopes: Scopes, login: Login | None) -> _Token:
        """A token for scopes, by a password, by an identity token, or for anybody."""
        begun = self.clock()
        asked: dict[str, Any] = {"service": challenge.service} if challenge.service else {}
        ask = partial(self.ask, registry)
        if login and login.identity_token:
            form = {"grant_type": "refresh_token", "client_id": _CLIENT, "refresh_token": login.identity_token}
            said = ask("POST", challenge.realm, {**asked, **form, "scope": " ".join(sorted(scopes))}, None)
        else:
            said = ask("GET", challenge.realm, {**asked, "scope": sorted(scopes)}, login.basic if login else None)
        if not isinstance(said, dict):
            raise EngineRefused(f"the server of tokens of {registry} answers with what holds no token")
        text, seconds = said.get("token") or said.get("access_token"), said.get("expires_in")
        lasts = seconds if isinstance(seconds, int) and seconds > _LEAST_SECONDS else _LEAST_SECONDS
        usable = isinstance(text, str) and _TOKEN.fullmatch(text)
        return _Token(str(text) if usable else "", begun + lasts - _EARLY)


def basic(password: tuple[str, str] | None) -> str | None:
    """User and password as a header (RFC 7617), in UTF-8."""
    return "Basic " + b64encode(":".join(password).encode()).decode() if password else None
