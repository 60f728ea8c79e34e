"""
Bytes on disk: what is appended is durable before it is acknowledged, and whole or not there at all.

One ``write`` a batch on a descriptor opened for appending, then ``fdatasync``; the name of a new file is made durable
by an ``fsync`` of its folder, and of every folder above that is new as well. A write that fails is cut off again. Locks
are ``flock`` on the file itself, so they end with the process that holds them.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from threading import get_ident

from dualwitness.difflog.errors import LogUnreadable, WriteFailed

__all__ = ["AppendFile", "make_folder", "quarantine", "read_locked", "settle_folder", "write_whole"]

_CHUNK = 1 << 30


class AppendFile:
    """
    One file that only grows; opened when it is first needed, again after a fork or where the file was replaced.

    Raises `WriteFailed` where it cannot be opened, locked or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle = -1
        self._process = -1
        self._inode = (-1, -1)

    @contextmanager
    def locked(self) -> Iterator[bool]:
        """Hold the file for this process alone; says whether it is another file than the last time."""
        with _told(self.path):
            changed = self._open()
            fcntl.flock(self._handle, fcntl.LOCK_EX)
            while self._is_replaced():  # between opening and locking
                self.close()
                changed = self._open()
                fcntl.flock(self._handle, fcntl.LOCK_EX)
        try:
            yield changed
        finally:
            with suppress(OSError):
                fcntl.flock(self._handle, fcntl.LOCK_UN)

    def stamp(self) -> tuple[int, int]:
        """How many bytes it has, and when that last changed, in ns: another stamp tells that somebody else wrote."""
        found = os.fstat(self._handle)
        return found.st_size, found.st_mtime_ns

    def read_from(self, offset: int) -> bytes:
        """Everything from ``offset`` on."""
        with _told(self.path):
            return _read_from(self._handle, offset)

    def append(self, data: bytes, size: int) -> None:
        """Append after ``size`` bytes, durably; raises `WriteFailed` after cutting off what was written of it."""
        try:
            written = os.write(self._handle, data)
            if written != len(data):
                raise OSError(errno.ENOSPC, f"the disk took {written} of {len(data)} bytes")
            os.fdatasync(self._handle)
        except OSError as error:
            self._cut_off(size)
            raise _failed(self.path, error) from None

    def cut(self, size: int) -> None:
        """Keep the first ``size`` bytes, durably."""
        with _told(self.path):
            os.ftruncate(self._handle, size)
            os.fsync(self._handle)

    def close(self) -> None:
        """
        Let go of the file; the next use opens it again.

        After a fork this ends the child's copy alone: the lock of the parent, which holds the other copy, stays.
        """
        if self._handle >= 0:
            with suppress(OSError):
                os.close(self._handle)
        self._handle = -1

    def _cut_off(self, size: int) -> None:
        with suppress(OSError):  # a torn tail is found, named and moved by the next append
            if stat.S_ISREG(os.fstat(self._handle).st_mode):
                os.ftruncate(self._handle, size)
                os.fsync(self._handle)

    def _is_replaced(self) -> bool:
        try:
            found = os.stat(self.path)  # noqa: PTH116 - it is asked before each append
        except FileNotFoundError:
            return True
        return (found.st_dev, found.st_ino) != self._inode

    def _open(self) -> bool:
        """Open the file where it is not open in this process; a descriptor from before a fork would share its lock."""
        if self._handle >= 0 and self._process == os.getpid():
            return False
        self.close()
        make_folder(self.path.parent)
        is_new = not os.path.exists(self.path)  # noqa: PTH110 - it says no where it may not look
        self._handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self._process = os.getpid()
        found = os.fstat(self._handle)
        self._inode = (found.st_dev, found.st_ino)
        if is_new:
            settle_folder(self.path.parent)
        return True


def read_locked(path: Path) -> bytes | None:
    """A file's bytes while nobody appends to it, None where there is none; raises `LogUnreadable`."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe would be waited for
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(path, error) from None
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")
        fcntl.flock(handle, fcntl.LOCK_SH)
        return _read_from(handle, 0)
    except OSError as error:
        raise _unreadable(path, error) from None
    finally:
        os.close(handle)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: temporary file, ``fsync``, rename, ``fsync`` of the folder."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{get_ident()}.partial")
    with _told(path):
        make_folder(path.parent)
        try:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        settle_folder(path.parent)


def quarantine(folder: Path, source: Path, offset: int, tail: bytes) -> Path:
    """Keep a torn tail beside the log, named after its file, its place and its bytes."""
    kept = folder / f"{source.name}-{offset}-{sha256(tail).hexdigest()[:8]}.torn"
    write_whole(kept, tail)
    return kept


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, durably; raises `OSError`."""
    new = [folder, *folder.parents]
    new = new[: next((index for index, one in enumerate(new) if one.is_dir()), len(new))]
    if not new:
        return
    folder.mkdir(parents=True, exist_ok=True)
    for one in reversed(new):
        settle_folder(one.parent)


def settle_folder(folder: Path) -> None:
    """Make the names in a folder as durable as their contents."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read_from(handle: int, offset: int) -> bytes:
    """From the offset to the size that the file has: a device without one would give bytes for ever."""
    left = os.fstat(handle).st_size - offset
    parts = []
    while left > 0 and (part := os.pread(handle, min(left, _CHUNK), offset)):
        parts.append(part)
        offset += len(part)
        left -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _failed(path, error) from None


def _failed(path: Path, error: OSError) -> WriteFailed:
    return WriteFailed(
        f"{path} could not be written: {error.strerror or type(error).__name__}",
        advice="free space or give write permission; what was not acknowledged is not in the log",
    )


def _unreadable(path: Path, error: OSError) -> LogUnreadable:
    return LogUnreadable(
        f"{path} cannot be read: {error.strerror or type(error).__name__}", advice="give permission to read the log"
    )
