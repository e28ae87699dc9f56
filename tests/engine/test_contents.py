"""The layers of images that engines save, and what differs between two of them."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tarfile
from typing import TYPE_CHECKING

import pytest
from families import by_hand

from forebear.contents.archive import spool
from forebear.contents.causes import cause_of
from forebear.contents.compare import compare
from forebear.engine.client import Docker
from forebear.errors import EngineRefused

if TYPE_CHECKING:
    from pathlib import Path

    import docker

    from forebear.contents.compare import Difference

PLANTED = (
    "sleep {pause} && date >/built",
    "head -c 16 /dev/urandom >/etc/machine-id",
    "mkdir -p /var/log/apt && date >/var/log/apt/history.log",
    "touch /etc/mode && chmod {mode} /etc/mode",
    "touch /etc/owner && chown {owner} /etc/owner",
    "ln -s {link} /etc/link",
    "touch /etc/{only}",
    "touch -d @{time} /etc/time",
    "rm -r /tmp",
)
FIRST = {"pause": "0", "mode": "0600", "owner": "1:1", "link": "one", "only": "here", "time": "1000000000"}
SECOND = {"pause": "1", "mode": "0644", "owner": "1:2", "link": "two", "only": "there", "time": "1000000001"}
EXPECTED = {
    "built": ("content", "clock"),
    "etc/machine-id": ("content", "machine-id"),
    "var/log/apt/history.log": ("content", "package-logs"),
    "etc/mode": ("mode", None),
    "etc/owner": ("owner", None),
    "etc/link": ("link", None),
    "etc/here": ("only-first", None),
    "etc/there": ("only-second", None),
}
CAPABILITY = "\1\0\0\2\0\4\0\0" + "\0" * 12  # struct vfs_cap_data of linux/capability.h: CAP_NET_BIND_SERVICE


@pytest.fixture
def docker_engine(engine_host: str) -> Docker:
    return Docker(engine_host)


def layers(engine: Docker, image: str, folder: Path) -> list[Path]:
    """The files of an image's layers, lowest first, which have the digests that the engine says."""
    facts = engine.inspect(image)
    assert facts is not None
    folder.mkdir()
    found = spool(engine.save(facts.id), facts.layers, folder)
    assert {f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}" for path in found.values()} == set(facts.layers)
    return [found[layer] for layer in facts.layers]


def of_top_layers(engine: Docker, folder: Path, first: str, second: str) -> dict[str, Difference]:
    """What differs in the top layers of two images, by path."""
    one, two = layers(engine, first, folder / "one")[-1], layers(engine, second, folder / "two")[-1]
    return {found.path: found for found in compare(one, two)}


def test_what_was_planted_is_found_and_named(
    docker_engine: Docker, client: docker.APIClient, busybox_base: str, project: str, tmp_path: Path
) -> None:
    first, second = (
        by_hand(client, f"{project}/{name}:1", f"FROM {busybox_base}", f"RUN {' && '.join(PLANTED).format(**values)}")
        for name, values in (("first", FIRST), ("second", SECOND))
    )
    found = of_top_layers(docker_engine, tmp_path, first, second)
    assert found.pop("etc/time").kinds == ("time",)
    told = {path: each for path, each in found.items() if each.kinds != ("time",)}
    assert {path: (each.kinds[0], _code(each)) for path, each in told.items()} == EXPECTED
    assert (told["etc/mode"].first[:4], told["etc/mode"].second[:4]) == ("0600", "0644")
    assert told["etc/owner"].second.startswith("1:2")
    assert told["etc/link"].second.startswith("-> two")


def _code(difference: Difference) -> str | None:
    """The cause; not that of the kinds, for which times matter: an engine may or may not set them."""
    cause = cause_of(difference)
    return cause.code if cause and cause.code != "modes" else None


def test_what_commands_do_not_make_is_found_too(
    docker_engine: Docker, client: docker.APIClient, project: str, tmp_path: Path
) -> None:
    names = {"first": ("a", "b", "c"), "second": ("b", "a", "c")}
    for name, order in names.items():
        data = _imported(order, CAPABILITY if name == "second" else "")
        client.import_image_from_data(data, repository=f"{project}/{name}", tag="1")
    found = of_top_layers(docker_engine, tmp_path, f"{project}/first:1", f"{project}/second:1")
    expected = {"b": ("order",), "c": ("link",), "program": ("xattr",)}
    assert {path: each.kinds for path, each in found.items()} == expected


def _imported(order: tuple[str, ...], capability: str) -> bytes:
    """A root file system: files in an order, the last a link to the first, and a program with a capability."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in (*order[:-1], "program"):
            member = tarfile.TarInfo(name)
            member.pax_headers = (
                {"SCHILY.xattr.security.capability": capability} if name == "program" and capability else {}
            )
            archive.addfile(member)
        member = tarfile.TarInfo(order[-1])
        member.type, member.linkname = tarfile.LNKTYPE, order[0]
        archive.addfile(member)
    return buffer.getvalue()


def test_a_layer_that_an_image_does_not_have_is_told(docker_engine: Docker, busybox_base: str, tmp_path: Path) -> None:
    with pytest.raises(EngineRefused, match=f"layer sha256:{'0' * 64} is missing"):
        spool(docker_engine.save(busybox_base), {f"sha256:{'0' * 64}"}, tmp_path)


def test_an_image_that_is_not_there_is_told(docker_engine: Docker) -> None:
    with pytest.raises(EngineRefused, match=r"while saving nowhere/none:1: .*(No such image|not found|does not exist)"):
        next(docker_engine.save("nowhere/none:1"))


MEASURED = """
import resource, sys
from pathlib import Path
from forebear.contents.compare import compare
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = peak()
found = [each.path for each in compare(Path(sys.argv[1]), Path(sys.argv[2]))]
print(found, peak() - before)
"""


def test_memory_does_not_grow_with_the_layers(tmp_path: Path) -> None:
    """Of two layers of 500 MB each, which differ in their last byte."""
    for name in ("one", "two"):
        member = tarfile.TarInfo("large")
        member.size = 500_000_000
        with (tmp_path / name).open("wb") as file:
            file.write(member.tobuf())
            file.seek(member.size - 3, io.SEEK_CUR)
            file.write(name.encode() + bytes(20_000))
    command = [sys.executable, "-c", MEASURED, str(tmp_path / "one"), str(tmp_path / "two")]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found, _, kilobytes = said.rpartition(" ")
    assert found == "['large']"
    assert int(kilobytes) < 30_000
