from __future__ import annotations

import pytest

from forebear.dockerfile.model import Malformed
from forebear.dockerfile.mounts import check_mount, kind_of, source_of


def literal(value: str) -> str | None:
    return None if "$" in value else value


@pytest.mark.parametrize(
    ("mount", "source"),
    [
        ("type=bind,from=a,target=/x", "a"),
        ("FROM=b:1", "b:1"),
        ('"target=/x,y","from=c"', "c"),
        ("from=a,from=b", "b"),
        ("from=,target=/x", None),
        ("target=/x", None),
        ("from=x$", "x$"),
    ],
)
def test_the_source_of_a_mount_is_found(mount: str, source: str | None) -> None:
    found = source_of(mount)
    assert (found and mount[slice(*found)]) == source


@pytest.mark.parametrize(
    "mount",
    [
        "type=cache,target=/x,sharing=locked,uid=1,gid=2,mode=0755,id=y",
        "type=CACHE,target=/x,sharing=$x,mode=$y",
        "type=tmpfs,target=/x,size=1.5g",
        "type=secret,id=x,required,env=Y",
        "type=secret,target=/x",
        "type=ssh,required=true",
        "type=$x,required,size=1",
        "src=a,dst=/x,rw=true,ro=0,readonly",
    ],
)
def test_mounts_that_buildkit_takes(mount: str) -> None:
    check_mount(mount, literal)


@pytest.mark.parametrize(
    ("mount", "problem"),
    [
        ("", 'a mount has no ""'),
        ("foo=bar", 'a mount has no "foo=bar"'),
        ("target", '"target" in a mount needs a value'),
        ('"target=/x', "is no list of comma-separated fields"),
        ("type=cach", '"cach" is no value for type in a mount'),
        ("ro=maybe", '"maybe" is no value for ro in a mount'),
        ("type=tmpfs,size=10q", '"10q" is no value for size'),
        ("type=cache,mode=9", '"9" is no value for mode'),
        ("size=10m", "a mount of the type bind has no size"),
        ("required", "a mount of the type bind has no required"),
        ("type=tmpfs,sharing=shared", "a mount of the type tmpfs has no sharing"),
        ("type=secret", "a mount of the type secret needs an id or a target"),
        ("type=secret,id=x,from=y", "a mount of the type secret has no from"),
        ("type=secret,id=x,source=y", "a mount of the type secret has an id or a source, not both"),
    ],
)
def test_mounts_that_buildkit_refuses(mount: str, problem: str) -> None:
    with pytest.raises(Malformed) as caught:
        check_mount(mount, literal)
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("mount", "kind"),
    [
        ("type=secret,id=x", "secret"),
        ('target=/x,"TYPE=Ssh"', "ssh"),
        ("type=ssh,type=cache", "cache"),
        ("target=/type=ssh", "bind"),
        ("type=$x", "$x"),
        ("", "bind"),
    ],
)
def test_the_type_of_a_mount_is_found(mount: str, kind: str) -> None:
    assert kind_of(mount) == kind
