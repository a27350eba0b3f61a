"""The folder or bucket of a batch: a file in it is whole or absent, whoever writes it and dies.

A bucket takes an object or does not; in a folder files are written under tmp/, flushed and renamed.
"""

import contextlib
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, TypeVar

import fsspec

from flowzero_jax.errors import FlowZeroError, InputError, OutputError
from flowzero_jax.files import check_folder, make_folder, reason, sync

PLANS, VIDEOS, PICTURES, RECORDS = "plans", "videos", "pictures", "records"
TEMPORARY, SNAPSHOTS = "tmp", "snapshots"
# Folder -> seconds after which what was left there is nobody's.
STALE = {TEMPORARY: 3600.0, SNAPSHOTS: 7 * 86400.0}
REQUESTS = 64
"""Requests to a bucket at a time."""
PROBE_BYTES = 1 << 20

T = TypeVar("T")
Result = TypeVar("Result")


def open_store(address: str) -> "Store":
    """The store of a folder's path or of a bucket's URL, such as gs://bucket/folder.

    Raises: InputError for a URL that cannot be opened here.
    """
    path = address.removeprefix("file://")
    return Store(address) if "://" in path else Folder(path)


class Store:
    """Files by their names in a batch, "jobs.jsonl" or "records/<id>.json": those of a bucket.

    What fails raises OutputError. `address` opens the same store in another process.
    """

    def __init__(self, address: str):
        self.address = address
        try:
            # What other processes write is to be seen at once.
            self.system, root = fsspec.url_to_fs(address, use_listings_cache=False)
        except (ImportError, ValueError) as error:
            hint = 'pip install "flowzero_jax[cloud]" reads gs:// and s3://'
            raise InputError(f"{address}: cannot be opened here: {error}; {hint}") from error
        self._root = str(root).rstrip("/")

    def prepare(self) -> None:
        """Makes the folders, sees that they take files, and sweeps out what is stale.

        In a bucket stale files are left to its own rules of expiry.
        """
        self._probe(b"")

    def put(self, name: str, write: Callable[[Path], None]) -> None:
        """Writes or replaces a file; `write` gets a local path with the name's ending."""
        with tempfile.TemporaryDirectory() as folder, self._errors(name, "written"):
            path = Path(folder) / Path(name).name
            write(path)
            self.system.put_file(str(path), self._path(name))

    def put_bytes(self, name: str, data: bytes) -> None:
        """Writes or replaces a file."""

        def write(path: Path) -> None:
            path.write_bytes(data)

        self.put(name, write)

    def put_if_absent(self, name: str, data: bytes) -> bytes:
        """Writes a file unless it is there; returns the bytes that stand there."""
        try:
            self.system.pipe_file(self._path(name), data, mode="create")
        except Exception as error:  # each library has its own for a file that is there
            if (standing := self.find(name)) is None:
                said = f"{self.address}/{name}: cannot be written: {error}"
                raise OutputError(said) from error
            return standing
        return self.read(name)

    def find(self, name: str) -> bytes | None:
        """A file's bytes, None if it is not there."""
        with self._errors(name, "read"), contextlib.suppress(FileNotFoundError):
            return bytes(self.system.cat_file(self._path(name)))
        return None

    def read(self, name: str) -> bytes:
        """A file's bytes, which must be there."""
        data = self.find(name)
        if data is None:
            raise OutputError(f"{self.address}/{name}: is not there any more")
        return data

    def size(self, name: str) -> int | None:
        """A file's number of bytes, None if it is not there."""
        with self._errors(name, "read"), contextlib.suppress(FileNotFoundError):
            return int(self.system.info(self._path(name))["size"])
        return None

    def open(self, name: str) -> BinaryIO:
        """A file to be read from its beginning."""
        with self._errors(name, "read"):
            file: BinaryIO = self.system.open(self._path(name), "rb")
            return file

    def remove(self, name: str) -> None:
        """Deletes a file that is there."""
        with self._errors(name, "deleted"):
            self.system.rm_file(self._path(name))

    def names(self, folder: str) -> Iterator[str]:
        """The names of a folder's files, without the folder."""
        found: list[str] = []
        with self._errors(folder, "read"), contextlib.suppress(FileNotFoundError):
            found = self.system.ls(self._path(folder), detail=False)
        return (path.rpartition("/")[2] for path in found)

    @contextlib.contextmanager
    def scratch(self, name: str) -> Iterator[Path]:
        """A local path with what the file holds, if it is there; the store follows its changes."""
        before = self.find(name)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / Path(name).name
            if before is not None:
                path.write_bytes(before)
            try:
                yield path
            finally:
                if path.exists():
                    self.put_bytes(name, path.read_bytes())
                elif before is not None:
                    self.remove(name)

    def each(self, function: Callable[[T], Result], items: Iterable[T]) -> list[Result]:
        """`function` of every item, as many at a time as suits the store."""
        with ThreadPoolExecutor(REQUESTS) as pool:
            return list(pool.map(function, items))

    def free_bytes(self) -> int | None:
        """The room that is left; None where nobody tells, as of a bucket."""
        return None

    def is_usable(self) -> bool:
        """Whether it takes any file at all: it is there, writable and not full."""
        try:
            self._probe(bytes(PROBE_BYTES))
        except OutputError:
            return False
        return True

    def _probe(self, data: bytes) -> None:
        name = f"{TEMPORARY}/{secrets.token_hex(8)}.probe"
        self.put_bytes(name, data)
        self.remove(name)

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    @contextlib.contextmanager
    def _errors(self, name: str, what: str) -> Iterator[None]:
        try:
            yield
        except FlowZeroError:
            raise
        except Exception as error:  # each library has its own
            said = reason(error) if isinstance(error, OSError) else error
            raise OutputError(f"{self.address}/{name}: cannot be {what}: {said}") from error


class Folder(Store):
    """A store in a local or shared file system."""

    def __init__(self, address: str):
        super().__init__(address)
        self.root = Path(address)

    def prepare(self) -> None:
        for folder in (PLANS, VIDEOS, PICTURES, RECORDS, *STALE):
            make_folder(self.root / folder)
            check_folder(self.root / folder)
        now = time.time()
        for folder, age in STALE.items():
            for path in (self.root / folder).iterdir():
                with contextlib.suppress(OSError):
                    if now - path.lstat().st_mtime > age:
                        path.unlink()

    def put(self, name: str, write: Callable[[Path], None]) -> None:
        with self._temporary(name) as temporary:
            write(temporary)
            sync(temporary)
            os.replace(temporary, self.root / name)
            sync((self.root / name).parent)

    def put_if_absent(self, name: str, data: bytes) -> bytes:
        with self._temporary(name) as temporary:
            temporary.write_bytes(data)
            sync(temporary)
            try:
                os.link(temporary, self.root / name)
            except FileExistsError:
                return self.read(name)
            except OSError:
                if not temporary.exists():  # the folder has vanished
                    raise
                # A file system without hard links: of two writers at one moment the last one wins.
                if (standing := self.find(name)) is not None:
                    return standing
                os.replace(temporary, self.root / name)
            sync((self.root / name).parent)
        return self.read(name)

    def names(self, folder: str) -> Iterator[str]:
        with self._errors(folder, "read"), os.scandir(self.root / folder) as entries:
            for entry in entries:
                yield entry.name

    def free_bytes(self) -> int | None:
        return shutil.disk_usage(self.root).free

    @contextlib.contextmanager
    def scratch(self, name: str) -> Iterator[Path]:
        yield self.root / name

    def each(self, function: Callable[[T], Result], items: Iterable[T]) -> list[Result]:
        return list(map(function, items))

    @contextlib.contextmanager
    def _temporary(self, name: str) -> Iterator[Path]:
        """A path under tmp/ for what is to become `name`; what is left there is deleted."""
        path = self.root / TEMPORARY / f"{secrets.token_hex(8)}{Path(name).suffix}"
        try:
            yield path
        except OSError as error:
            said = f"{self.root / name}: cannot be written: {reason(error)}"
            raise OutputError(said) from error
        finally:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
