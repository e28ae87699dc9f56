"""tools/engine by hand: what it prints, and that nothing that died or was left behind is in its way."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from engines import TOOL, Engine, load_base

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Ended = subprocess.CompletedProcess[str]
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("DOCKER_")}
SHOW_HOST = ("run", "sh", "-c", 'echo "$DOCKER_HOST"')


def ended(command: list[str | Path], **variables: str) -> Ended:
    """`command`, run to its end with nothing of Docker in its environment but `variables`."""
    environment = {**ENVIRONMENT, **variables}
    return subprocess.run(command, check=False, capture_output=True, text=True, env=environment, timeout=300)


def tool(*arguments: str | Path, **variables: str) -> Ended:
    """tools/engine, run to its end."""
    return ended([TOOL, *arguments], **variables)


def done(*arguments: str | Path, **variables: str) -> str:
    """What tools/engine prints when it succeeds."""
    end = tool(*arguments, **variables)
    assert end.returncode == 0, end.stderr
    return end.stdout


def daemons(folder: Path) -> list[int]:
    """The numbers of the dockerd processes of the engine in `folder`."""
    return [int(number) for number in ended(["pgrep", "-f", f"^dockerd .*{folder}/daemon.json"]).stdout.split()]


def kill(folder: Path) -> None:
    """Kill the engine in `folder` as the kernel would that is out of memory."""
    for daemon in daemons(folder):
        os.kill(daemon, signal.SIGKILL)
    until(lambda: not daemons(folder))


def until(true: Callable[[], object], seconds: float = 10) -> None:
    """Wait until the call gives something true."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for an engine; the engine is ended and its data removed afterwards."""
    folder = tmp_path_factory.mktemp("engine")
    yield folder
    kill(folder)  # a polite end takes a second
    done("stop", "--dir", folder, "--purge")


@pytest.fixture
def started(folder: Path) -> Path:
    """The folder of a running engine."""
    done("start", "--dir", folder)
    return folder


def test_start_prints_the_socket_and_is_content_with_an_engine_that_runs(folder: Path) -> None:
    first = done("start", "--dir", folder)
    running = daemons(folder)
    assert first == done("start", "--dir", folder) == f"{folder}/docker.sock\n"
    assert len(running) == 1
    assert daemons(folder) == running


def test_status_tells_what_runs(started: Path) -> None:
    running = done("status", "--dir", started)
    assert running.startswith(f"{started} (release, overlay2): running, engine ")
    assert running.endswith(f", store overlay2, unix://{started}/docker.sock\n")
    done("stop", "--dir", started)
    stopped = tool("status", "--dir", started)
    assert (stopped.returncode, stopped.stdout) == (1, f"{started} (release, overlay2): stopped\n")


def test_env_gives_a_client_that_understands_the_engine(started: Path) -> None:
    script = 'eval "$("$1" env --dir "$2")"; docker version --format "{{.Client.Version}} {{.Server.Version}}"'
    client, server = ended(["sh", "-c", script, "sh", TOOL, started]).stdout.split()
    assert client == server


def test_env_of_an_engine_that_does_not_run_says_how_to_start_it(folder: Path) -> None:
    end = tool("env", "--dir", folder)
    assert (end.returncode, end.stdout) == (4, "")
    assert "does not run; start it first: tools/engine start" in end.stderr


def test_stop_is_content_with_an_engine_that_does_not_run_and_purge_removes_all(started: Path) -> None:
    done("stop", "--dir", started)
    done("stop", "--dir", started)
    assert not daemons(started)
    assert (started / "data").is_dir()
    done("stop", "--dir", started, "--purge")
    assert not started.exists()
    assert f"alias {started}" not in ended(["ip", "link"]).stdout


def test_what_a_dead_engine_left_behind_is_in_nobodys_way(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(folder / "docker.sock"))
    for pidfile in (folder / "run/dockerd.pid", folder / "run/containerd/containerd.pid"):
        pidfile.parent.mkdir(parents=True)
        pidfile.write_text(str(os.getpid()))
    done("start", "--dir", folder)
    assert "running" in done("status", "--dir", folder)


def test_a_killed_engine_takes_its_containers_with_it_and_keeps_its_images(started: Path) -> None:
    engine = Engine("release-overlay2", f"unix://{started}/docker.sock")
    with engine.client() as client:
        client.start(client.create_container(load_base(client), ["sleep", "54321"]))
    assert ended(["pgrep", "-fx", "sleep 54321"]).stdout
    kill(started)
    until(lambda: not ended(["pgrep", "-fx", "sleep 54321"]).stdout)
    assert tool("status", "--dir", started).returncode == 1
    done("start", "--dir", started)
    with engine.client() as client:
        assert [image["RepoTags"] for image in client.images()] == [["base:1"]]


def test_of_starts_at_the_same_moment_one_starts_it(folder: Path) -> None:
    command = [str(TOOL), "start", "--dir", str(folder)]
    starts = [subprocess.Popen(command, stdout=subprocess.DEVNULL, env=ENVIRONMENT) for _ in range(4)]
    assert [start.wait(60) for start in starts] == [0, 0, 0, 0]
    assert len(daemons(folder)) == 1


@pytest.mark.parametrize("seconds", [0.05, 0.15, 0.25])
def test_a_start_that_was_killed_is_in_nobodys_way(folder: Path, seconds: float) -> None:
    command = [str(TOOL), "start", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=ENVIRONMENT) as start:
        time.sleep(seconds)
        start.kill()
    done("start", "--dir", folder)
    assert len(daemons(folder)) == 1


def test_run_starts_an_engine_for_a_command_and_stops_it(folder: Path) -> None:
    end = tool("run", "--dir", folder, "--", "sh", "-c", 'echo "$DOCKER_HOST"; exit 7')
    assert (end.returncode, end.stdout) == (7, f"unix://{folder}/docker.sock\n")
    assert not daemons(folder)


def test_run_leaves_an_engine_that_was_started_by_hand(started: Path) -> None:
    done("run", "--dir", started, "true")
    assert len(daemons(started)) == 1


def test_an_engine_that_run_started_ends_with_its_last_user(folder: Path) -> None:
    command = [str(TOOL), "run", "--dir", str(folder), "--", "cat"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=ENVIRONMENT) as other:
        until((folder / "docker.sock").exists)
        done("run", "--dir", folder, "true")
        assert len(daemons(folder)) == 1
        other.communicate()
    assert not daemons(folder)


def test_a_terminated_run_ends_its_command_and_its_engine(folder: Path) -> None:
    command = [str(TOOL), "run", "--dir", str(folder), "--", "sh", "-c", "echo ready; exec sleep 100"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=ENVIRONMENT) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == b"ready\n"
        run.terminate()
        assert run.wait(60) == 128 + signal.SIGTERM
    assert not daemons(folder)


def test_run_takes_the_engine_that_docker_host_names(started: Path) -> None:
    host = f"unix://{started}/docker.sock"
    assert done(*SHOW_HOST, DOCKER_HOST=host) == f"{host}\n"


def test_run_takes_the_engine_of_the_active_context(started: Path, tmp_path: Path) -> None:
    host = f"unix://{started}/docker.sock"
    meta = tmp_path / "contexts/meta" / sha256(b"mine").hexdigest() / "meta.json"
    meta.parent.mkdir(parents=True)
    meta.write_text(json.dumps({"Name": "mine", "Endpoints": {"docker": {"Host": host}}}))
    assert done(*SHOW_HOST, DOCKER_CONFIG=str(tmp_path), DOCKER_CONTEXT="mine") == f"{host}\n"
    (tmp_path / "config.json").write_text(json.dumps({"currentContext": "mine"}))
    assert done(*SHOW_HOST, DOCKER_CONFIG=str(tmp_path)) == f"{host}\n"


def test_run_does_not_replace_an_engine_that_was_named(tmp_path: Path) -> None:
    host = f"unix://{tmp_path}/none.sock"
    end = tool("run", "true", DOCKER_HOST=host)
    assert end.returncode == 4
    assert end.stderr.startswith(f"tools/engine: DOCKER_HOST: no engine answers at {host} (")
    end = tool("run", "true", DOCKER_CONFIG=str(tmp_path), DOCKER_CONTEXT="mine")
    assert end.returncode == 4
    assert end.stderr == f"tools/engine: docker's context mine is not in {tmp_path}; see `docker context ls`\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["start", "--engine", "newest"], "invalid choice: 'newest' (choose from"),
        (["start", "--store", "zfs"], "invalid choice: 'zfs' (choose from"),
        (["run"], "run: which command? For example: tools/engine run docker info"),
        (["begin"], "invalid choice: 'begin' (choose from"),
        (["start", "--dir", "/tmp/" + 100 * "x"], "38 bytes too long for unix sockets; give a shorter --dir"),
    ],
)
def test_a_bad_command_line_is_told(arguments: list[str], message: str) -> None:
    end = tool(*arguments)
    assert end.returncode == 2
    assert message in end.stderr


def test_another_engine_in_the_folder_is_not_taken_for_the_one_asked_for(started: Path) -> None:
    end = tool("start", "--dir", started, "--store", "containerd")
    assert end.returncode == 2
    assert "wanted the store containerd, got engine" in end.stderr
    assert len(daemons(started)) == 1


def test_an_engine_that_lost_its_network_is_not_taken_for_a_good_one(started: Path) -> None:
    bridge = json.loads((started / "daemon.json").read_text())["bridge"]
    assert ended(["ip", "link", "delete", bridge]).returncode == 0
    end = tool("start", "--dir", started)
    assert end.returncode == 4
    assert "somebody removed this engine's network; stop it and start it again" in end.stderr


def test_the_log_tells_why_an_engine_did_not_start(folder: Path) -> None:
    (folder / "data").write_text("a file where the daemon wants a folder")
    end = tool("start", "--dir", folder)
    assert end.returncode == 4
    assert f"the last lines of {folder}/dockerd.log:\n" in end.stderr
    assert f"'{folder}/data'" in end.stderr


def test_starting_without_root_is_told(folder: Path) -> None:
    for arguments in (["start"], ["stop"], ["run", "true"]):
        end = ended(["unshare", "--user", TOOL, arguments[0], "--dir", folder, *arguments[1:]])
        assert end.returncode == 4
        assert end.stderr.startswith("tools/engine: a private engine needs root; run this as root, or set DOCKER_HOST")


def test_a_machine_without_debians_packages_is_told(folder: Path, tmp_path: Path) -> None:
    """In a mount namespace, this machine is made one that is not Debian and has no engine."""
    script = f"""
        set -e
        mount -t tmpfs tmpfs {tmp_path}
        for path in etc usr/sbin; do
            over={tmp_path}/$path
            mkdir -p $over/upper $over/work
            mount -t overlay -o lowerdir=/$path,upperdir=$over/upper,workdir=$over/work overlay /$path
        done
        rm /etc/debian_version /usr/sbin/dockerd
        exec {TOOL} start --dir {folder}
    """
    end = ended(["unshare", "--mount", "sh", "-c", script])
    assert end.returncode == 4
    assert end.stderr.startswith("tools/engine: these packages are missing: docker.io; only on Debian can they")


@pytest.mark.parametrize("name", ["old.list", "new.sources"])
def test_the_mirror_is_the_one_that_apt_is_configured_with(tmp_path: Path, name: str) -> None:
    """Both forms of apt's configuration are read; the mirror in them is this machine's own."""

    def mirror(**variables: str) -> str:
        python = [sys.executable, "-B", "-c", "import debian; print(debian._mirror())"]
        end = ended([*python], PYTHONPATH=f"{TOOL}.d", **variables)
        assert end.returncode == 0, end.stderr
        return end.stdout.strip()

    own = mirror()
    codename = ended(["sh", "-c", ". /etc/os-release; echo $VERSION_CODENAME"]).stdout.strip()
    texts = {
        "old.list": f"# a comment\ndeb [trusted=yes] {own} {codename} main contrib\n",
        "new.sources": f"Types: deb deb-src\nURIs: {own}\nSuites: {codename}\nComponents: main\n",
    }
    (tmp_path / name).write_text(texts[name])
    (tmp_path / "apt.conf").write_text(f'Dir::Etc::SourceList "/dev/null";\nDir::Etc::SourceParts "{tmp_path}";\n')
    assert mirror(APT_CONFIG=str(tmp_path / "apt.conf")) == own
