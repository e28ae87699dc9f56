"""Gets engines from Debian's packages: the release's own installed, the newest unpacked in a folder."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from errors import EngineError
from locks import changing

CACHE = Path("/var/cache/forebear")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
NEWEST = ["docker.io", "docker-cli", "containerd", "docker-buildx", "docker-compose"]
TOOLS = {"runc": "runc", "tini": "tini", "iptables": "iptables", "iproute2": "ip"}  # package: its program


def release() -> Path:
    """The folder to put before PATH for the release's own engine; installs it when it is missing."""
    _install({"docker.io": "/usr/sbin/dockerd", **TOOLS})
    if not Path("/usr/bin/docker").exists():  # Debian 13 and newer: the client is a package of its own
        _install({"docker-cli": "/usr/bin/docker"})
    return Path("/usr")


def current() -> Path:
    """The `usr` of the newest engine, fetched from Debian's unstable suite the first time."""
    _install(TOOLS)
    home = CACHE / "current"
    with changing(CACHE):
        if not home.exists():
            _say("fetching the newest engine from Debian's unstable suite")
            _unpack(_download(CACHE / "download"), home)
    return home / "usr"


def tools() -> None:
    """What any engine needs besides itself."""
    _install(TOOLS)


def _install(programs: dict[str, str]) -> None:
    missing = [package for package, program in programs.items() if not shutil.which(program)]
    if not missing:
        return
    _need_debian_root(f"these packages are missing: {' '.join(missing)}")
    with changing(CACHE):
        _say(f"installing {' '.join(missing)}")
        install = ["install", "-y", "--no-install-recommends", "--no-remove", *missing]
        try:
            _apt_get(*install)
        except EngineError:  # a machine that has never updated its lists, or not for long
            _apt_get("update")
            _apt_get(*install)


def _need_debian_root(why: str) -> None:
    todo = "give a running engine by DOCKER_HOST, or start this machine's own"
    if not (Path("/etc/debian_version").exists() and shutil.which("apt-get")):
        raise EngineError(f"{why}; only on Debian can they be installed from here: {todo}")
    if os.geteuid() != 0:
        raise EngineError(f"{why}; installing them needs root: run this as root, or {todo}")


def _say(what: str) -> None:
    print(f"tools/engine: {what}", file=sys.stderr)


def _apt_get(*command: str, settings: dict[str, object] | None = None, cwd: Path | None = None) -> None:
    """Run apt-get with `settings` in place of the machine's own."""
    options = [word for key, value in (settings or {}).items() for word in ("-o", f"{key}={value}")]
    done = subprocess.run(
        ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", *options, *command],
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        cwd=cwd,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"},
    )
    if done.returncode != 0:
        raise EngineError(f"apt-get {' '.join(command)} failed:\n{done.stderr.strip()}")


def _download(folder: Path) -> list[Path]:
    """The engine's packages from the unstable suite, in `folder`; apt's own state stays as it is."""
    shutil.rmtree(folder, ignore_errors=True)
    for part in ("lists/partial", "sources", "cache/archives/partial", "packages"):
        (folder / part).mkdir(parents=True)
    signed = f" [signed-by={KEYRING}]" if KEYRING.exists() else ""
    (folder / "sources/unstable.list").write_text(f"deb{signed} {_mirror()} unstable main\n")
    (folder / "status").touch()
    settings: dict[str, object] = {
        "Dir::Etc::SourceList": "/dev/null",
        "Dir::Etc::SourceParts": folder / "sources",
        "Dir::Etc::Preferences": "/dev/null",
        "Dir::Etc::PreferencesParts": "/dev/null",
        "Dir::State::Lists": folder / "lists",
        "Dir::State::Status": folder / "status",
        "Dir::Cache": folder / "cache",
        "APT::Default-Release": "",
        "APT::Sandbox::User": "root",
        "APT::Update::Error-Mode": "any",
    }
    _apt_get("update", settings=settings)
    _apt_get("download", *NEWEST, settings=settings, cwd=folder / "packages")
    return sorted((folder / "packages").glob("*.deb"))


def _mirror() -> str:
    """The address of Debian's archive, as this machine's own configuration of apt gives it."""
    codename = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    found = _archives(codename)
    if not found:  # the origin is known only after an update
        _apt_get("update")
        found = _archives(codename)
    if not found:
        raise EngineError(f"apt knows no archive of Debian {codename} main; add one to /etc/apt/sources.list.d")
    return found[0]


def _archives(codename: str) -> list[str]:
    wanted = f"Packages Debian {codename} main"
    form = "$(CREATED_BY) $(ORIGIN) $(CODENAME) $(COMPONENT) $(REPO_URI)"
    lines = subprocess.check_output(["apt-get", "indextargets", "--format", form], text=True).splitlines()
    return [line.removeprefix(wanted).strip() for line in lines if line.startswith(wanted + " ")]


def _unpack(packages: list[Path], home: Path) -> None:
    """Unpack into `home`, which appears only when everything in it runs; the packages are removed."""
    half = home.with_suffix(".part")
    shutil.rmtree(half, ignore_errors=True)
    for package in packages:
        subprocess.run(["dpkg", "-x", package, half], check=True)
    for program in ("sbin/dockerd", "bin/containerd", "bin/docker"):
        asked = [str(half / "usr" / program), "--version"]
        ran = subprocess.run(asked, check=False, capture_output=True, text=True)
        if ran.returncode != 0:
            raise EngineError(f"Debian unstable's {program} does not run on this release: {ran.stderr.strip()}")
    half.rename(home)
    shutil.rmtree(packages[0].parents[1])
