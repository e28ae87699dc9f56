from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from .shell import Shell


def test_import(shell: Shell, tmp_path: Path) -> None:
    for name, text in {
        "base": "FROM debian:12\n",
        "node20": "FROM acme/base:1.0.0\nENV NODE 20\n",
        "node22": "FROM acme/base:1.0.0\nENV NODE 22\n",
        "floating": "FROM debian\n",
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "Dockerfile").write_text(text)
    (tmp_path / "node22" / "Dockerfile").write_bytes(b"FROM acme/base:1.0.0\r\nENV NODE 22\r\n")
    (tmp_path / "compose.yml").write_text("services: {db: {build: db}, base: {build: base}}\n")
    assert shell("import", ".", "--dry-run").code == 1
    assert not (tmp_path / "lineage.yml").exists()
    shell("import", ".", "--json")
    shell("import", ".")
    shell("import", "nowhere")
    shell("graph")
    shell("render", "--check")
    shell("import", "floating")
    shell.note(f"lineage.yml\n{(tmp_path / 'lineage.yml').read_text()}")
    shell.check("import")
