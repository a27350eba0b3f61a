"""Finished jobs as WebDataset tar shards: a few large files instead of many small ones.

Shard K holds the jobs number K·N to K·N + N - 1 of the batch, as far as they are done, in their
order. A sample is named by its job's id and has the record (`.json`), the plan (`.plan.json`), the
prompt (`.txt`) and the video (`.mp4`, or its own ending). Its bytes follow from the records alone:
neither owner nor time is in it. So a shard whose records are as they were is left as it stands, and
packing goes on where it was interrupted.
"""

import dataclasses
import io
import json
import re
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from flowzero_jax.batch.manifest import read_manifest
from flowzero_jax.batch.records import digest
from flowzero_jax.batch.store import REQUESTS, Folder, Store
from flowzero_jax.errors import OutputError
from flowzero_jax.files import make_folder

Record = Mapping[str, Any]

FOLDER = "pack"
INDEX = f"{FOLDER}/index.json"
JOBS_PER_SHARD = 1000
_SHARD = re.compile(r"shard-\d+\.tar")


@dataclasses.dataclass(frozen=True)
class Shard:
    """What the index says of a shard.

    Attributes:
      url: relative to the index.
      nsamples: jobs in it.
      filesize: bytes.
      records_sha256: of all that its bytes follow from.
    """

    url: str
    nsamples: int
    filesize: int
    records_sha256: str


def pack(store: Store, jobs_per_shard: int = JOBS_PER_SHARD) -> list[Shard]:
    """Writes `pack/shard-000000.tar` … and `pack/index.json`; returns the shards as listed there.

    Jobs that are not done are left out, and shards without any. The index is written after every
    shard; shards that it does not list in the end are deleted.

    Args:
      store: the batch's folder or bucket, with a manifest of now.
      jobs_per_shard: at least 1. With another number than before everything is packed anew.
    Raises:
      OutputError: a file is missing or not what its record says, or a shard cannot be written.
    """
    if isinstance(store, Folder):  # A bucket has no folders to be made.
        make_folder(store.root / FOLDER)
    known = _known_shards(store)
    shards: list[Shard] = []
    for number, records in enumerate(_groups(read_manifest(store), jobs_per_shard)):
        done = [record for record in records if record["status"] == "done"]
        if not done:
            continue
        url = f"shard-{number:06d}.tar"
        shard = known.pop(url, None)
        if shard is None or not _stands(store, shard, done):
            shard = _write_shard(store, url, done)
            # Until the end the index keeps what it said of later shards: they may be as they were.
            _write_index(store, [*shards, shard, *known.values()])
        shards.append(shard)
    _write_index(store, shards)
    listed = {shard.url for shard in shards}
    for name in list(store.names(FOLDER)):
        if _SHARD.fullmatch(name) and name not in listed:
            store.remove(f"{FOLDER}/{name}")
    return shards


def _stands(store: Store, shard: Shard, records: Sequence[Record]) -> bool:
    """Whether a shard is there, of these records."""
    if shard.records_sha256 != _digest(records):
        return False
    return store.size(f"{FOLDER}/{shard.url}") == shard.filesize


def _groups(records: Iterator[Record], size: int) -> Iterator[list[Record]]:
    """As many at a time, the last time fewer."""
    while group := list(islice(records, size)):
        yield group


def _digest(records: Sequence[Record]) -> str:
    """Of all that a shard's bytes follow from; the records have the hashes of plan and video."""
    return digest("".join(map(_text, records)).encode())


def _text(record: Record) -> str:
    return json.dumps(record, ensure_ascii=False, sort_keys=True, allow_nan=False) + "\n"


def _known_shards(store: Store) -> dict[str, Shard]:
    """What the index lists, by url; nothing if there is none. A damaged one costs time alone."""
    try:
        shards = [Shard(**shard) for shard in json.loads(store.read(INDEX))["shardlist"]]
    except (OutputError, ValueError, TypeError, KeyError):
        return {}
    return {shard.url: shard for shard in shards}


def _write_index(store: Store, shards: Sequence[Shard]) -> None:
    index = {
        "nsamples": sum(shard.nsamples for shard in shards),
        "shardlist": [dataclasses.asdict(shard) for shard in shards],
    }
    store.put_bytes(INDEX, (json.dumps(index, indent=1) + "\n").encode())


def _write_shard(store: Store, url: str, records: Sequence[Record]) -> Shard:
    def write(path: Path) -> None:
        with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as shard:
            for some in _groups(iter(records), REQUESTS):
                for sample in store.each(lambda record: _sample(store, record), some):
                    for file, data in sample.items():
                        _add(shard, file, data)

    name = f"{FOLDER}/{url}"
    store.put(name, write)
    return Shard(url, len(records), store.size(name) or 0, _digest(records))


def _sample(store: Store, record: Record) -> dict[str, bytes]:
    """The files of a job in a shard."""
    name, video, plan = record["id"], record["video"], record["plan"]
    return {
        f"{name}.json": _text(record).encode(),
        f"{name}.plan.json": _checked(store, plan),
        f"{name}.txt": record["prompt"].encode(),
        f"{name}{PurePosixPath(video['file']).suffix}": _checked(store, video),
    }


def _checked(store: Store, file: Mapping[str, Any]) -> bytes:
    """The bytes of a file that a record names."""
    data = store.read(file["file"])
    if digest(data) != file["sha256"]:
        raise OutputError(
            f"{store.address}/{file['file']}: is not what its record says; draw it with --overwrite"
        )
    return data


def _add(shard: tarfile.TarFile, name: str, data: bytes) -> None:
    """Adds a file without owner, time or rights of its own."""
    member = tarfile.TarInfo(name)
    member.size = len(data)
    shard.addfile(member, io.BytesIO(data))
