"""Pages of the documentation into which commands write what they found, between two marks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from sim.errors import Fault, InputError


class Marks(NamedTuple):
    """Two lines of a page, between which a command writes.

    Attributes:
        begin: the first of them.
        end: the last.
    """

    begin: str
    end: str

    def around(self, page: Path) -> tuple[str, str]:
        """What stands before and after the marks; to be asked before anything is lived.

        Raises:
            InputError: the page cannot be read or written, or has no marks.
        """
        try:
            text = page.read_text("utf-8")
            with page.open("a", encoding="utf-8"):
                pass
        except (OSError, UnicodeDecodeError) as error:
            found = getattr(error, "strerror", None) or "not UTF-8 text"
            raise InputError(
                [Fault("--write", found, "a page that can be read and written", str(page))]
            ) from None
        before, first, rest = text.partition(self.begin)
        _, last, after = rest.partition(self.end)
        if not first or not last:
            allowed = f"a page with {self.begin} and {self.end}"
            raise InputError([Fault("--write", "no marks to write between", allowed, str(page))])
        return before, after

    def write(self, page: Path, block: str) -> None:
        """Put a block between them.

        Raises:
            InputError: the page cannot be read or written, or has no marks.
        """
        before, after = self.around(page)
        page.write_text(f"{before}{self.begin}\n\n{block}\n\n{self.end}{after}", "utf-8")


def address(picture: Path, page: Path) -> str:
    """A picture's address as a page sees it."""
    return Path(os.path.relpath(picture, page.parent)).as_posix()


def make_folder(folder: Path) -> None:
    """Make the folder of a page's pictures, before anything is lived.

    Raises:
        InputError: it cannot be made or written into.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        found = "" if os.access(folder, os.W_OK) else "not writable"
    except OSError as error:
        found = str(error.strerror)
    if found:
        raise InputError([Fault("--figures", found, "a folder that can be written", str(folder))])
