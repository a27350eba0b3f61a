"""Saving: whole or not at all, never over anything else, and verifiable."""

import dataclasses
import json
import os

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file, save

from flowzero_jax.errors import InputError, OutputError
from flowzero_jax.pipeline import Pipeline
from flowzero_jax.weights import (
    CheckpointSettings,
    Source,
    convert_weights,
    load_folder,
    save_pipeline,
)

TEXT = "text_encoder/model.safetensors"


def test_manifest_finds_a_flipped_bit(checkpoint, tmp_path, refusal):
    folder = tmp_path / "saved"
    save_pipeline(folder, checkpoint)
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
    save_pipeline(folder, checkpoint, "bfloat16")
    first = (folder / TEXT).stat().st_size
    save_pipeline(folder, checkpoint, "float32")
    assert (folder / TEXT).stat().st_size > first
    assert (folder / TEXT).stat().st_mode == (folder / "model_index.json").stat().st_mode
    (folder / "notes.txt").write_text("mine")
    message = refusal(save_pipeline, folder, checkpoint, error=OutputError)
    assert "'notes.txt', which is no part of a checkpoint" in message
    assert os.listdir(tmp_path) == ["saved"]


def test_failed_save_leaves_the_old_checkpoint(checkpoint, tmp_path, refusal):
    folder = tmp_path / "saved"
    save_pipeline(folder, checkpoint)
    before = (folder / "manifest.json").read_bytes()
    broken = dataclasses.replace(checkpoint, tokenizer_folder=tmp_path / "nothing")
    assert "has no vocab.json" in refusal(save_pipeline, folder, broken)
    assert (folder / "manifest.json").read_bytes() == before
    assert os.listdir(tmp_path) == ["saved"]


def test_save_does_not_carry_a_chat_template_on(folder, checkpoint, tmp_path, source, edit_json):
    edit_json(folder / "tokenizer/tokenizer_config.json", chat_template="{{ x }}")
    edited = dataclasses.replace(checkpoint, tokenizer_folder=folder / "tokenizer")
    save_pipeline(tmp_path / "saved", edited)
    saved = json.loads((tmp_path / "saved/tokenizer/tokenizer_config.json").read_text())
    original = json.loads((source / "tokenizer/tokenizer_config.json").read_text())
    assert saved.items() <= original.items()


def test_save_into_a_missing_folder(checkpoint, tmp_path, refusal):
    message = refusal(save_pipeline, tmp_path / "a" / "b", checkpoint, error=OutputError)
    assert "no such folder" in message


def test_files_are_those_of_the_library(checkpoint, tmp_path):
    """The same bytes, but for the order of two equal-sized names in the header."""
    save_pipeline(tmp_path / "saved", checkpoint, "bfloat16")
    for path in (tmp_path / "saved").rglob("*.safetensors"):
        library = save(load_file(path), metadata={"format": "pt"})
        assert len(path.read_bytes()) == len(library)
        start = 8 + int.from_bytes(library[:8], "little")
        assert path.read_bytes()[start:] == library[start:]
        with safe_open(path, "numpy") as file:
            assert file.metadata() == {"format": "pt"}


def test_card_says_what_it_is_and_may_be_edited(checkpoint, tmp_path):
    named = dataclasses.replace(
        checkpoint, settings=CheckpointSettings(name="toy"), origin={"commit": "abc"}
    )
    save_pipeline(tmp_path / "saved", named, "float16")
    card = tmp_path / "saved/README.md"
    text = card.read_text()
    assert text.startswith("---\nlibrary_name: diffusers\n") and "# toy" in text
    assert "stored as float16" in text and "commit: abc" in text and checkpoint.sha256 in text
    count = sum(np.prod(t.shape) for t in load_file(tmp_path / "saved" / TEXT).values())
    assert f"| text encoder | {count:,} |" in text
    card.write_text("mine")
    load_folder(tmp_path / "saved")


def test_pipeline_saves_itself(checkpoint, tmp_path):
    pipeline = Pipeline(checkpoint)
    digest = pipeline.save_pipeline(tmp_path / "saved")
    assert digest == load_folder(tmp_path / "saved").sha256
    assert digest == save_pipeline(tmp_path / "other", checkpoint)


def test_weight_too_large_for_the_dtype_is_not_saved(checkpoint, tmp_path, refusal):
    norm = {"text_model.final_layer_norm": {"scale": np.full(32, 1e6, np.float32)}}
    text = checkpoint.params["text_encoder"] | norm
    large = dataclasses.replace(checkpoint, params=checkpoint.params | {"text_encoder": text})
    message = refusal(save_pipeline, tmp_path / "saved", large, "float16")
    assert "text_model.final_layer_norm.weight: not finite, or too large for float16" in message
    assert os.listdir(tmp_path) == []


def test_conversion_does_not_replace_what_it_reads(folder, source, tmp_path, refusal):
    for out in (folder, folder.parent):
        message = refusal(convert_weights, Source(folder), out, error=InputError)
        assert "is read; give another name" in message
    assert load_folder(folder).sha256 == load_folder(source).sha256
    digest = convert_weights(Source(folder), tmp_path / "new")
    assert load_folder(tmp_path / "new").sha256 == digest
