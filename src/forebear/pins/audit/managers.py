"""What each package manager's command line means: which words are packages, and which of them float."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from forebear.pins.audit.shell import Command, Word


class Manager(NamedTuple):
    """A package manager.

    `valued`: the options that take the next word; `bars`: those that fix the versions from elsewhere; `floats`: whether
    a word is a package without a version, and no file, address or group.
    """

    rule: str
    verbs: frozenset[str]
    valued: frozenset[str]
    floats: Callable[[str], bool]
    action: str
    bars: frozenset[str] = frozenset()

    def positional(self, words: Command) -> Iterator[Word]:
        """The words that are no options, and no values of options."""
        skip = False
        for word in words:
            if skip:
                skip = False
            elif word.text.startswith("-"):
                skip = word.text in self.valued
            else:
                yield word


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FILE: Final = re.compile(r"[./~].*|.*://.*|.*\.(?:deb|rpm|apk|whl|tgz|zip|tar(?:\.\w+)?)", re.DOTALL).fullmatch
_NPM_VERSION: Final = re.compile(r"v?[0-9]+\.[0-9]+\.[0-9]+(?:[-+].*)?").fullmatch
_NPM_COMMIT: Final = re.compile(r".*#(?:semver:)?[0-9a-f.]{5,}").fullmatch
_RPM_GROUP: Final = re.compile(r"[@%].*").fullmatch
_PIP_VCS: Final = re.compile(r"(?:.*@ *)?(?:git|hg|svn|bzr)\+").match
_PIP_REVISION: Final = re.compile(r".*://[^/]*/.*@[^@/]+").match


def _apt(word: str) -> bool:
    return "=" not in word and not _FILE(word) and not word.endswith(("-", "^"))


def _dnf(word: str) -> bool:
    """Whether a word lacks a version: `name-version` or `name-version-release`, the version with a dot or an epoch."""
    if _FILE(word) or _RPM_GROUP(word) or "=" in word:
        return False
    *name, before, last = ["", *word.split("-")]
    if not name or not last[:1].isdigit():
        return True
    return not ("." in last or ":" in last or before[:1].isdigit())


def _apk(word: str) -> bool:
    return "=" not in word and "~" not in word and not _FILE(word) and not word.startswith("!")


def _pip(word: str) -> bool:
    if _PIP_VCS(word):
        return not _PIP_REVISION(word)
    return "==" not in word and not _FILE(word) and "/" not in word and " @ " not in word


def _npm(word: str) -> bool:
    if _FILE(word) or word.startswith(("git@", "file:", "npm:")):
        return word.startswith("git") and not _NPM_COMMIT(word)
    name, at, version = word[1:].partition("@")
    if "/" in name and word[0] != "@":
        return not _NPM_COMMIT(word)
    return not at or not _NPM_VERSION(version)


_APT: Final = Manager(
    "unpinned-apt",
    _words("install"),
    _words("-t --target-release --default-release -o --option -c --config-file -a --host-architecture"),
    _apt,
    "write PACKAGE=VERSION",
)
_DNF: Final = Manager(
    "unpinned-dnf",
    _words("install localinstall"),
    _words(
        "-c --config -x --exclude --excludepkgs --enablerepo --disablerepo --releasever --installroot --setopt -d -e -R"
        " --repo --repoid --repofrompath --forcearch --comment --disableplugin --enableplugin --debuglevel --errorlevel"
        " --rpmverbosity --advisory --destdir --downloaddir --nodocs-dir"
    ),
    _dnf,
    "write PACKAGE-VERSION-RELEASE",
)
_APK: Final = Manager(
    "unpinned-apk",
    _words("add"),
    _words(
        "-t --virtual -X --repository -p --root --arch --keys-dir --repositories-file --cache-dir --cache-max-age"
        " --wait --progress-fd --timeout"
    ),
    _apk,
    "write PACKAGE=VERSION",
)
_PIP: Final = Manager(
    "unpinned-pip",
    _words("install"),
    _words(
        "-r --requirement -e --editable -i --index-url --extra-index-url -f --find-links -t --target --prefix --root"
        " --src --platform --python-version --implementation --abi --trusted-host --timeout --retries --proxy --cert"
        " --client-cert --cache-dir --log --progress-bar --global-option --install-option --config-settings -C --python"
        " --upgrade-strategy --no-binary --only-binary --use-feature --use-deprecated --report --root-user-action"
        " --index --exists-action --build-option --group --keyring-provider -b --build -d --download -p"
    ),
    _pip,
    "write PACKAGE==VERSION",
    _words("-c --constraint --constraints --require-hashes"),
)
_NPM: Final = Manager(
    "unpinned-npm",
    _words("install i add in ins isntall"),
    _words(
        "--prefix --registry --cache --loglevel --omit --include --userconfig --globalconfig -C -w --workspace --tag"
        " --save-prefix --install-strategy --only --fetch-retries --fetch-timeout --maxsockets --cpu --os --libc"
    ),
    _npm,
    "write PACKAGE@1.2.3",
)
MANAGERS: Final = {
    **dict.fromkeys(("apt", "apt-get", "aptitude"), _APT),
    **dict.fromkeys(("dnf", "dnf5", "yum", "microdnf", "tdnf"), _DNF),
    "apk": _APK,
    "npm": _NPM,
}
_IS_PIP: Final = re.compile(r"pip[0-9.]*").fullmatch


def manager_of(program: str) -> Manager | None:
    """The package manager of that name, without its folder."""
    return _PIP if _IS_PIP(program) else MANAGERS.get(program)
