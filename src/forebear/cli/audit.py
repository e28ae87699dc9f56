"""`forebear audit`: judge the pins of the lineage, or of any tree of files."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from forebear.cli.common import common, open_project
from forebear.cli.reporting import Reporting, reporting, tell

if TYPE_CHECKING:
    from forebear.api import Report
    from forebear.cli.console import Console
    from forebear.pins.audit.settings import Settings


@click.command(
    "audit",
    help="""Judge every image that files name, and what else makes a build float: by fixed rules, without a network.

Without a PATH it is the lineage that is judged: what lineage.yml declares, what is rendered and locked, and with
--engine what is built. PATHs are files or folders. The exit code is 1 where something is found that counts.

\b
Examples:
  forebear audit                         the lineage
  forebear audit --engine                and the images that the engine has of it
  forebear audit .                       everything below this folder
  forebear audit docker/ compose.yml     a folder, and a file
  forebear audit . --baseline audit.json --write-baseline
  forebear audit . --format sarif -o audit.sarif
  forebear audit . --fix                 write the digests that tags have today""",
)
@click.argument("path", nargs=-1, metavar="[PATH]...")
@click.option(
    "--engine", is_flag=False, flag_value="", metavar="[URL]", help="Judge what an engine has of the lineage, too."
)
@click.option("--config", metavar="FILE", help="Take the settings from FILE.  [.forebear-audit.yml]")
@click.option("--fail-on", type=click.Choice(["error", "warning", "note"]), help="The least severity that counts.")
@click.option("--baseline", metavar="FILE", help="Do not tell what FILE holds; tell what it holds in vain.")
@click.option("--write-baseline", is_flag=True, help="Write FILE; of one that is there, remove what it holds in vain.")
@click.option("--rules", is_flag=True, help="List the rules.")
@reporting
@common
def command(
    console: Console,
    path: tuple[str, ...],
    wanted: Reporting,
    *,
    engine: str | None,
    config: str | None,
    fail_on: str | None,
    baseline: str | None,
    write_baseline: bool,
    rules: bool,
) -> int:
    """Audit."""
    if rules:
        return _rules(console)
    if write_baseline and baseline is None:
        raise click.UsageError("--write-baseline goes with --baseline FILE")
    if path and engine is not None:
        raise click.UsageError("--engine goes with the lineage; leave out the PATHs")
    from forebear import api
    from forebear.pins.audit.model import Severity

    start = console.start if path else open_project(console.start).workspace.root
    settings = api.audit_settings(start, path, config and os.path.relpath(console.start / config, start))
    if fail_on is not None:
        settings = replace(settings, fail_on=Severity(fail_on))

    def audit() -> Report:
        report = _audit(console, path, engine, settings)
        if baseline is None:
            return report
        file = os.path.relpath(console.start / baseline, start)
        return api.compare_baseline(report, start, file, settings, path, write=write_baseline)

    return tell(console, wanted, audit)


def _audit(console: Console, path: tuple[str, ...], engine: str | None, settings: Settings) -> Report:
    from forebear import api

    if path:
        return api.audit_files(console.start, path, settings, jobs=os.cpu_count() or 1)
    connected = None if engine is None else api.connect(engine or None)
    return api.audit_lineage(open_project(console.start), connected, settings)


def _rules(console: Console) -> int:
    from forebear import api

    rules = api.audit_rules()
    width = max(len(rule.name) for rule in rules)
    for rule in rules:
        console.result(f"{rule.code}  {rule.name:<{width}}  {rule.severity:<7}  {rule.summary}")
    body = [
        {
            "code": rule.code,
            "rule": rule.name,
            "severity": rule.severity,
            "summary": rule.summary,
            "why": rule.why,
            "mend": rule.mend,
        }
        for rule in rules
    ]
    console.document("forebear.rules/1", {"rules": body})
    return 0
