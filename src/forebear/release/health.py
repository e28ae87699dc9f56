"""Pure: what an engine's own answers mean for building with it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from forebear.engine.model import Builder
from forebear.release.findings import Finding, good, note, problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from forebear.engine.model import Capabilities, EngineDetails, EngineInfo

CONTAINERD: Final = (
    'set {"features": {"containerd-snapshotter": true}} in the engine\'s daemon.json and start it again; images have '
    "to be built or pulled again"
)
_LATE: Final = timedelta(seconds=5)
_WRONG: Final = timedelta(minutes=5)
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


def address(info: EngineInfo, *, tls: bool) -> Iterator[Finding]:
    """That it answers, and whether others can get at it."""
    yield good("engine", f"Docker {info.version} answers at {info.host}", f"API {info.api}, {info.platform}")
    url = urlsplit(info.host)
    if url.scheme in ("tcp", "http") and not tls and url.hostname not in _LOOPBACK:
        means = "whoever reaches that port is root on the engine's machine, and can change what is built there"
        yield problem(
            "clear-text", f"{info.host} is spoken to without TLS", means, "use ssh://, or TLS with client keys"
        )


def builder(capabilities: Capabilities) -> Finding:
    """Which builder was found to work."""
    if capabilities.builder is Builder.BUILDKIT:
        version = capabilities.version or "that of the engine, which tells no other"
        return good("builder", "BuildKit builds here: an empty image was built", f"its version is {version}")
    means = "the classic builder is slow, and puts the time of the build into every image: grade inputs at best"
    return problem("builder", f"BuildKit does not build here ({capabilities.why_not})", means, "update the engine")


def store(info: EngineInfo) -> Finding:
    """What the image store makes of an image's ID."""
    if info.keeps_digests:
        means = "an image's ID is the digest of its manifest, which a registry will show too"
        return good("image-store", "the image store is containerd's", means)
    means = "an image's ID is the digest of its configuration; a push makes its manifest, and the digest of that"
    return good("image-store", f"the image store is the engine's own ({info.store})", means)


def grade(info: EngineInfo, capabilities: Capabilities) -> Finding:
    """The best grade that a rebuild can be promised, and what stops the next one."""
    if capabilities.rewrites_timestamps:
        means = "a rebuild gives the same image, bit for bit, where the commands of the Dockerfiles allow it"
        return good("grade", "the best grade here is digest", means)
    means = (
        f"a rebuild gives layers that differ in the times of the files that commands write: {capabilities.why_not}; "
        "an image that adds no files reaches more"
    )
    can_switch = capabilities.builder is Builder.BUILDKIT and not info.keeps_digests
    action = f"for digest, {CONTAINERD} (Docker 24 or newer has it)" if can_switch else "update the engine"
    return note("grade", "the best grade here is inputs", means, action)


def clock(skew: timedelta) -> Finding:
    """The engine's clock beside that of this machine; a positive skew is one that is ahead."""
    seconds = abs(skew).total_seconds()
    what = f"the engine's clock is {seconds:,.0f} s {'ahead of' if skew > timedelta() else 'behind'} this machine's"
    action = "let both keep time with NTP"
    if abs(skew) > _WRONG:
        means = (
            "package indexes and certificates count as expired, or as not valid yet; gates that ask the time go wrong"
        )
        return problem("clock", what, means, action)
    if abs(skew) > _LATE:
        return note("clock", what, "times in logs do not agree; images carry their epoch all the same", action)
    return good("clock", "the engine's clock agrees with this machine's", "times in logs can be compared")


def surroundings(details: EngineDetails, environment: Mapping[str, str]) -> Iterator[Finding]:
    """The security options and proxies that builds get to feel, and what the engine warns of itself."""
    if any("name=rootless" in option for option in details.security):
        means = "files of user or group IDs above those that the user has (65,536 as a rule) cannot be unpacked"
        yield note(
            "rootless", "the engine is rootless", means, "widen /etc/subuid and /etc/subgid where an image fails so"
        )
    if any("name=userns" in option for option in details.security):
        means = "its images are kept apart from those of the same engine without it, and privileged steps may fail"
        yield note("userns", "the engine maps users (userns-remap)", means, "nothing, unless a step fails with EPERM")
    yield from proxies(details, environment)
    if any("insecure" in warning or "without encryption" in warning for warning in details.warnings):
        means = "whoever reaches that port is root on the engine's machine, and can change what is built there"
        yield problem(
            "exposed", "the engine listens on a network without TLS", means, "take the tcp address from its hosts"
        )


def proxies(details: EngineDetails, environment: Mapping[str, str]) -> Iterator[Finding]:
    """The proxies of the engine, and those of this machine that do not reach it."""
    if details.proxies:
        named = ", ".join(f"{name} {value}" for name, value in details.proxies)
        means = "the engine pulls through it; commands in Dockerfiles do not, since a proxy in an image is an input"
        yield note("proxy", f"the engine has a proxy: {named}", means, "give it to a RUN as `args`, if one needs it")
        return
    here = [name for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy") if environment.get(name)]
    if here:
        means = "forebear asks registries through it, but the engine pulls without it"
        action = 'if the engine is behind it too, set "proxies" in its daemon.json'
        yield note("proxy", f"{here[0]} is set here, and the engine has no proxy", means, action)
