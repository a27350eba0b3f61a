"""Files that appear whole or not at all: a temporary name beside the target, fsync, rename.

And folders: checked before any work, and those of the user's own, in which replies and compiled
programs are kept.
"""

import contextlib
import hashlib
import os
import secrets
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from flowzero_jax.errors import InputError, OutputError


def temporary_name(path: Path) -> Path:
    """A fresh hidden name in the folder of `path`, with its suffix: encoders choose by suffix."""
    return path.with_name(f".flowzero-{secrets.token_hex(8)}{path.suffix}")


@contextlib.contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yields a temporary path to write to, which replaces `path` if the block succeeds.

    On any exception, an interrupt included, the temporary file is removed and `path` is as before.

    Raises:
      OutputError: the block or the renaming met an `OSError`, or a ValueError.
    """
    temporary = temporary_name(path)
    try:
        yield temporary
        sync(temporary)
        os.replace(temporary, path)
        sync(path.parent)
    except (OSError, ValueError) as error:
        raise OutputError(f"{path}: cannot be written: {reason(error)}") from error
    finally:
        with contextlib.suppress(OSError, ValueError):
            temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Writes `text` as UTF-8, atomically; raises OutputError."""
    write_texts({path: text})


def write_texts(texts: Mapping[Path, str]) -> None:
    """Writes files as UTF-8, all or none: each replaces an older one when all lie on the disk.

    Raises: OutputError.
    """
    with contextlib.ExitStack() as stack:
        for path, text in texts.items():
            temporary = stack.enter_context(atomic_path(path))
            temporary.write_bytes(text.encode())
            sync(temporary)


def sync(path: Path) -> None:
    """Flushes a file or a folder's entries to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes as hexadecimal digits; raises OutputError."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise OutputError(f"{path}: cannot be read: {reason(error)}") from error


def reason(error: OSError | ValueError) -> str:
    """What the system says about an error, without the number and the (temporary) file name."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def user_cache_folder(name: str) -> Path | None:
    """flowzero_jax/`name` in the user's cache folder; None if there is no home."""
    # By the XDG base directory specification a relative path is to be ignored.
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        root = Path(base) if os.path.isabs(base) else Path.home() / ".cache"
    except RuntimeError:
        return None
    # The second is what an empty HOME, common in containers, comes to.
    return None if root == Path("/.cache") else root / "flowzero_jax" / name


def check_writable(path: Path, inputs: Iterable[Path] = ()) -> None:
    """Checks, before any work, that the file `path` can be written and is none of `inputs`.

    Raises:
      InputError: `path` is one of `inputs` or no name for a file.
      OutputError: its folder is missing or not writable, or something else than a file is there.
    """
    check_name(path)
    if path.is_dir():
        raise OutputError(f"{path}: is a folder; give the name of a file")
    if path.exists() and not path.is_file():
        raise OutputError(f"{path}: is not a regular file; give another name")
    refuse_inputs(path, inputs)
    check_folder(path.parent)


def check_name(path: Path) -> None:
    """Raises InputError or OutputError if nothing can have the name `path`, or be looked for."""
    try:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            path.lstat()
    except ValueError as error:
        raise InputError(f"{str(path)!r}: not a possible file name: {error}") from error
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {reason(error)}") from error


def refuse_inputs(path: Path, inputs: Iterable[Path]) -> None:
    """Raises InputError if `path` names the same file or folder as one of `inputs`."""
    for other in inputs:
        same_file = path.exists() and other.exists() and path.samefile(other)
        if same_file or path.resolve() == other.resolve():
            raise InputError(f"{path}: would overwrite the input {other}; give another name")


def make_folder(folder: Path) -> None:
    """Makes a folder, and those that it lies in, unless it is there; raises OutputError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise OutputError(f"{folder}: cannot be created: {reason(error)}") from error


def make_private_folder(folder: Path) -> None:
    """Makes a folder that only its owner may use (0700), unless it is there.

    Raises: OutputError if it cannot be created, or others own it or can write to it.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.mkdir(exist_ok=True, mode=0o700)
        status = folder.stat()
    except (OSError, ValueError) as error:
        raise OutputError(f"{folder}: cannot be created: {reason(error)}") from None
    if status.st_uid != os.geteuid():
        raise OutputError(f"{folder}: belongs to another user; give another folder")
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise OutputError(f"{folder}: is writable by others; chmod go-w it")


def check_folder(folder: Path) -> None:
    """Raises OutputError unless files can be created in `folder`: by creating one, nameless."""
    if not folder.is_dir():
        fault = "is not a folder" if folder.exists() else "no such folder; create it first"
        raise OutputError(f"{folder}: {fault}")
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OutputError(f"{folder}: not writable: {reason(error)}") from error
