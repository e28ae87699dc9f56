"""Publishing to registries that cannot, or will not: clear errors, and nothing is visible."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest
import requests
from conftest import CHOSEN
from engines import Registry
from passwords import PASSWORD, USER
from shops import CHAIN, Shop
from tokens import certify, tokens_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from engines import Engine

ANN = "ann:$2b$04$.mW3pk2JTdcxlwG9v0CgCueBcuXqFR.mBjghdNfZoF4Kp.htRMfiy"  # whose password is "word"


@pytest.fixture(scope="module")
def engine(engines: Callable[[str], Engine]) -> Engine:
    """One engine: what is tested here is the way to the registry."""
    return engines(CHOSEN[0])


@contextmanager
def running(registry: Registry) -> Iterator[Registry]:
    registry.start()
    try:
        yield registry
    finally:
        registry.stop()


def test_a_read_only_registry(shop: Shop, tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    config = tmp_path / "config.yml"
    config.write_text(config.read_text().replace("  delete:", "  maintenance: {readonly: {enabled: true}}\n  delete:"))
    with running(registry):
        shop.stock(registry.address)
        said = shop.refused()
    assert f"{registry.address} answers 405 to PUT" in said
    assert "this registry does not allow that" in said


def test_a_registry_with_a_full_disk(shop: Shop, tmp_path: Path) -> None:
    storage = tmp_path / "storage"
    storage.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", storage], check=True)
    try:
        with running(Registry(tmp_path)) as registry:
            shop.stock(registry.address)
            with suppress(OSError), (storage / "filler").open("wb", buffering=0) as filler:
                while True:
                    filler.write(b"0" * 1024)
            said = shop.refused()
            subprocess.run(["mount", "-o", "remount,size=4m", storage], check=True)
            shop.family.forebear("publish")
            assert shop.complete()
    finally:
        subprocess.run(["umount", storage], check=True)
    assert f"{registry.address} answers 500 to PUT" in said
    assert "ask who runs it" in said


def test_a_wrong_password(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "htpasswd").write_text(ANN)
    with running(Registry(tmp_path, f"auth: {{htpasswd: {{realm: r, path: {tmp_path}/htpasswd}}}}\n")) as registry:
        shop.stock(registry.address)
        shop.family.log_in(registry.address, "ann", "not-her-word")
        said = shop.refused()
        assert f"{registry.address} answers 401" in said
        assert f"run: docker login {registry.address}" in said
        assert "not-her-word" not in said
        shop.family.log_in(registry.address, "ann", "word")
        shop.family.forebear("publish")
        assert all(map(shop.has, CHAIN))


def test_tokens_that_have_run_out(shop: Shop, tmp_path: Path) -> None:
    """All of them; and those alone that the engine gets, which comes later."""
    with tokens_in(tmp_path) as tokens, running(Registry(tmp_path, tokens.configuration)) as registry:
        shop.stock(registry.address)
        shop.family.log_in(registry.address, USER, PASSWORD)
        tokens.stale = 10**6
        said = shop.refused()
        assert f"{registry.address} answers 401" in said
        assert f"run: docker login {registry.address}" in said
        tokens.stale, tokens.engines_stale = 0, True
        said = shop.refused()
        assert f"while pushing {registry.address}/" in said
        assert "unauthorized" in said
        assert "docker login" in said
        tokens.engines_stale = False
        shop.family.forebear("publish")
        assert all(map(shop.has, CHAIN))


class Encrypted(Registry):
    """A registry on an address of this machine that is none of the loopback, with a certificate that nobody knows."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.host = subprocess.run(["hostname", "-I"], check=True, capture_output=True, text=True).stdout.split()[0]
        self.certificate, key = folder / "certificate.pem", folder / "key.pem"
        certify(key, self.certificate, "-addext", f"subjectAltName=IP:{self.host}")
        tls = f'"{self.host}:{self._port}", tls: {{certificate: {self.certificate}, key: {key}}}'
        self._config.write_text(self._config.read_text().replace(f'"127.0.0.1:{self._port}"', tls))

    @property
    def address(self) -> str:
        return f"{self.host}:{self._port}"

    def _answers(self) -> bool:
        try:
            return requests.get(f"https://{self.address}/v2/", verify=str(self.certificate), timeout=5).ok
        except requests.ConnectionError:
            return False


def test_a_certificate_that_nobody_knows(shop: Shop, tmp_path: Path) -> None:
    """Neither forebear; nor the engine, where forebear does."""
    with running(registry := Encrypted(tmp_path)):
        shop.stock(registry.address)
        said = shop.refused()
        assert f"the registry {registry.address} cannot be reached: its certificate is not trusted" in said
        assert "REQUESTS_CA_BUNDLE" in said
        shop.family.environment["REQUESTS_CA_BUNDLE"] = str(registry.certificate)
        said = shop.refused()
        assert f"while pushing {registry.address}/" in said
        assert "certificate" in said
        assert "/etc/docker/certs.d" in said
