"""Properties of the training loop, its losses and its checkpoints, on tiny problems."""

import json
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from flowzero_jax.errors import FlowZeroError
from flowzero_jax.lab.training import checkpoints, loop
from flowzero_jax.lab.training.autoencoder import shift_cubic, shift_error
from flowzero_jax.lab.training.layout_losses import (
    layout_losses,
    owners,
    pixel_centres,
    word_loss,
    word_targets,
)
from flowzero_jax.lab.training.pool import LatentBatch, pool_batches
from flowzero_jax.lab.training.prefetch import prefetch
from flowzero_jax.lab.training.stages import load_params, save_params
from flowzero_jax.lab.training.state import StageSettings, init_state, make_train_step

OPTIMIZER = optax.adam(0.1)


def quadratic(params, batch, key):
    target = batch.mean() + 0.1 * jax.random.normal(key, ())
    loss = (params["x"] - target) ** 2
    return loss, {"target": target}


def batches(start, stop=12):
    return (
        np.full((jax.device_count(), 2), float(step), np.float32) for step in range(start, stop)
    )


def train(folder, num_steps, loss=quadratic, **arguments):
    return loop.run(
        folder,
        init_state({"x": jnp.zeros(())}, OPTIMIZER),
        make_train_step(loss, OPTIMIZER, average_decay=0.9),
        partial(batches, stop=num_steps),
        num_steps=num_steps,
        seed=0,
        samples_per_step=2,
        log_every=1,
        save_every=4,
        **arguments,
    )


@pytest.mark.equality
def test_a_resumed_run_ends_like_an_uninterrupted_one(tmp_path):
    whole = train(tmp_path / "whole", 12)
    train(tmp_path / "parts", 7)
    parts = train(tmp_path / "parts", 12)
    assert int(parts.step) == 12
    jax.tree.map(np.testing.assert_array_equal, whole, parts)


def test_a_finished_run_returns_its_state(tmp_path):
    first, again = train(tmp_path, 5), train(tmp_path, 5)
    np.testing.assert_array_equal(first.params["x"], again.params["x"])


def test_a_damaged_checkpoint_is_passed_over(tmp_path):
    train(tmp_path, 8)
    like = init_state({"x": jnp.zeros(())}, OPTIMIZER)
    for victim in [f for f in (tmp_path / "checkpoints" / "8").rglob("*") if f.stat().st_size]:
        if victim.is_file():
            content = victim.read_bytes()
            for damaged in (content[:-1] + b"\0", content[: len(content) // 2], b"\xff"):
                victim.write_bytes(damaged)
                assert int(checkpoints.restore_newest(tmp_path / "checkpoints", like).step) == 4
            victim.write_bytes(content)
    assert int(checkpoints.restore_newest(tmp_path / "checkpoints", like).step) == 8


def test_metrics_are_json_lines(tmp_path):
    train(tmp_path, 6)
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2, 3, 4, 5]
    assert {"loss", "target", "gradient_norm", "samples_per_second"} <= set(lines[0])


def test_a_loss_that_is_not_finite_stops_the_run(tmp_path):
    def diverging(params, batch, key):
        loss, metrics = quadratic(params, batch, key)
        return jnp.where(batch[0, 0] >= 5, jnp.nan, loss), metrics

    with pytest.raises(FlowZeroError, match="loss is nan"):
        train(tmp_path, 12, diverging)
    like = init_state({"x": jnp.zeros(())}, OPTIMIZER)
    assert int(checkpoints.restore_newest(tmp_path / "checkpoints", like).step) == 4


def test_the_average_lags_behind(tmp_path):
    state = train(tmp_path, 12)
    assert 0 < float(state.average["x"]) < float(state.params["x"])


@pytest.mark.parametrize("workers", [0, 2])
def test_prefetched_batches_come_in_order(workers):
    assert list(prefetch(abs, 3, 20, workers)) == list(range(3, 20))


def test_every_epoch_shows_each_example_once_and_resumes_anywhere():
    rows = np.arange(12)
    pool = LatentBatch(*(rows for _ in LatentBatch._fields))
    steps = list(pool_batches(pool, 4, seed=0, start=0, stop=6))
    assert sorted(np.concatenate([b.latents for b in steps[:3]])) == rows.tolist()
    assert any((a.latents != b.latents).any() for a, b in zip(steps[:3], steps[3:], strict=True))
    resumed = list(pool_batches(pool, 4, seed=0, start=4, stop=6))
    for a, b in zip(resumed, steps[4:], strict=True):
        np.testing.assert_array_equal(a.boxes, b.boxes)


def test_later_boxes_own_the_pixels_they_cover():
    boxes = jnp.array([[[0, 0, 1, 1], [0.5, 0.5, 1, 1], [0, 0, 1, 1]]], jnp.float32)
    owned = owners(pixel_centres(4, 4), boxes, jnp.array([[1.0, 1.0, 0.0]]))
    assert owned.sum(axis=(0, 1)).tolist() == [12, 4, 0]
    assert owned.reshape(4, 4, 3)[3, 3].tolist() == [0, 1, 0]


def test_layout_losses_reward_attention_inside_the_box():
    boxes, mask = jnp.array([[[0.0, 0.0, 0.5, 1.0]]]), jnp.ones((1, 1))
    inside = np.asarray(owners(pixel_centres(4, 4), boxes, mask))[0]
    tokens = jax.random.normal(jax.random.key(0), (1, 16, 8))
    probe = {"kernel": jnp.zeros((8, 16)), "bias": jnp.zeros(16)}
    relative = {"kernel": jnp.zeros((8, 2)), "bias": jnp.zeros(2)}
    probes = {"block": {"coordinates": probe, "relative": relative, "words": probe}}
    words = jnp.zeros((1, 1, 16))

    def attention_loss(sign):
        query = jnp.asarray(sign * (20 * inside - 10))
        key = jnp.concatenate([jnp.zeros((16, 1)), jnp.ones((1, 1))])
        block = {
            "before": tokens,
            "after": tokens,
            "query": query[None],
            "key": key[None],
        }
        return float(layout_losses({"block": block}, probes, boxes, mask, words)["attention"])

    assert attention_loss(1) < 0.1 < 1 < attention_loss(-1)


def test_word_targets_share_what_a_phrase_says():
    ids = jnp.array([[[6, 1, 2, 7, 7], [6, 3, 7, 7, 7], [6, 7, 7, 7, 7]]])
    words = word_targets(ids, 8, end_id=7)[0]
    assert words[0].tolist() == [0, 0.5, 0.5, 0, 0, 0, 0, 0]
    assert words[1, 3] == 1 and words[2].sum() == 0


def test_embeddings_that_tell_their_words_cost_nothing():
    words = jax.nn.one_hot(jnp.array([[1, 2]]), 4)
    probe = {"kernel": 20 * jnp.eye(4), "bias": jnp.zeros(4)}
    mask = jnp.ones((1, 2))
    assert float(word_loss(words, probe, words, mask)) < 1e-3
    assert float(word_loss(words[:, ::-1], probe, words, mask)) > 5
    assert float(word_loss(words[:, ::-1], probe, words, 0 * mask)) == 0


def test_parameters_survive_a_file(tmp_path):
    params = {"a.0": {"kernel": np.arange(6.0).reshape(2, 3)}, "b": np.ones(2)}
    save_params(tmp_path / "params.safetensors", params)
    jax.tree.map(
        np.testing.assert_array_equal, load_params(tmp_path / "params.safetensors"), params
    )


def test_cubic_shifts_by_whole_pixels_are_slices():
    latents = jax.random.normal(jax.random.key(0), (8, 9, 3))
    for dy, dx in ((0, 0), (1, 0), (0, 1), (1, 1)):
        shifted = shift_cubic(latents, jnp.array([dy, dx], jnp.float32))
        expected = latents[1 + dy : 6 + dy, 1 + dx : 7 + dx]
        np.testing.assert_allclose(shifted, expected, atol=1e-6)


def test_latents_that_move_with_their_picture_have_no_shift_error():
    y, x = jnp.meshgrid(jnp.arange(12.0), jnp.arange(12.0), indexing="ij")

    def wave(dy, dx):
        return jnp.sin(0.5 * (y + dy) + 0.3 * (x + dx))[None, :, :, None]

    shifts = jnp.array([[0.4, 0.7]])
    assert shift_error(wave(0, 0), wave(0.4, 0.7), shifts) < 1e-3
    assert shift_error(wave(0, 0), wave(0, 0), shifts) > 0.05


def test_the_learning_rate_is_constant_until_the_last_steps():
    settings = StageSettings(num_steps=100, warmup_steps=10, learning_rate=1.0, decay_share=0.2)
    rates = np.array([settings.schedule(step) for step in range(101)])
    assert rates[0] == 0 and (np.diff(rates[:11]) > 0).all()
    assert (rates[10:80] == 1.0).all() and (np.diff(rates[80:]) < 0).all()
    np.testing.assert_allclose(rates[100], settings.final_learning_rate, rtol=1e-5)
