"""Manifest, page and shards of a batch that was drawn by a stand-in, made by the command."""

import json
import tarfile

import pytest
from stand_in import batch, files

from flowzero_jax.cli import main

PROMPTS = ["a red ball falls", "a green ball falls", "a ball explodes", "a blue ball falls"]


@pytest.fixture
def out(tmp_path):
    """The folder of a batch that was drawn; one job of four failed."""
    (tmp_path / "jobs.txt").write_text("\n".join(PROMPTS))
    batch(tmp_path / "jobs.txt", tmp_path / "out")
    return tmp_path / "out"


def test_page_and_shards_are_made_from_the_records(out, capsys):
    assert main(["batch", "--manifest", str(out), "--pack"]) == 7
    said = capsys.readouterr()
    assert said.out == f"{out}/manifest.jsonl: 3 done, 1 failed, 0 missing\n"
    assert said.err == f"flowzero-jax: {out}/pack/index.json: 1 shard\n"
    page = (out / "index.html").read_text()
    assert page.index("a ball explodes") < page.index("a red ball falls")
    rows = [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]
    done = [row for row in rows if row["status"] == "done"]
    assert len(done) == 3
    with tarfile.open(out / "pack" / "shard-000000.tar") as shard:
        for row in done:
            video = shard.extractfile(f"{row['id']}.webp").read()
            assert video == (out / row["video"]["file"]).read_bytes()


def test_made_again_they_are_the_same(out):
    main(["batch", "--manifest", str(out), "--pack"])
    before = files(out)
    main(["batch", "--manifest", str(out), "--pack"])
    assert files(out) == before
