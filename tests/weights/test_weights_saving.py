"""Saving: whole or not at all, never over anything else, and verifiable."""

import dataclasses
import json
import os

from flowzero_jax.errors import OutputError
from flowzero_jax.weights import load_folder, save_folder

TEXT = "text_encoder/model.safetensors"


def test_manifest_finds_a_flipped_bit(checkpoint, tmp_path, refusal):
    folder = tmp_path / "saved"
    save_folder(folder, checkpoint)
    data = bytearray((folder / TEXT).read_bytes())
    data[-1] ^= 1
    (folder / TEXT).write_bytes(data)
    assert f"{TEXT}: changed or damaged" in refusal(load_folder, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest[TEXT]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert f"{TEXT}: not in manifest.json" in refusal(load_folder, folder)


def test_save_replaces_a_checkpoint_and_nothing_else(checkpoint, tmp_path, refusal):
    folder = tmp_path / "saved"
    save_folder(folder, checkpoint, "bfloat16")
    first = (folder / TEXT).stat().st_size
    save_folder(folder, checkpoint, "float32")
    assert (folder / TEXT).stat().st_size > first
    assert (folder / TEXT).stat().st_mode == (folder / "model_index.json").stat().st_mode
    (folder / "notes.txt").write_text("mine")
    message = refusal(save_folder, folder, checkpoint, error=OutputError)
    assert "'notes.txt', which is no part of a checkpoint" in message
    assert os.listdir(tmp_path) == ["saved"]


def test_failed_save_leaves_the_old_checkpoint(checkpoint, tmp_path, refusal):
    folder = tmp_path / "saved"
    save_folder(folder, checkpoint)
    before = (folder / "manifest.json").read_bytes()
    broken = dataclasses.replace(checkpoint, tokenizer_folder=tmp_path / "nothing")
    assert "has no vocab.json" in refusal(save_folder, folder, broken)
    assert (folder / "manifest.json").read_bytes() == before
    assert os.listdir(tmp_path) == ["saved"]


def test_save_does_not_carry_a_chat_template_on(folder, checkpoint, tmp_path, source, edit_json):
    edit_json(folder / "tokenizer/tokenizer_config.json", chat_template="{{ x }}")
    edited = dataclasses.replace(checkpoint, tokenizer_folder=folder / "tokenizer")
    save_folder(tmp_path / "saved", edited)
    saved = json.loads((tmp_path / "saved/tokenizer/tokenizer_config.json").read_text())
    original = json.loads((source / "tokenizer/tokenizer_config.json").read_text())
    assert saved.items() <= original.items()


def test_save_into_a_missing_folder(checkpoint, tmp_path, refusal):
    message = refusal(save_folder, tmp_path / "a" / "b", checkpoint, error=OutputError)
    assert "no such folder" in message
