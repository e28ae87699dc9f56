"""The fixtures give what they promise: real engines, each of its own kind, a base image, a registry."""

from __future__ import annotations

import http.server
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Iterator

    import docker
    from engines import Engine, Registry


@contextmanager
def container(client: docker.APIClient, image: str, command: str, **options: Any) -> Iterator[str]:
    """A running container of `command`, for sh; its ID."""
    made = client.create_container(image, ["sh", "-c", command], **options)["Id"]
    try:
        client.start(made)
        yield made
    finally:
        client.remove_container(made, force=True)


def test_an_engine_has_the_store_of_its_name(engine: Engine, client: docker.APIClient) -> None:
    details = dict(client.info()["DriverStatus"])
    by_containerd = details.get("driver-type") == "io.containerd.snapshotter.v1"
    assert by_containerd == engine.name.endswith("-containerd")


def test_containers_of_the_base_image_run(client: docker.APIClient, busybox_base: str) -> None:
    with container(client, busybox_base, "echo $((6 * 7))") as made:
        assert client.wait(made)["StatusCode"] == 0
        assert client.logs(made) == b"42\n"


def test_a_port_is_published_on_the_loopback(client: docker.APIClient, busybox_base: str) -> None:
    config = client.create_host_config(port_bindings={80: ("127.0.0.1", None)})
    command = "mkdir /www && echo hello >/www/index.html && exec httpd -f -h /www"
    with container(client, busybox_base, command, ports=[80], host_config=config) as made:
        port = client.inspect_container(made)["NetworkSettings"]["Ports"]["80/tcp"][0]["HostPort"]
        assert _fetched(f"http://127.0.0.1:{port}/") == "hello\n"


def _fetched(address: str) -> str:
    for _ in range(100):
        try:
            return requests.get(address, timeout=5).text
        except requests.ConnectionError:
            time.sleep(0.05)
    return pytest.fail(f"nothing answers at {address}")


class Greeter(http.server.BaseHTTPRequestHandler):
    """Says hello to whoever asks."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello from the host\n")

    def log_message(self, *args: object) -> None:
        pass


@pytest.mark.parametrize("network", ["bridge", "own"])
def test_containers_reach_the_host(client: docker.APIClient, busybox_base: str, project: str, network: str) -> None:
    if network == "own":
        network = client.create_network(project)["Id"]
    gateway = client.inspect_network(network)["IPAM"]["Config"][0]["Gateway"]
    try:
        with http.server.HTTPServer((gateway, 0), Greeter) as server:
            threading.Thread(target=server.handle_request).start()
            config = client.create_host_config(network_mode=network)
            command = f"wget -q -O - http://{gateway}:{server.server_port}/"
            with container(client, busybox_base, command, host_config=config) as made:
                client.wait(made)
                assert client.logs(made) == b"hello from the host\n"
    finally:
        if network != "bridge":
            client.remove_network(network)


def test_a_registry_takes_an_image_and_gives_it_back(
    client: docker.APIClient, busybox_base: str, registry: Registry, project: str
) -> None:
    repository = f"{registry.address}/{project}/one"
    client.tag(busybox_base, repository, "1")
    assert "errorDetail" not in client.push(repository, "1")
    client.remove_image(f"{repository}:1")
    assert "errorDetail" not in client.pull(repository, "1")
    assert client.inspect_image(f"{repository}:1")["Config"]["Cmd"] == ["/bin/sh"]
