"""Packing: WebDataset shards that hold what the jobs made, byte for byte the same every time."""

import json
import tarfile
from pathlib import Path

import pytest
from finished import content, done, failed, job_id, missing, store_of, write_files, write_manifest

from flowzero_jax.batch.pack import pack
from flowzero_jax.batch.store import open_store
from flowzero_jax.errors import OutputError


@pytest.fixture
def batch(tmp_path):
    """`batch(records)`: a folder with the files of a batch and their records."""

    def write(records, name="batch"):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        write_files(folder, records)
        write_manifest(folder, records)
        return folder

    return write


def shards(folder):
    return {path.name: path.read_bytes() for path in sorted((folder / "pack").glob("*.tar"))}


def samples(path):
    with tarfile.open(path) as shard:
        return list(dict.fromkeys(name.partition(".")[0] for name in shard.getnames()))


def test_a_shard_holds_the_finished_of_its_jobs_in_their_order(batch):
    folder = batch([done(0), failed(1), missing(2), done(3), done(4), failed(5), failed(6)])
    listed = pack(store_of(folder), 2)
    assert [shard.url for shard in listed] == [f"shard-00000{k}.tar" for k in range(3)]
    assert [shard.nsamples for shard in listed] == [1, 1, 1]
    names = [samples(folder / "pack" / shard.url) for shard in listed]
    assert names == [[job_id(0)], [job_id(3)], [job_id(4)]]


def test_the_index_lists_the_shards(batch):
    folder = batch([done(k) for k in range(5)])
    listed = pack(store_of(folder), 2)
    index = json.loads((folder / "pack" / "index.json").read_text())
    assert index == {"nsamples": 5, "shardlist": [vars(shard) for shard in listed]}
    sizes = [(folder / "pack" / shard.url).stat().st_size for shard in listed]
    assert [shard.filesize for shard in listed] == sizes


# It leaves its files open.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_webdataset_reads_what_was_packed(batch):
    webdataset = pytest.importorskip("webdataset")
    records = [done(k, prompt=f"a cät {k}") for k in range(5)]
    folder = batch(records)
    pack(store_of(folder), 2)
    urls = [str(folder / "pack" / name) for name in shards(folder)]
    read = list(webdataset.WebDataset(urls, shardshuffle=False))
    assert [sample["__key__"] for sample in read] == [record["id"] for record in records]
    for sample, record in zip(read, records, strict=True):
        assert json.loads(sample["json"]) == record
        assert sample["txt"].decode() == record["prompt"]
        assert sample["mp4"] == content(record["video"]["file"])
        assert sample["plan.json"] == content(record["plan"]["file"])


def test_the_same_jobs_make_the_same_bytes(batch):
    records = [done(k) for k in range(5)]
    one, other = batch(records, "one"), batch(records, "other")
    for path in (other / "videos").iterdir():
        path.chmod(0o600)
    pack(store_of(one), 2)
    pack(store_of(other), 2)
    assert shards(one) == shards(other)


def test_a_bucket_gets_what_a_folder_gets(batch):
    folder = batch([done(k) for k in range(3)])
    bucket = open_store(f"memory://{folder.name}")
    for path in filter(Path.is_file, folder.rglob("*")):
        bucket.put_bytes(str(path.relative_to(folder)), path.read_bytes())
    listed = pack(store_of(folder), 2)
    assert pack(bucket, 2) == pack(bucket, 2) == listed
    assert {name: bucket.read(f"pack/{name}") for name in shards(folder)} == shards(folder)


def test_nothing_of_the_machine_is_in_a_shard(batch):
    folder = batch([done(0)])
    pack(store_of(folder))
    with tarfile.open(folder / "pack" / "shard-000000.tar") as shard:
        said = {(m.mtime, m.uid, m.gid, m.uname, m.gname, m.mode) for m in shard.getmembers()}
    assert said == {(0, 0, 0, "", "", 0o644)}


def test_only_shards_whose_jobs_changed_are_written_again(batch):
    records = [done(k) for k in range(6)]
    folder = batch([missing(0), *records[1:]])
    pack(store_of(folder), 2)
    before = {path.name: path.stat().st_ino for path in (folder / "pack").glob("*.tar")}
    (folder / "pack" / "shard-000002.tar").unlink()
    batch(records)
    pack(store_of(folder), 2)
    after = {path.name: path.stat().st_ino for path in (folder / "pack").glob("*.tar")}
    assert after["shard-000001.tar"] == before["shard-000001.tar"]
    assert after["shard-000000.tar"] != before["shard-000000.tar"]
    whole = batch(records, "whole")
    pack(store_of(whole), 2)
    assert shards(folder) == shards(whole)


def test_shards_of_jobs_that_are_gone_are_deleted(batch):
    folder = batch([done(k) for k in range(6)])
    pack(store_of(folder), 2)
    (folder / "pack" / "notes.tar").write_bytes(b"not of a batch")
    batch([done(0), missing(1), missing(2), missing(3)])
    pack(store_of(folder), 2)
    assert set(shards(folder)) == {"notes.tar", "shard-000000.tar"}


def test_packing_goes_on_where_it_ended(batch):
    records = [done(k) for k in range(6)]
    folder = batch(records)
    lost = folder / records[4]["video"]["file"]
    lost.rename(folder / "elsewhere")
    with pytest.raises(OutputError):
        pack(store_of(folder), 2)
    before = {path.name: path.stat().st_ino for path in (folder / "pack").glob("*.tar")}
    assert list(before) and set(before) == {"shard-000000.tar", "shard-000001.tar"}
    (folder / "elsewhere").rename(lost)
    pack(store_of(folder), 2)
    after = {path.name: path.stat().st_ino for path in (folder / "pack").glob("*.tar")}
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {"shard-000002.tar"}


def test_a_file_that_is_not_what_its_record_says_is_not_packed(batch):
    record = done(0)
    folder = batch([record])
    (folder / record["video"]["file"]).write_bytes(b"another video")
    with pytest.raises(OutputError, match=f"{record['video']['file']}: is not what its record"):
        pack(store_of(folder))
    assert shards(folder) == {}


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"shardlist": [1]}', '{"shardlist": [{"url": ""}]}']
)
def test_a_damaged_index_is_made_anew(batch, text):
    folder = batch([done(0)])
    (folder / "pack").mkdir()
    (folder / "pack" / "index.json").write_text(text)
    listed = [vars(shard) for shard in pack(store_of(folder))]
    assert json.loads((folder / "pack" / "index.json").read_text())["shardlist"] == listed
