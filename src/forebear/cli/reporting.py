"""How an audit is told: the form, the file that it goes to, and what --fix does before."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from functools import wraps
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from forebear.api import Fixes, Report
    from forebear.cli.console import Console

FORMS: Final = ("table", "json", "sarif", "junit", "github")


@dataclass(frozen=True, slots=True)
class Reporting:
    """What the options say."""

    form: str
    output: str | None
    fix: bool
    dry_run: bool


def reporting(function: Callable[..., int]) -> Callable[..., int]:
    """Give a command the options of a report; it gets them as `wanted`."""

    @click.option(
        "--format", "form", type=click.Choice(FORMS), default="table", help="How to tell it: table, if unsaid."
    )
    @click.option("-o", "--output", metavar="FILE", help="Write it to FILE instead.")
    @click.option("--fix", is_flag=True, help="Put the digests of today behind tags; asks the registries for them.")
    @click.option("--dry-run", is_flag=True, help="With --fix: write nothing; show what would change, as a diff.")
    @wraps(function)
    def wrapped(*arguments: Any, form: str, output: str | None, fix: bool, dry_run: bool, **rest: Any) -> int:
        if dry_run and not fix:
            raise click.UsageError("--dry-run goes with --fix")
        return function(*arguments, wanted=Reporting(form, output, fix, dry_run), **rest)

    return wrapped


def tell(console: Console, wanted: Reporting, audit: Callable[[], Report]) -> int:
    """Audit, fix what is asked for, and tell what is left; the exit code."""
    from forebear import api
    from forebear.cli.findings import summary

    form = "json" if console.as_json and wanted.form == "table" else wanted.form
    if console.as_json and form != "json":
        raise click.UsageError(f"--json and --format {form} say different things")
    console = replace(console, as_json=form == "json")
    report, fixes = audit(), api.Fixes((), ())
    if wanted.fix:
        resolve = api.digests_of_today(console.start)
        fixes = api.fix(console.start, report.findings, resolve, write=not wanted.dry_run)
        _tell_fixes(console, fixes, wanted)
        report = fixes.in_report(report) if wanted.dry_run or not fixes.files else audit()
    _write(console, wanted, _text(console, form, report, fixes, wanted))
    console.note(summary(report))
    return 1 if report.failed else 0


def _tell_fixes(console: Console, fixes: Fixes, wanted: Reporting) -> None:
    done = "would get" if wanted.dry_run else "got"
    for each in fixes.files:
        count = len({finding.edit for finding in each.findings})
        console.note(f"{each.path} {done} {count} digest{'' if count == 1 else 's'}")
    for one in fixes.left:
        use = one.finding.use
        console.note(f"{one.finding.place}: {use.text if use else ''} is left as it is: {one.reason}")


def _text(console: Console, form: str, report: Report, fixes: Fixes, wanted: Reporting) -> str | None:
    """The report, None where it can be printed as it comes."""
    from forebear import api

    if form not in {"table", "json"}:
        return api.export_report(report, form)
    if wanted.output is None:
        _print(console, report, fixes, wanted)
        return None
    with redirect_stdout(io.StringIO()) as text:
        _print(console, report, fixes, wanted)
    return text.getvalue()


def _print(console: Console, report: Report, fixes: Fixes, wanted: Reporting) -> None:
    from forebear.cli.findings import document, entry, show

    for each in fixes.files if wanted.dry_run else ():
        console.diff(each.diff)
        console.result()
    show(console, report.findings)
    fixed = [{"file": each.path, "digests": len(each.findings), "diff": each.diff} for each in fixes.files]
    left = [{**entry(each.finding), "reason": each.reason} for each in fixes.left]
    console.document("forebear.audit/1", {**document(report), "fixed": fixed, "left": left})


def _write(console: Console, wanted: Reporting, text: str | None) -> None:
    from forebear.workspace import Workspace

    if text is None:
        return
    if wanted.output is None:
        click.echo(text.encode(), nl=False)
        return
    path = console.start / wanted.output
    Workspace(path.parent).write(path.name, text.encode())
    console.note(f"written to {wanted.output}")
