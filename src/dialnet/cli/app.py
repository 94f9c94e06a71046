"""The click group: finds the commands, and turns what they raise into one line and an exit status."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

import click

from .process import FAILED, INTERRUPTED, OUTPUT_CLOSED, Failed, OutputClosed, end_on_signals, tell

__all__ = ["COMMANDS", "run"]

# Each is the module of that name beside this one, imported when it is asked for, with a `command` in it.
COMMANDS = ("cert", "dial", "interfaces", "listen", "lookup", "ping", "trace")


class Commands(click.Group):
    """A group whose commands are modules."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f".{cmd_name}", __package__).command
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        # Here and not around `main`: click takes any EPIPE that reaches it for a closed stdout.
        try:
            return super().invoke(ctx)
        except OutputClosed:
            return OUTPUT_CLOSED
        except (Failed, OSError) as err:
            tell(str(err))
            return FAILED
        except KeyboardInterrupt:
            return INTERRUPTED


def _print_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        # A fifth of the time that a command takes to start, and only this needs it.
        import importlib.metadata

        try:
            version = importlib.metadata.version("dialnet")
        except importlib.metadata.PackageNotFoundError:
            version = "(not installed)"
        click.echo(f"dialnet {version}")
        ctx.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Show it."
)
def dialnet() -> None:
    """Dial and listen, over every network dialnet knows, and look names up."""


def run(argv: Sequence[str] | None) -> int:
    """Run one command; the exit status."""
    end_on_signals()
    try:
        status = dialnet.main(argv, prog_name="dialnet", standalone_mode=False)
    except click.ClickException as err:
        err.show()
        return err.exit_code
    except click.Abort:
        return INTERRUPTED
    return status if isinstance(status, int) else 0
