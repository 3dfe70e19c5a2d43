"""The place where a store lies: its file system, who is writing there, and what is said when it gives trouble."""

from __future__ import annotations

import re
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sim.errors import Fault, InputError

LOCK = ".lock"
MOUNTS = Path("/proc/mounts")

_NETWORK = {
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "lustre", "gpfs", "beegfs", "glusterfs", "ocfs2", "gfs2",
    "fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.s3fs", "fuse.rclone", "davfs", "ncpfs", "pvfs2", "orangefs",
}  # fmt: skip
_BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_UNSHARED = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}  # readers of a log share a file beside it
_OURS = {0, sqlite3.SQLITE_ERROR}  # 0 is what Python's module finds itself


class Unwritable(Exception):  # noqa: N818  (it says what the store is)
    """The store cannot be written now - a full disk, say; what is in it stays, and a sweep goes on from there later."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(
            f"{folder}: results cannot be written: {reason}. What is stored stays; the same command goes on."
        )


def busy(error: sqlite3.Error) -> bool:
    """Whether somebody else is in the way, so that another try may help."""
    return _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _code(error: sqlite3.Error) -> int:
    """SQLite's primary result code."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


@contextmanager
def told(folder: Path) -> Iterator[None]:
    """Tell what SQLite says of a store's file in the user's terms.

    Raises:
        InputError: the file is no database, or broken.
        Unwritable: it cannot be written now.
        sqlite3.Error: what is neither's fault, e.g. a run that is there already.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        if _code(error) in _BROKEN:
            raise unreadable(folder, error) from None
        if isinstance(error, sqlite3.OperationalError) and _code(error) not in _OURS:
            reason = "the disk is full" if _code(error) == sqlite3.SQLITE_FULL else str(error)
            if busy(error):
                reason = "somebody who reads them keeps them locked"
            raise Unwritable(folder, reason) from None
        raise


@contextmanager
def undamaged(folder: Path) -> Iterator[None]:
    """Take what cannot be made sense of, in what Unsilo alone writes, for damage.

    Raises:
        InputError: there is some; its cause says what.
    """
    try:
        yield
    except InputError:
        raise
    except (
        sqlite3.Error,
        zlib.error,
        LookupError,
        TypeError,
        ValueError,
        ArithmeticError,
        MemoryError,
    ) as error:
        raise unreadable(folder, f"cannot be made sense of ({type(error).__name__}: {error})") from error


@contextmanager
def free(folder: Path) -> Iterator[None]:
    """Read, and tell where that cannot be, though the store is undamaged.

    Raises:
        InputError: somebody keeps it locked for longer than one waits, as may be where it has no write-ahead log; or it has been
            closed, or is to be written.
    """
    from sim.sweeps.layout import FILE

    try:
        yield
    except sqlite3.Error as error:
        if busy(error):
            found, allowed = "another program keeps it locked", "try again once that program is through"
        elif _code(error) == sqlite3.SQLITE_READONLY:
            found, allowed = "it is opened for reading", "a query that changes nothing"
        elif isinstance(error, sqlite3.ProgrammingError) and "closed" in str(error):
            found, allowed = "has been closed", "load the results again"
        else:
            raise
        raise InputError([Fault(FILE, found, allowed, str(folder))]) from None


def opened(folder: Path) -> sqlite3.Connection:
    """A store, opened for reading; also one that a sweep left with its log on what has become read-only since.

    Raises:
        InputError: what the log holds cannot be read there.
        sqlite3.Error: it cannot be opened.
    """
    from sim.sweeps.layout import FILE

    file = (folder / FILE).resolve()
    db = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=60.0)
    try:
        db.execute("PRAGMA user_version")
    except sqlite3.OperationalError as error:
        db.close()
        if _code(error) not in _UNSHARED or not file.is_file():
            raise
        log = file.with_name(f"{FILE}-wal")
        if log.exists() and log.stat().st_size:
            found, allowed = "its log takes a folder that can be written", f"a copy of {FILE}* in one"
            raise InputError([Fault(FILE, found, allowed, str(folder))]) from None
        return sqlite3.connect(f"{file.as_uri()}?immutable=1", uri=True)
    return db


def unreadable(folder: Path, error: object) -> InputError:
    """What is said of a file that is no database, or a broken one."""
    from sim.sweeps.layout import FILE

    return InputError([Fault(FILE, str(error), "a store that Unsilo wrote, undamaged", str(folder))])


def locked(folder: Path) -> sqlite3.Connection:
    """A lock that ends with the process that holds it, however it ends; SQLite has one for every system.

    Raises:
        InputError: another sweep has it.
        sqlite3.OperationalError: nothing can be written here.
    """
    lock = sqlite3.connect(folder / LOCK, timeout=0.5, isolation_level=None)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        lock.close()
        if not busy(error):
            raise
        allowed = "one sweep at a time: wait for it to end, or stop it"
        raise InputError(
            [Fault("results", "another sweep is writing here now", allowed, str(folder))]
        ) from None
    return lock


def in_use(folder: Path) -> bool:
    """Whether a sweep is writing there now."""
    file = folder / LOCK
    if not file.exists():
        return False
    lock = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, timeout=0)
    try:
        lock.execute("SELECT * FROM sqlite_master").fetchall()
    except sqlite3.OperationalError as error:
        return busy(error)
    finally:
        lock.close()
    return False


def on_network(folder: Path, mounts: str | None = None) -> bool:
    """Whether a folder is on a network file system, where SQLite's write-ahead log fails.

    Args:
        folder: the folder.
        mounts: the mount table, as /proc/mounts gives it; where there is none, a file system counts as local.
    """
    if mounts is None:
        try:
            mounts = MOUNTS.read_text("utf-8", "surrogateescape")
        except OSError:
            return False
    where = folder.resolve()
    best, kind = -1, ""
    for line in mounts.splitlines():
        words = line.split(" ")
        if len(words) < 3:
            continue
        place = Path(re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), words[1]))
        if where.is_relative_to(place) and len(place.parts) >= best:
            best, kind = len(place.parts), words[2]
    return kind in _NETWORK
