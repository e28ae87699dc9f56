"""The entry point: finds the command, and turns every error into words and an exit code."""

from __future__ import annotations

import gc
import os
import signal
import sys
from importlib import import_module
from itertools import takewhile
from keyword import iskeyword
from typing import TYPE_CHECKING, Final, NoReturn

import click

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

COMMANDS: Final = {
    "init": "Start a lineage in this folder.",
    "import": "Bring existing Dockerfiles under a lineage.",
    "render": "Write every Dockerfile from its template.",
    "graph": "Draw the tree of images.",
    "lock": "Fix the digest of every upstream in lineage.lock.",
    "outdated": "Tell of newer tags of upstreams, and of tags that moved.",
    "plan": "Tell what a build would do to each image, and why.",
    "build": "Build what has changed, in order: the cascade.",
    "test": "Run the gates of images that are built.",
    "audit": "Judge the pins of the lineage, or of any tree of files.",
    "doctor": "Tell what this engine can promise, and what is in the way.",
    "cut": "Set a new version of the family, or of a part of it.",
    "publish": "Push a release, all or nothing.",
    "verify": "Prove the ancestry of what is published.",
    "promote": "Copy a published release to another registry.",
    "prune": "Remove superseded images from the engine.",
    "reproduce": "Build images again, and tell how far they are the same.",
    "schema": "Print the JSON Schema of lineage.yml, or of a record.",
    "completion": "Print the completion script for a shell.",
}
"""The commands in the order of a day's work, with what each does. Each is a module of its own, loaded when used."""

DEFECT: Final = 70
INTERRUPTED: Final = 130


class Commands(click.Group):
    """The group of all commands; `--help` loads none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, in order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one; None where there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"forebear.cli.{cmd_name}{'_' * iskeyword(cmd_name)}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one may have been meant."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, 1)
            hint = f'; did you mean "{near[0]}"?' if near else "; see: forebear --help"
            raise click.UsageError(f'there is no command "{args[0]}"{hint}')
        return super().resolve_command(ctx, args)


def _version(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value:
        from importlib.metadata import version

        click.echo(f"forebear {version('forebear')}")
        ctx.exit()


@click.group(
    cls=Commands,
    invoke_without_command=True,
    subcommand_metavar="COMMAND [ARGS]...",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("-C", "directory", metavar="DIR", help="Work as if started in DIR.")
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print the version."
)
@click.pass_context
def forebear(ctx: click.Context, directory: str | None) -> None:
    """Manage the ancestry of container images.

    lineage.yml declares which images a team owns, what each inherits from and at which version.

    \b
    Examples:
      forebear graph             the tree of images
      forebear plan              what a build would do, and why
      forebear build +webapp     build webapp, and what it is built on
    """  # noqa: D301 - click reads \b
    ctx.obj = directory
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(2)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line, and exit."""
    # Short-lived processes that import much: collecting garbage costs a tenth of the time and frees nothing.
    gc.disable()
    # The models here are forebear's own: plugins of other packages are neither looked for nor let in.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    signal.signal(signal.SIGTERM, _interrupt)
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code."""
    try:
        code = forebear.main(args=arguments, prog_name="forebear", standalone_mode=False)
    except click.ClickException as error:
        return _misused(error, sys.argv[1:] if arguments is None else arguments)
    except (KeyboardInterrupt, click.Abort):
        return _say("interrupted; what was done is kept, the next run carries on", INTERRUPTED)
    except SystemExit as error:  # what click makes of a reader that went away
        return error.code if isinstance(error.code, int) else DEFECT
    except Exception as error:
        return _defect(error)
    return code if isinstance(code, int) else 0


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _say(message: str, code: int) -> int:
    click.echo(f"forebear: {message}", err=True)
    return code


def _misused(error: click.ClickException, arguments: Sequence[str]) -> int:
    from forebear.cli.failure import misuse

    return misuse(error.format_message(), as_json="--json" in takewhile(lambda word: word != "--", arguments))


def _defect(error: Exception) -> int:
    from forebear.cli.failure import defect

    defect(error)
    return DEFECT
