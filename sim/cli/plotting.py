"""The command that draws the figures of an experiment's results."""

from __future__ import annotations

from pathlib import Path

import click


def _list(ctx: click.Context, option: click.Parameter, asked: bool) -> None:
    if asked:
        from sim.cli.common import table
        from sim.figures import FIGURES

        table(["figure", "what it shows"], [[name, kind.about] for name, kind in FIGURES.items()])
        ctx.exit()


def _pairs(ctx: click.Context, option: click.Parameter, texts: tuple[str, ...]) -> list[tuple[str, str]]:
    pairs = []
    for text in texts:
        label, sign, level = text.partition("=")
        if not sign or not label.strip():
            raise click.BadParameter(f"{text!r} is not LABEL=VALUE")
        pairs.append((label.strip(), level.strip()))
    return pairs


@click.command()
@click.argument("results")
@click.option("--figure", "names", multiple=True, metavar="NAME", help="Which; all that fit unless given.")
@click.option(
    "--where", multiple=True, metavar="LABEL=VALUE", callback=_pairs,
    help="Only runs with a factor at this value; again for another value or factor.",
)  # fmt: skip
@click.option(
    "--format", "formats", multiple=True, type=click.Choice(["png", "svg"]), help="Both unless given."
)  # fmt: skip
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Folder; RESULTS/figures unless given."
)
@click.option(
    "--list", is_flag=True, is_eager=True, expose_value=False, callback=_list, help="List the figures."
)
def plot(
    results: str,
    names: tuple[str, ...],
    where: list[tuple[str, str]],
    formats: tuple[str, ...],
    out: Path | None,
) -> None:
    """Draw the figures of RESULTS, a folder or the name of an experiment that was swept; print their paths."""
    from sim.figures import FORMATS, wanted
    from sim.figures import plot as draw
    from sim.sweeps import load_results

    found = load_results(results)
    for path in draw(found, names, wanted(found, where), formats or FORMATS, out):
        click.echo(path)
