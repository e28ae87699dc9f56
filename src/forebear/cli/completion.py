"""`forebear completion`: the completion script for a shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from click.shell_completion import get_completion_class

from forebear.cli.common import common

if TYPE_CHECKING:
    from forebear.cli.console import Console


@click.command(
    "completion",
    help="""Print the script that lets a shell complete commands, options and the names of images.

\b
Examples:
  forebear completion bash > ~/.local/share/bash-completion/completions/forebear
  forebear completion zsh > ~/.zfunc/_forebear
  forebear completion fish > ~/.config/fish/completions/forebear.fish""",
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@common
def command(_console: Console, shell: str) -> int:
    """Print it."""
    from forebear.cli.main import forebear

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"there is no completion for {shell}")
    click.echo(kind(forebear, {}, "forebear", "_FOREBEAR_COMPLETE").source())
    return 0
