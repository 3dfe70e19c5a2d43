"""The command line: one click group whose commands are imported when they are called, so that help is instant."""

from __future__ import annotations

import sys
from importlib import import_module

import click

COMMANDS = {
    "scenarios": ("sim.cli.files", "What ships, one line each."),
    "show": ("sim.cli.files", "Every parameter of a scenario: value, unit, range, source."),
    "new": ("sim.cli.files", "A commented scenario file to start from."),
    "check": ("sim.cli.files", "Check scenario and experiment files without running them."),
    "run": ("sim.cli.running", "One organisation: its stages, its outcome and a sentence."),
    "compare": ("sim.cli.running", "Two scenarios under the same luck: paired differences with intervals."),
    "sweep": ("sim.cli.sweeping", "Run an experiment; goes on where it was interrupted."),
    "claims": ("sim.cli.claims", "What the model says of the sources' claims, each with a verdict."),
    "calibrate": (
        "sim.cli.calibrate",
        "Coefficients fitted to field patterns, and which patterns are missed.",
    ),
    "status": ("sim.cli.results", "What of an experiment is done, failed and missing."),
    "replay": ("sim.cli.results", "One run of an experiment again, exactly."),
    "export": ("sim.cli.results", "An experiment's results as CSV or Parquet."),
    "plot": ("sim.cli.plotting", "The figures of an experiment's results."),
    "browse": ("sim.cli.browsing", "Tweak one organisation in the browser."),
}


class Commands(click.Group):
    """The commands of `COMMANDS`, each imported from its module on call."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of a first afternoon."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(COMMANDS[cmd_name][0]), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's, but with the nearest known name where there is none."""
        if args and args[0] not in COMMANDS:
            from sim.errors import nearest_name

            near = nearest_name(args[0], COMMANDS)
            hint = f" Did you mean {near!r}?" if near else ""
            ctx.fail(f"No such command {args[0]!r}; known: {', '.join(COMMANDS)}.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Help that imports nothing."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="unsilo")
def unsilo() -> None:
    """How an organisation adopts social practices and becomes a social business, or breaks into silos."""


def main() -> None:
    """Run the command line; wrong input ends with one message a fault and exit code 2."""
    try:
        code = unsilo.main(prog_name="unsilo", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (KeyboardInterrupt, click.Abort):
        click.echo("\nStopped.", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except ValueError as error:
        from sim.errors import InputError

        if not isinstance(error, InputError):
            raise
        for fault in error.faults:
            click.echo(f"unsilo: {fault}", err=True)
        sys.exit(2)
