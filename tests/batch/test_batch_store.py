"""Files of a batch are whole or absent, in a folder and in a bucket (fsspec's in memory)."""

import os
import time
from concurrent.futures import ThreadPoolExecutor

import fsspec
import pytest

from flowzero_jax.batch import store as stores
from flowzero_jax.batch.store import open_store
from flowzero_jax.errors import InputError, OutputError


@pytest.fixture(params=["folder", "bucket"])
def store(request, tmp_path):
    memory = fsspec.filesystem("memory")
    store = open_store(str(tmp_path / "out") if request.param == "folder" else "memory://bucket/a")
    store.prepare()
    yield store
    memory.store.clear()


def test_what_is_put_is_found(store):
    assert store.find("records/a.json") is None and store.size("records/a.json") is None
    assert list(store.names("records")) == []
    store.put_bytes("records/a.json", b"old")
    store.put_bytes("records/a.json", b"new one")
    assert store.find("records/a.json") == store.read("records/a.json") == b"new one"
    assert store.size("records/a.json") == 7
    assert list(store.names("records")) == ["a.json"]
    with store.open("records/a.json") as file:
        assert file.read() == b"new one"
    store.remove("records/a.json")
    assert list(store.names("records")) == [] and list(store.names("tmp")) == []
    assert open_store(store.address).find("records/a.json") is None


def test_nothing_appears_when_writing_fails(store):
    def write(path):
        path.write_bytes(b"half")
        raise ZeroDivisionError

    store.put_bytes("videos/a.mp4", b"old")
    for name in ("videos/a.mp4", "videos/b.mp4"):
        with pytest.raises((ZeroDivisionError, OutputError)):
            store.put(name, write)
    assert store.read("videos/a.mp4") == b"old" and store.find("videos/b.mp4") is None
    assert list(store.names("tmp")) == []


def test_of_several_writers_one_puts_what_is_absent(store):
    with ThreadPoolExecutor(4) as pool:
        texts = [str(k).encode() for k in range(20)]
        standing = list(pool.map(lambda text: store.put_if_absent("plans/a.json", text), texts))
    assert set(standing) == {store.read("plans/a.json")}
    assert list(store.names("tmp")) == []


def test_scratch_follows_a_file(store):
    with store.scratch("snapshots/a.npz") as path:
        assert not path.exists()
    assert store.find("snapshots/a.npz") is None
    with pytest.raises(KeyError), store.scratch("snapshots/a.npz") as path:
        path.write_bytes(b"1")
        raise KeyError
    with store.scratch("snapshots/a.npz") as path:
        assert path.read_bytes() == b"1"
        path.unlink()
    assert store.find("snapshots/a.npz") is None


def test_each_keeps_the_order(store):
    assert store.each(lambda k: k * k, range(200)) == [k * k for k in range(200)]


def test_a_file_that_must_be_there(store):
    with pytest.raises(OutputError, match="is not there any more"):
        store.read("plans/a.json")
    with pytest.raises(OutputError, match="cannot be read"):
        store.open("jobs.jsonl")
    assert store.is_usable()


def test_a_folder_without_hard_links(tmp_path, monkeypatch):
    def refuse(*paths):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    store = open_store(str(tmp_path))
    store.prepare()
    assert store.put_if_absent("plans/a.json", b"1") == b"1"
    assert store.put_if_absent("plans/a.json", b"2") == b"1"


def test_what_was_left_long_ago_is_swept_out(tmp_path):
    store = open_store(str(tmp_path))
    store.prepare()
    ages = {"tmp/old.mp4": 3700, "tmp/young.mp4": 100, "snapshots/young.npz": 90_000}
    for name, age in ages.items():
        store.put_bytes(name, b"x")
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    store.prepare()
    assert [name for name in ages if not (tmp_path / name).exists()] == ["tmp/old.mp4"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_found_out_at_once(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError):
        open_store(str(tmp_path / "out")).prepare()


def test_a_vanished_folder_is_not_made_again(tmp_path):
    store = open_store(str(tmp_path / "out"))
    store.prepare()
    os.rename(tmp_path / "out", tmp_path / "elsewhere")
    for put in (store.put_bytes, store.put_if_absent):
        with pytest.raises(OutputError, match="cannot be written: No such file"):
            put("plans/a.json", b"1")
    assert not store.is_usable() and not (tmp_path / "out").exists()


def test_a_full_disk_is_named(tmp_path, monkeypatch):
    store = open_store(str(tmp_path))
    store.prepare()

    def full(path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(stores, "sync", full)
    with pytest.raises(OutputError, match=r"videos/a.mp4: cannot be written: No space left"):
        store.put_bytes("videos/a.mp4", b"1")
    assert list(store.names("tmp")) == list(store.names("videos")) == []


def test_addresses_that_nobody_opens():
    for address in ("nothing://bucket", "s3x://a"):
        with pytest.raises(InputError, match="cannot be opened here"):
            open_store(address)
