"""Names of the hub, against a fake one on the loopback interface; the real one was never asked."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from fake_hub import COMMITS, FakeHub

from flowzero_jax.errors import InputError
from flowzero_jax.weights import Source, load_checkpoint, load_folder, save_pipeline
from flowzero_jax.weights.hub import fetch

UNET = "unet/diffusion_pytorch_model.safetensors"
TEXT = "text_encoder/model.safetensors"
MODEL = "hf:owner/model"


@pytest.fixture
def hub(tmp_path, monkeypatch, source):
    """A running hub with the reference pipeline, and an empty cache."""
    from huggingface_hub import constants, file_download

    hub = FakeHub()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(constants, "ENDPOINT", hub.url)
    template = constants.HUGGINGFACE_CO_URL_TEMPLATE
    template = hub.url + template[template.index("/{repo_id}") :]
    for module in (constants, file_download):
        monkeypatch.setattr(module, "HUGGINGFACE_CO_URL_TEMPLATE", template, raising=False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    hub.add("owner/model", source)
    yield hub
    hub.stop()


@pytest.fixture
def offline(monkeypatch):
    def switch():
        from huggingface_hub import constants

        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)

    return switch


def test_model_of_the_hub_is_that_of_its_folder(hub, checkpoint, assert_equal_params):
    loaded = load_checkpoint(Source(MODEL))
    assert_equal_params(loaded.params, checkpoint.params)
    assert loaded.sha256 == checkpoint.sha256
    assert loaded.origin == {"repository": "owner/model", "commit": COMMITS["main"]}


def test_only_what_is_read_is_fetched(hub, folder):
    (folder / "unet/diffusion_pytorch_model.bin").write_bytes(b"\x80\x02")
    (folder / "unet/model.py").write_text("raise SystemExit")
    (folder / "handler.py").write_text("raise SystemExit")
    (folder / "v1-5-pruned.safetensors").write_bytes(bytes(8))
    (folder / "safety_checker").mkdir()
    (folder / "safety_checker/model.safetensors").write_bytes(bytes(8))
    (folder / "tokenizer/tokenizer.json").write_text("{}")
    shutil.copy(folder / UNET, folder / UNET.replace(".safe", ".fp16.safe"))
    hub.add("owner/model", folder)
    load_checkpoint(Source(MODEL))
    assert set(hub.fetched) == {
        "model_index.json",
        "scheduler/scheduler_config.json",
        *(f"tokenizer/{n}" for n in ("vocab.json", "merges.txt")),
        *(f"tokenizer/{n}" for n in ("tokenizer_config.json", "special_tokens_map.json")),
        *(f"{n}/config.json" for n in ("unet", "vae", "text_encoder")),
        *(UNET, TEXT, "vae/diffusion_pytorch_model.safetensors"),
    }


def test_shards_are_fetched_by_their_index(hub, folder, shard):
    shard(folder)
    hub.add("owner/model", folder)
    load_checkpoint(Source(MODEL))
    assert "text_encoder/one.safetensors" in hub.fetched


def test_index_cannot_name_other_files(hub, folder, shard, edit_json, refusal):
    index = shard(folder)
    weight_map = json.loads(index.read_text())["weight_map"]
    edit_json(index, weight_map=weight_map | {"x": "../x.safetensors"})
    hub.add("owner/model", folder)
    assert "only plain names" in refusal(load_checkpoint, Source(MODEL))
    assert not any(".." in name for name in hub.fetched)


def test_manifest_of_the_hub_is_checked(hub, checkpoint, tmp_path, refusal):
    save_pipeline(tmp_path / "saved", checkpoint)
    with (tmp_path / "saved" / TEXT).open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x01")
    hub.add("owner/model", tmp_path / "saved")
    assert "changed or damaged" in refusal(load_checkpoint, Source(MODEL))


def test_revision_is_resolved_once_and_recorded(hub, folder, edit_json):
    edit_json(folder / "scheduler/scheduler_config.json", timestep_spacing="trailing")
    hub.add("owner/model", folder, "refs/pr/1")
    loaded = load_checkpoint(Source(f"{MODEL}@refs/pr/1"))
    assert loaded.origin["commit"] == COMMITS["refs/pr/1"]
    assert loaded.schedule_config.timestep_spacing == "trailing"
    exact = load_checkpoint(Source(f"{MODEL}@{COMMITS['main']}"))
    assert exact.origin["commit"] == COMMITS["main"]
    assert exact.schedule_config.timestep_spacing == "leading"


def test_offline_the_cache_is_used(hub, offline, refusal):
    first = fetch(MODEL)
    hub.stop()
    offline()
    assert fetch(MODEL) == first
    assert fetch(f"{MODEL}@{first.commit}") == first
    message = refusal(fetch, f"{MODEL}@refs/pr/1")
    assert "not in the local cache" in message and "HF_HUB_OFFLINE is set" in message
    (first.folder / UNET).unlink()
    assert "unet/ has no" in refusal(fetch, MODEL)


def test_without_network_the_cache_is_used_with_a_warning(hub, refusal):
    first = fetch(MODEL)
    hub.stop()
    with pytest.warns(UserWarning, match="using commit aaaaaaaaaaaa as cached"):
        assert fetch(MODEL) == first
    assert "the hub is out of reach" in refusal(fetch, "hf:owner/other")


def test_cached_name_follows_the_hub(hub, folder, monkeypatch, offline):
    fetch(MODEL)
    hub.commits["main"] = "c" * 40
    hub.add("owner/model", folder)
    assert fetch(MODEL).commit == "c" * 40
    offline()
    assert fetch(MODEL).commit == "c" * 40


@pytest.mark.parametrize(
    ("status", "code", "fault"),
    [
        (403, "GatedRepo", "the repository is gated"),
        (401, "RepoNotFound", "no such repository, or it is private"),
        (404, "RepoNotFound", "no such repository"),
        (500, "", "not fetched: "),
    ],
)
def test_refusals_are_told_at_once(hub, status, code, fault, refusal):
    hub.refusals["owner/model"] = (status, code)
    assert fault in refusal(fetch, MODEL)


def test_revision_that_is_gone(hub, refusal):
    assert "no such revision" in refusal(fetch, f"{MODEL}@{'d' * 40}")


def test_pickles_alone(hub, folder, refusal):
    for path in folder.rglob("*.safetensors"):
        path.rename(path.with_suffix(".bin"))
    hub.add("owner/model", folder)
    message = refusal(fetch, MODEL)
    assert "never opened" in message and "hf:owner/model@refs/pr/NUMBER" in message
    assert hub.fetched == []


def test_single_file_of_the_hub_is_to_be_named_as_a_file(hub, tmp_path, refusal):
    other = tmp_path / "other"
    other.mkdir()
    (other / "v1-5-pruned-emaonly.safetensors").write_bytes(bytes(8))
    hub.add("owner/model", other)
    assert "download v1-5-pruned-emaonly.safetensors" in refusal(fetch, MODEL)


@pytest.mark.parametrize(
    "name",
    ["hf:", "hf:model", "hf:a/b/c", "hf:../a", "hf:a/b@", "hf:a/b@../x", "hf:a/b@/x", "hf:a/b\n"],
)
def test_name_that_is_none(name, refusal):
    assert "hub name" in refusal(fetch, name)


def test_tokenizer_is_refused_for_the_hub(refusal, tmp_path):
    message = refusal(load_checkpoint, Source(MODEL, tokenizer=tmp_path), error=InputError)
    assert "leave --tokenizer out" in message


def test_library_is_imported_for_hub_names_only(monkeypatch, source, refusal):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    load_folder(source)
    assert "pip install huggingface_hub" in refusal(fetch, MODEL)


def test_command_line_and_environment(hub, offline, monkeypatch, tmp_path):
    """In a process of its own, where the library reads the real environment variables."""
    environment = os.environ | {"HF_ENDPOINT": hub.url, "HF_HUB_CACHE": str(tmp_path / "cache")}
    run = subprocess.run(
        [sys.executable, "-m", "flowzero_jax", "inspect", MODEL, "--json"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0
    assert json.loads(run.stdout)["origin"]["commit"] == COMMITS["main"]
    offline()
    assert fetch(MODEL).commit == COMMITS["main"]
