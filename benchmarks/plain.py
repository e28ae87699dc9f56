"""Builds the project in the current folder as anybody may: its Dockerfiles, in order, by BuildKit's plain HTTP API.

No epoch is given, no time is rewritten, nothing is verified. Each image is built on its parent's ID, as forebear does
it: a tag alone would be looked up at its registry first.
"""

from __future__ import annotations

import io
import json
import os
import tarfile
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import docker

from forebear import api


def main() -> None:
    """Build all, four at once for each processor."""
    project = api.open_project(Path.cwd())
    done: dict[str, Future[str]] = {}
    with ThreadPoolExecutor(4 * (os.cpu_count() or 1)) as pool:
        for name in project.family.order:  # parents first, so that a thread that waits for one never waits in vain
            image = project.family.lineage.images[name]
            parent = done.get(image.base.image or "")
            base = project.pinned(image.base)
            done[name] = pool.submit(_built, image.reference.familiar, Path(image.context), base, parent)
    for future in done.values():
        future.result()


def _built(tag: str, folder: Path, base: str, parent: Future[str] | None) -> str:
    """Build one image when its parent is there; its ID."""
    text = (folder / "Dockerfile").read_text()
    if parent is not None:
        text = text.replace(f"FROM {base}", f"FROM {base}@{parent.result()}", 1)
    client = docker.APIClient(base_url=os.environ["DOCKER_HOST"], version="auto", timeout=900)
    url = f"{client.base_url}/v{client.api_version}/build"
    headers = {"Content-Type": "application/x-tar"}
    answer = client.post(url, params={"t": tag, "version": "2"}, data=_context(folder, text), headers=headers)
    records = [json.loads(line) for line in answer.text.splitlines()]
    failed = [record["errorDetail"]["message"] for record in records if "errorDetail" in record]
    if failed:
        raise SystemExit(f"{tag}: {failed[0]}")
    return next(str(record["aux"]["ID"]) for record in records if record.get("id") == "moby.image.id")


def _context(folder: Path, dockerfile: str) -> bytes:
    buffer = io.BytesIO()
    # GNU's format: an engine takes a tar that begins with PAX headers for a Dockerfile.
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        member = tarfile.TarInfo("Dockerfile")
        member.size = len(dockerfile.encode())
        archive.addfile(member, io.BytesIO(dockerfile.encode()))
        for path in sorted(folder.rglob("*")):
            if path.name != "Dockerfile":
                archive.add(path, str(path.relative_to(folder)), recursive=False)
    return buffer.getvalue()


if __name__ == "__main__":
    main()
