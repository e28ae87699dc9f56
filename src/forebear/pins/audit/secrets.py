"""Build arguments, variables and labels that are called like secrets, or hold one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from forebear.dockerfile.grammar import argument_pairs, key_values
from forebear.dockerfile.model import Malformed
from forebear.pins.audit.told import Told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forebear.dockerfile.model import Instruction

KEYWORDS: Final = frozenset({"ARG", "ENV", "LABEL"})
_NAME: Final = re.compile(
    r"(?:^|[_.-])(?:passw(?:or)?d|pwd|passphrase|pass|secrets?|tokens?|credentials?|api_?keys?|access_?key|private_?key"
    r"|secret_?key|ssh_?key|signing_?key|encryption_?key|license_?key|account_?key)(?:$|[_.-])",
    re.IGNORECASE,
)
# Names of what says where, how or how long, and of what everyone may know.
_HARMLESS: Final = re.compile(
    r"(?:^|[_.-])(?:public|file|files|path|dir|url|uri|endpoint|name|id|ids|length|size|ttl|expiry|expiration|timeout"
    r"|type|mode|policy|enabled?|disabled?|allow_?empty|allow|required?|hash|algorithm|issuer|audience|header|prefix|field"
    r"|cache|store|provider|manager|version|host|port|method|fd|rotate|rotation)(?:$|[_.-])",
    re.IGNORECASE,
)
_NO_SECRET: Final = re.compile(
    r"['\"]{0,2}(?:true|false|yes|no|on|off|none|null|[0-9]{1,3}|\$.*|/.*)?['\"]?", re.IGNORECASE
)
_VALUES: Final = (
    ("an AWS access key", re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])")),
    ("a GitHub token", re.compile(r"(?<!\w)(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})")),
    ("a GitLab token", re.compile(r"(?<!\w)glpat-[A-Za-z0-9_-]{20,}")),
    ("a Slack token", re.compile(r"(?<!\w)xox[abprs]-[A-Za-z0-9-]{10,}")),
    ("an npm token", re.compile(r"(?<!\w)npm_[A-Za-z0-9]{36}(?!\w)")),
    ("a Google API key", re.compile(r"(?<!\w)AIza[A-Za-z0-9_-]{35}(?!\w)")),
    ("a Stripe key", re.compile(r"(?<!\w)[sr]k_live_[A-Za-z0-9]{20,}")),
    ("a JSON Web Token", re.compile(r"(?<!\w)eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}")),
    ("a private key", re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----")),
    ("a password in an address", re.compile(r"[a-z][a-z0-9+.-]*://[^\s/:@$]*:[^\s/@$]+@", re.IGNORECASE)),
)
# One look at a text that tells whether any of the above can be in it.
_SUSPICIOUS: Final = re.compile(
    r"pass|pwd|secret|token|credential|key|A[KS]IA|gh[pousr]_|github_pat_|glpat-|xox[abprs]-|npm_|AIza|k_live_|eyJ|:[^\s]*@",
    re.IGNORECASE,
).search
_MOUNT: Final = "mount it while it is needed: RUN --mount=type=secret,id=NAME"


def told(instruction: Instruction, escape: str) -> Iterator[Told]:
    """What an ARG, ENV or LABEL gives away; no value is ever told."""
    if not _SUSPICIOUS(instruction.text):
        return
    keyword = instruction.keyword
    for name, value in _pairs(instruction, escape):
        if kind := next((kind for kind, pattern in _VALUES if value and pattern.search(value)), None):
            problem = f"{keyword} {name} holds {kind}"
            yield Told("secret-value", name, problem, "revoke it, remove it, and mount its successor", name)
        elif _is_secret(name, value, keyword):
            problem = f"{keyword} {name} is called like a secret, and is kept in the image"
            yield Told("secret-name", name, problem, _MOUNT, name)


def _pairs(instruction: Instruction, escape: str) -> list[tuple[str, str | None]]:
    try:
        if instruction.keyword == "ARG":
            return argument_pairs(instruction.text, escape)
        return [*key_values(instruction.text, escape)]
    except Malformed:
        return []


def _is_secret(name: str, value: str | None, keyword: str) -> bool:
    if not _NAME.search(name) or _HARMLESS.search(name):
        return False
    if value is None:
        return keyword == "ARG"
    return _NO_SECRET.fullmatch(value) is None
