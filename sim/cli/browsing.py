"""The command that opens the browser page."""

from __future__ import annotations

from typing import Any

import click

from sim.cli.common import changes, plan_of


@click.command()
@click.argument("scenario", default="baseline")
@click.option(
    "--port", default=8765, show_default=True, type=click.IntRange(0, 65535), help="0: any free one."
)
@click.option("--no-open", is_flag=True, help="Do not open the browser.")
@changes
def browse(scenario: str, port: int, no_open: bool, changes: dict[str, Any]) -> None:
    """Tweak SCENARIO in the browser: levers, the network, and adoption by department, week by week.

    The page is served on this machine only, and needs no internet.
    """
    from sim.errors import Fault, InputError

    plan = plan_of(scenario, changes)
    try:
        from sim.browser.server import serve
    except ModuleNotFoundError as error:
        how = "get what the page needs with: pip install '.[browser]'"
        raise InputError([Fault("browse", f"{error.name} is not installed", how)]) from None
    serve(plan, port, open_browser=not no_open)
