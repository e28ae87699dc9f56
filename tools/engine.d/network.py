"""A bridge and subnets of an engine's own, so that several engines live on one machine.

Each daemon that manages iptables removes the chains of the others when it starts. The private engines
therefore run with iptables off: their containers get out by the three rules here, and ports are published
by docker-proxy.
"""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

from errors import EngineError

if TYPE_CHECKING:
    from pathlib import Path

ENGINES = 32  # as many as 10.213.0.0/16 has parts of a /21: a /24 for the bridge, a /22 for other networks


class Network:
    """One engine's part of the address space; `number` counts from 0."""

    def __init__(self, number: int) -> None:
        first = 8 * number
        self.bridge = f"forebear{number}"
        self.whole = f"10.213.{first}.0/21"
        self.gateway = f"10.213.{first}.1/24"
        self.pool = f"10.213.{first + 4}.0/22"

    def rules(self) -> list[list[str]]:
        """Rules of iptables, as table, chain and the rest: containers reach out, and answers come back."""
        return [
            ["nat", "POSTROUTING", "-s", self.whole, "!", "-d", self.whole, "-j", "MASQUERADE"],
            ["filter", "FORWARD", "-s", self.whole, "-j", "ACCEPT"],
            ["filter", "FORWARD", "-d", self.whole, "-j", "ACCEPT"],
        ]


def find(owner: Path) -> Network | None:
    """The network of the engine in the folder `owner`, if it is there."""
    links = {link["ifname"]: link for link in json.loads(_run("ip", "-json", "link", "show"))}
    for network in map(Network, range(ENGINES)):
        if links.get(network.bridge, {}).get("ifalias") == str(owner):
            return network
    return None


def raise_for(owner: Path) -> Network:
    """The network of the engine in the folder `owner`, its bridge up and its rules set; idempotent."""
    network = find(owner) or _claim(owner)
    addresses = json.loads(_run("ip", "-json", "-4", "addr", "show", "dev", network.bridge))
    if not addresses or not addresses[0].get("addr_info"):
        _run("ip", "addr", "add", network.gateway, "dev", network.bridge)
    _run("ip", "link", "set", network.bridge, "up")
    for rule in network.rules():
        if not _has(rule):
            _iptables("-I", rule)
    return network


def remove_for(owner: Path) -> None:
    """Remove the network of the engine in `owner`; nothing to do is success."""
    network = find(owner)
    if network is None:
        return
    for rule in network.rules():
        while _has(rule):
            _iptables("-D", rule)
    _run("ip", "link", "delete", network.bridge)


def _claim(owner: Path) -> Network:
    for network in map(Network, range(ENGINES)):
        made = _try("ip", "link", "add", network.bridge, "type", "bridge")
        if made.returncode == 0:
            _run("ip", "link", "set", network.bridge, "alias", str(owner))
            return network
        if "File exists" not in made.stderr:
            raise EngineError(f"no bridge for the engine's network: {made.stderr.strip()}")
    raise EngineError(f"all {ENGINES} bridges are taken (ip link show type bridge); stop an engine")


def _has(rule: list[str]) -> bool:
    table, chain, *rest = rule
    return _try("iptables", "-w", "-t", table, "-C", chain, *rest).returncode == 0


def _iptables(action: str, rule: list[str]) -> None:
    table, chain, *rest = rule
    _run("iptables", "-w", "-t", table, action, chain, *rest)


def _run(*command: str) -> str:
    done = _try(*command)
    if done.returncode != 0:
        raise EngineError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def _try(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=False, capture_output=True, text=True)
