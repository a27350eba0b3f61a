"""The local engine around a stand-in for the model: what is drawn, what fails, what is resumed."""

import itertools
import json
import time
import tracemalloc

import fsspec
import pytest
from stand_in import StandIn, batch, files, prompts

from flowzero_jax.batch.groups import Groups
from flowzero_jax.batch.identity import resolve
from flowzero_jax.batch.jobs import read_jobs
from flowzero_jax.batch.local import LocalEngine
from flowzero_jax.batch.manifest import stored_jobs, write_manifest
from flowzero_jax.batch.records import is_done, read_record
from flowzero_jax.batch.run import Run
from flowzero_jax.batch.store import Folder
from flowzero_jax.batch.summary import busy_share
from flowzero_jax.errors import DeviceError, ModelError, OutputError, PlannerError
from flowzero_jax.planner import plan
from flowzero_jax.planner.choice import PlannerChoice
from flowzero_jax.planner.llm import LlmSettings
from flowzero_jax.video import read_video


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


@pytest.fixture
def ten(tmp_path):
    return prompts(tmp_path / "ten.jsonl", 10)


def write(path, *lines):
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def records(store):
    return [read_record(store, job.id) for job in stored_jobs(store)]


def test_every_job_has_its_files_and_they_are_what_the_record_says(ten, out):
    done = batch(ten, out)
    assert (done.number, done.tally.done, done.tally.failed) == (10, 10, 0)
    names = [record.id for record in records(done.store)]
    assert len(set(names)) == 10
    assert {p.name for p in (out / "videos").iterdir()} == {f"{id}.webp" for id in names}
    for seed, record in enumerate(records(done.store)):
        assert is_done(done.store, record, verify=True)
        assert (record.label, record.seed, record.status) == (f"ball {seed}", seed, "done")
        scene = plan(record.prompt, 2)
        expected = StandIn().video(scene, seed, done.renderer.facts.settings)
        assert (read_video(out / record.video["file"]).frames == expected).all()
        assert all((out / name).is_file() for name in record.pictures.values())
    assert not list((out / "tmp").iterdir())


def test_always_as_many_videos_are_drawn_and_only_the_jobs_are_kept(ten, out):
    done = batch(ten, out, videos=4)
    assert sorted(len(seeds) for _, seeds in done.renderer.calls) == [4, 4, 4]
    drawn = sorted(seed for _, seeds in done.renderer.calls for seed in set(seeds))
    assert drawn == list(range(10))


@pytest.mark.parametrize("videos", [1, 3, 16])
def test_what_is_written_does_not_depend_on_the_batches(ten, out, tmp_path, videos):
    batch(ten, out)
    batch(ten, tmp_path / "other", videos=videos)
    assert files(out) == files(tmp_path / "other")


def test_a_bucket_gets_the_files_of_a_folder(ten, out):
    memory = fsspec.filesystem("memory")
    try:
        store = batch(ten, "memory://bucket/a").store
        batch(ten, out)
        for name, data in files(out).items():
            assert store.read(name) == data
        assert batch(ten, "memory://bucket/a").tally.tried == 0
    finally:
        memory.store.clear()


def test_what_is_done_is_not_done_again(ten, out):
    batch(ten, out)
    before = files(out)
    again = batch(ten, out)
    assert not again.renderer.calls and again.remaining.done == 10
    assert batch(ten, out, overwrite=True).tally.done == 10
    assert files(out) == before


@pytest.mark.parametrize("damage", ["gone", "short", "record", "other record"])
def test_a_job_whose_files_do_not_fit_its_record_is_drawn_again(ten, out, damage):
    first, other, *_ = records(batch(ten, out).store)
    before = files(out)
    video, record = out / first.video["file"], out / "records" / f"{first.id}.json"
    match damage:
        case "gone":
            video.unlink()
        case "short":
            video.write_bytes(video.read_bytes()[:-1])
        case "record":
            record.write_text("{}")
        case "other record":
            record.write_bytes((out / "records" / f"{other.id}.json").read_bytes())
    assert batch(ten, out).tally.done == 1
    assert files(out) == before


def test_damage_that_keeps_the_size_is_found_when_asked(ten, out):
    first, *_ = records(batch(ten, out).store)
    video = out / first.video["file"]
    video.write_bytes(bytes(len(video.read_bytes())))
    assert batch(ten, out).tally.done == 0
    assert batch(ten, out, verify=True).tally.done == 1
    assert batch(ten, out, verify=True).tally.done == 0


def test_an_identical_job_is_drawn_once(tmp_path, out):
    line = {"prompt": "a cat sits", "num_steps": 4}
    path = write(tmp_path / "a.jsonl", line, line, line | {"id": "x"}, line | {"seeds": [0, 1]})
    assert batch(path, out).number == 2


def test_all_that_decides_a_video_is_in_its_id(tmp_path):
    base = {"prompt": "a cat sits", "seed": 1}
    changes = [{}, {"seed": 2}, {"num_steps": 4}, {"fps": 5}, {"negative_prompt": "rain"}]
    changes += [{"prompt": "a cat runs"}, {"boxes": False}, {"frames": 3}]
    path = write(tmp_path / "a.jsonl", *(base | change for change in changes))
    facts, planner = StandIn().facts, {"planner": "rules"}
    ids = [resolve(line, facts, "mp4", planner).id for line in read_jobs(path, {})]
    line = next(read_jobs(path, {}))
    ids += [
        resolve(line, StandIn(sha256="cd" * 32).facts, "mp4", planner).id,
        resolve(line, facts, "gif", planner).id,
        resolve(line, facts, "mp4", planner | {"extra": "{}"}).id,
    ]
    assert len(set(ids)) == len(ids)
    assert all(len(id) == 32 and int(id, 16) >= 0 for id in ids)
    # A label, and what is the model's own, decide nothing.
    path = write(tmp_path / "b.jsonl", base | {"id": "x", "num_steps": 3, "guidance_scale": 7.5})
    assert resolve(next(read_jobs(path, {})), facts, "mp4", planner).id == ids[0]


def test_sizes_that_the_model_or_the_format_cannot_have_are_told_with_their_lines(tmp_path, out):
    lines = [{"prompt": "a cat", "height": height} for height in (16, 17, 18, 19)]
    path = write(tmp_path / "a.jsonl", *lines)
    with pytest.raises(Exception, match="2 faults, nothing was drawn") as caught:
        batch(path, out)
    assert [line.split(":")[1] for line in caught.value.lines] == ["2", "4"]
    assert not (out / "jobs.jsonl").exists()


def test_jobs_of_other_shapes_go_into_other_batches(tmp_path, out):
    lines = [
        {"prompt": "a cat sits", "seed": k, "num_steps": 2 + k % 2, "frames": 1 + k % 3}
        for k in range(12)
    ]
    done = batch(write(tmp_path / "a.jsonl", *lines), out)
    assert done.tally.done == 12 and len(done.renderer.calls) == 6
    for scenes, _ in done.renderer.calls:
        assert len({len(scene.frames) for scene in scenes}) == 1


def test_many_shapes_do_not_pile_up(tmp_path, out):
    path = write(tmp_path / "a.jsonl", *({"prompt": "a", "fps": 4, "seed": k} for k in range(300)))
    groups, most = Groups(4), 0
    for line in read_jobs(path, {}):
        job = resolve(line, StandIn().facts, "mp4", {})
        job.settings["num_steps"] = job.seed  # each of a shape of its own
        for drawn in groups.add(job):
            assert len(drawn.jobs) == 1
        most = max(most, groups.waiting)
    assert most <= 64 * 4 and len(groups.flush()) == most


def test_prompts_that_cannot_be_planned_fail_and_the_others_are_drawn(ten, out):
    def planner(prompt, frames):
        raise {0: PlannerError("no plan"), 1: ZeroDivisionError("a bug")}[frames % 2]

    path = write(
        out.with_suffix(".jsonl"), {"prompt": "a", "frames": 2}, {"prompt": "a", "frames": 3}
    )
    done = batch(path, out, planner=planner)
    assert (done.tally.done, done.tally.failed) == (0, 2)
    first, second = records(done.store)
    assert first.error == {"type": "PlannerError", "message": "no plan", "exit_code": 3}
    assert second.error["message"] == "internal error: a bug" and second.error["exit_code"] == 1
    assert batch(path, out).tally.tried == 0
    assert batch(path, out, retry_failed=True).tally.done == 2
    assert [record.status for record in records(done.store)] == ["done", "done"]


def test_a_job_that_spoils_its_batch_fails_alone(tmp_path, out):
    lines = [{"prompt": text} for text in ("a cat sits", "a box explodes", "a dog", "a cow")]
    done = batch(write(tmp_path / "a.jsonl", *lines), out)
    assert (done.tally.done, done.tally.failed) == (3, 1)
    assert [record.status for record in records(done.store)] == ["done", "failed", "done", "done"]
    assert records(done.store)[1].error["type"] == "ZeroDivisionError"
    assert not (out / "videos" / f"{records(done.store)[1].id}.webp").exists()


def test_what_a_language_model_is_asked_decides_its_plans():
    def decisive(**changes):
        return PlannerChoice(
            llm=LlmSettings(**{"url": "http://a/v1", "model": "b"} | changes)
        ).decisive

    base = decisive()
    assert base["planner"] == "llm" and json.dumps(base)
    assert decisive(model="c") != base != decisive(temperature=1.0)
    assert decisive(total_timeout=5.0, max_calls=3) == base
    assert PlannerChoice().decisive == {"planner": "rules"}


def test_prompts_that_differ_in_their_seeds_share_a_plan(ten, out):
    asked = []

    def planner(prompt, frames):
        asked.append(prompt)
        time.sleep(0.02)
        return plan(prompt, frames)

    assert batch(ten, out, planner=planner).tally.done == 10
    assert len(asked) == 1


def test_the_plan_that_stands_there_is_drawn(ten, out):
    first, *_ = records(batch(ten, out).store)
    path = out / first.plan["file"]
    path.write_text(path.read_text().replace("beach", "meadow"))
    batch(ten, out, overwrite=True)
    again, *_ = records(Folder(str(out)))
    assert again.plan["sha256"] != first.plan["sha256"]
    assert again.video["sha256"] != first.video["sha256"]
    path.write_text("{}")
    assert batch(ten, out, overwrite=True).tally.failed == 1


def test_a_run_ends_after_too_many_failures(tmp_path, out):
    lines = [{"prompt": "a box explodes", "seed": seed} for seed in range(40)]
    done = batch(write(tmp_path / "a.jsonl", *lines), out, max_failures=3)
    assert done.run.ends_early and 3 <= done.tally.failed < 40


@pytest.mark.parametrize("error", [DeviceError("out of memory"), OutputError("gone")])
def test_what_would_go_so_with_every_job_ends_the_run(ten, out, error):
    class Failing(StandIn):
        def draw(self, *args):
            if len(self.calls) == 1:
                raise error
            return super().draw(*args)

    with pytest.raises(type(error), match=str(error)):
        batch(ten, out, Failing())
    done = records(Folder(str(out)))
    assert sum(record is not None for record in done) == 4
    assert batch(ten, out).tally.done == 6


def test_numbers_that_are_not_finite_are_a_jobs_own_fault(ten, out):
    class Failing(StandIn):
        def video(self, scene, seed, settings):
            if seed == 5:
                raise ModelError("the latents are not finite after step 2")
            return super().video(scene, seed, settings)

    done = batch(ten, out, Failing())
    assert (done.tally.done, done.tally.failed) == (9, 1)


class Full(Folder):
    """A disk that is full after some files."""

    room = 23

    def put(self, name, write):
        def counted(path):
            self.room -= 1
            if self.room < 0:
                path.write_bytes(b"half")
                raise OSError(28, "No space left on device")
            write(path)

        super().put(name, counted)


def test_a_full_disk_ends_the_run_and_the_rerun_goes_on(ten, out):
    store = Full(str(out))
    with pytest.raises(OutputError, match="No space left on device"):
        batch(ten, out, store=store)
    kept = [record for record in records(store) if record is not None]
    assert kept and all(is_done(store, record, verify=True) for record in kept)
    assert not list((out / "tmp").iterdir())
    assert batch(ten, out).tally.done == 10 - len(kept)


def test_a_vanished_folder_ends_the_run(ten, out, tmp_path):
    class Moving(StandIn):
        def draw(self, *args):
            if len(self.calls) == 1:
                out.rename(tmp_path / "elsewhere")
            return super().draw(*args)

    with pytest.raises(OutputError):
        batch(ten, out, Moving())
    assert not out.exists()
    (tmp_path / "elsewhere").rename(out)
    kept = len(list((out / "records").iterdir()))
    assert batch(ten, out).tally.done == 10 - kept


def test_a_list_of_jobs_that_cannot_be_read_ends_the_run(ten, out):
    def jobs():
        yield from itertools.islice(stored_jobs(store), 5)
        raise OutputError("the list is gone")

    store = batch(ten, out, shard=(0, 100)).store
    engine = LocalEngine(store, StandIn(), plan, 2)
    with pytest.raises(OutputError, match="the list is gone"):
        Run(engine, 4)(jobs(), lambda tally: None)


def test_an_encoder_that_fails_for_one_video_fails_that_job(ten, out, monkeypatch):
    from flowzero_jax.batch import stages

    def write_video(path, frames, fps, write=stages.write_video):
        if (frames == bad).all():
            raise OutputError(f"{path}: read back with other pixels")
        return write(path, frames, fps)

    bad = StandIn().video(
        plan("a red ball rolls to the right on a beach", 2), 3, StandIn().facts.settings
    )
    monkeypatch.setattr(stages, "write_video", write_video)
    done = batch(ten, out)
    assert (done.tally.done, done.tally.failed) == (9, 1)
    failed = records(done.store)[3]
    assert failed.error["message"] == f"videos/{failed.id}.webp: read back with other pixels"


def test_told_to_stop_it_writes_what_is_drawn_and_goes_on_later(ten, out):
    renderer = StandIn(1.5)
    done = batch(ten, out, renderer, stopping=lambda: len(renderer.calls) >= 2)
    assert done.run.ends_early and done.tally.done == 4
    assert batch(ten, out).tally.done == 6


def test_shards_share_the_jobs(ten, out, tmp_path):
    batch(ten, tmp_path / "whole")
    parts = [batch(ten, out, shard=(k, 3)) for k in range(3)]
    assert sum(part.tally.done for part in parts) == 10
    assert files(out) == files(tmp_path / "whole")


def test_the_manifest_is_in_the_order_of_the_jobs(tmp_path, out):
    lines = [{"prompt": text} for text in ("a cat sits", "a box explodes", "a dog", "a cow")]
    done = batch(write(tmp_path / "a.jsonl", *lines), out)
    (out / "records" / f"{records(done.store)[2].id}.json").unlink()
    assert write_manifest(done.store) == {"done": 2, "failed": 1, "missing": 1}
    rows = [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]
    assert [row["prompt"] for row in rows] == [line["prompt"] for line in lines]
    assert [row["status"] for row in rows] == ["done", "failed", "missing", "done"]
    assert set(rows[2]) == {"id", "label", "status", "prompt"}


def test_the_device_is_kept_busy(tmp_path, out):
    done = batch(prompts(tmp_path / "a.jsonl", 40), out, StandIn(0.5))
    assert busy_share(done.tally, 1) >= 0.95


def test_memory_does_not_grow_with_the_number_of_jobs(tmp_path, out):
    """Bytes of Python's own objects after half of the jobs, and after all of them."""
    held = []

    class Watched(StandIn):
        def draw(self, *args):
            frames = super().draw(*args)
            self.calls.clear()
            held.append(tracemalloc.get_traced_memory()[0])
            return frames

    tracemalloc.start()
    try:
        batch(prompts(tmp_path / "a.jsonl", 200), out, Watched(), videos=5)
    finally:
        tracemalloc.stop()
    early, late = held[10], max(held[30:])
    assert late <= 1.05 * early + 2e5
