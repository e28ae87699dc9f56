"""What commands leave that differs from build to build, and what of the shipped macros cures it."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from dataclasses import dataclass, field

IMPORTS = "".join(f'{{% import "forebear/{name}.j2" as {name} %}}' for name in ("apt", "dnf", "pip", "java"))
SMALL = ("fontconfig", "fonts-dejavu-core", "dbus", "man-db")
TOOLS = ("default-jre-headless", "ca-certificates-java", "p11-kit", "python3-pip", "rpm", "unzip", "zip", *SMALL)
RPMS = {"java-1.8.0-openjdk-headless": "1:1.8.0.111-1.b16.fc25", "tomcat": "1:8.0.36-2.fc25"}

PAGE = "mkdir -p /usr/share/man/man1 && printf '.TH A 1\\n.SH NAME\\na - b\\n' >/usr/share/man/man1/a.1 && mandb -q"
DRAWN = (
    "rm -f /etc/machine-id /var/lib/dbus/machine-id && dbus-uuidgen --ensure=/etc/machine-id && dbus-uuidgen --ensure"
)
SDIST, WHEEL = "own-1.0.tar.gz", "own-1.0-py3-none-any.whl"
PIP = "PIP_BREAK_SYSTEM_PACKAGES=1 python3 -m pip install -q --no-index --no-build-isolation --find-links /srv own"
JAR = "cp -r /srv/app /srv/fresh && cd /srv/fresh && zip -q -r /srv/own.war ."
DUMP = "java -Xshare:dump >/dev/null"
TRUST = "cp /srv/own.pem /usr/local/share/ca-certificates/own.crt && update-ca-certificates"
METADATA = b"Metadata-Version: 2.1\nName: own\nVersion: 1.0\n"
MODULE = b"def own():\n    return {'a', 'b', 'c'}\n"
OWN = """\
-----BEGIN CERTIFICATE-----
MIIBkTCCATegAwIBAgIUSMhWAFfnKTswAHBvMFFO3aXjNIgwCgYIKoZIzj0EAwIw
HTEbMBkGA1UEAwwST3duIHJvb3Qgb2YgYSB0ZXN0MCAXDTI2MTEyNDA5MjcwM1oY
DzIxMjYxMDMxMDkyNzAzWjAdMRswGQYDVQQDDBJPd24gcm9vdCBvZiBhIHRlc3Qw
WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATmCFKL8zx/27esNNbF6Yvq1QqPuikt
u0ZcnHPdaG+ubl24DEwDlLH583UtudKnKJ7KHAn9OA1TgkA4rFMbExzUo1MwUTAd
BgNVHQ4EFgQU2KsK8yWZKBXgtKcHTrQ5p1XvrjQwHwYDVR0jBBgwFoAU2KsK8yWZ
KBXgtKcHTrQ5p1XvrjQwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBF
AiAigljutrzrleS4BEfoeyKR49Mt34KCqHus1dFvyx1JegIhAKW2WetAvVFEeE7/
NZ/9U+I2AuciuVjW7z6qkxtspsuZ
-----END CERTIFICATE-----
"""


def _sdist() -> bytes:
    """A package as its sources, as setuptools take them."""
    buffer = io.BytesIO()
    setup = b"from setuptools import setup; setup(name='own', version='1.0', py_modules=['own'])\n"
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in {"PKG-INFO": METADATA, "setup.py": setup, "own.py": MODULE}.items():
            member = tarfile.TarInfo(f"own-1.0/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))
    return buffer.getvalue()


def _wheel() -> bytes:
    """The same package as a wheel."""
    kind = b"Wheel-Version: 1.0\nGenerator: own\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    names = {"own.py": MODULE, "own-1.0.dist-info/METADATA": METADATA, "own-1.0.dist-info/WHEEL": kind}
    record = "".join(f"{name},,\n" for name in (*names, "own-1.0.dist-info/RECORD")).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in {**names, "own-1.0.dist-info/RECORD": record}.items():
            archive.writestr(name, text)
    return buffer.getvalue()


@dataclass(frozen=True)
class Case:
    """What `plain` instructions leave, by path, with the cause; and the `cured` ones, with macros that cure that."""

    base: str
    plain: tuple[str, ...]
    cured: tuple[str, ...]
    causes: dict[str, str]
    macros: tuple[str, ...]
    files: dict[str, str | bytes] = field(default_factory=dict)


BUILT = _wheel()
# A file of its own: what is in the layers below is the same file for both builds, and told apart by nothing.
LIBRARY = "cp /usr/lib/*/libz.so.1 /usr/local/lib/ && ldconfig"

CASES = {
    "apt": Case(
        "debian",
        (
            f"RUN apt-get update && apt-get install -y --no-install-recommends {' '.join(SMALL)}",
            f"RUN {PAGE} && {DRAWN}",
        ),
        ("{{ apt.install(vars.small) }}", f"RUN {PAGE} && {DRAWN} && {{{{ apt.clean() }}}}"),
        {
            "etc/machine-id": "machine-id",
            "var/lib/dbus/machine-id": "machine-id",
            "var/cache/apt/*": "apt-lists",
            "var/cache/fontconfig/*": "fontconfig-cache",
            "var/cache/ldconfig/aux-cache": "ldconfig-cache",
            "var/cache/man/*": "man-db",
            "var/log/apt/*": "package-logs",
            "var/log/dpkg.log": "package-logs",
        },
        ("apt.install()", "apt.clean()"),
    ),
    "dnf": Case(
        "fedora",
        (f"RUN dnf -y install {' '.join(f'{name}-{version}' for name, version in RPMS.items())}",),
        ("{{ dnf.install(vars.rpms) }}",),
        {
            "var/lib/dnf/*": "dnf-history",
            "var/lib/rpm/*": "rpm-database",
            "var/log/*": "package-logs",
        },
        ("dnf.install()",),
    ),
    "scriptlets": Case(
        "tools",
        (f"RUN mkdir /usr/share/fonts/own && fc-cache -f && {PAGE} && {DRAWN} && {LIBRARY}",),
        (f"RUN mkdir /usr/share/fonts/own && fc-cache -f && {PAGE} && {DRAWN} && {LIBRARY} && {{{{ dnf.clean() }}}}",),
        {
            "etc/machine-id": "machine-id",
            "var/lib/dbus/machine-id": "machine-id",
            "var/cache/fontconfig/*": "fontconfig-cache",
            "var/cache/ldconfig/aux-cache": "ldconfig-cache",
            "var/cache/man/*": "man-db",
        },
        ("dnf.install()", "clean()"),
    ),
    "pip": Case(
        "tools",
        (f"COPY {SDIST} /srv/", f"RUN {PIP}"),
        (f"COPY {SDIST} /srv/", f"RUN {PIP} && {{{{ pip.clean(bytecode=true) }}}}"),
        {
            "root/.cache/pip/*": "pip-cache",
            "usr/local/lib/python3*/__pycache__/own.*.pyc": "python-bytecode",
        },
        ("pip.install()", "pip.clean()"),
        {SDIST: _sdist()},
    ),
    "wheel": Case(
        "tools",
        (f"COPY {WHEEL} /srv/", f"RUN {PIP}"),
        (
            f"COPY {WHEEL} pins.txt /srv/",
            '{{ pip.install(requirements="/srv/pins.txt", links=["/srv"], bytecode=true) }}',
            '{{ pip.install({"own": "1.0"}, links=["/srv"]) }}',
        ),
        {"usr/local/lib/python3*/__pycache__/own.*.pyc": "python-bytecode"},
        ("pip.install()", "pip.clean()"),
        {WHEEL: BUILT, "pins.txt": f"own==1.0 --hash=sha256:{hashlib.sha256(BUILT).hexdigest()}\n"},
    ),
    "java": Case(
        "tools",
        ("COPY app /srv/app", "COPY own.pem /srv/", f"RUN {TRUST}", f"RUN {JAR}", f"RUN {DUMP}"),
        (
            "COPY app /srv/app",
            "COPY own.pem /srv/",
            'RUN {{ java.trust(["/srv/own.pem"]) }}',
            f'RUN {JAR} && {{{{ java.repack(["/srv/own.war"]) }}}}',
            'RUN {{ java.pack("/srv/fresh", "/srv/packed.war") }}',
            f"RUN {DUMP} && {{{{ java.clean() }}}}",
        ),
        {
            "etc/ssl/certs/java/cacerts": "java-key-store",
            "srv/own.war": "zip-times",
            "usr/lib/jvm/*/lib/server/classes.jsa": "java-class-data",
            "tmp/hsperfdata_root/*": "java-performance-data",
            "var/log/dpkg.log": "package-logs",
        },
        ("java.trust()", "java.pack()", "java.clean()", "clean()"),
        {"app/META-INF/MANIFEST.MF": "Manifest-Version: 1.0\n", "app/A": "a\n", "own.pem": OWN},
    ),
}
