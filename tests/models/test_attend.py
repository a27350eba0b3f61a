"""Every way to compute attention gives what the plain formula says."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from flowzero_jax.models.attend import QUERY_BLOCK, KeyValue, attend, choose_method
from flowzero_jax.models.platform import CPU, Platform

pytestmark = pytest.mark.equality

FRAMES, HEADS, SIZE = 3, 2, 8


def normal(seed, *shape, dtype=jnp.float32):
    return jax.random.normal(jax.random.key(seed), shape).astype(dtype)


def source(seed, num_frames, num_tokens, dtype=jnp.float32):
    shape = (2, num_frames, num_tokens, HEADS, SIZE)
    return KeyValue(normal(seed, *shape, dtype=dtype), normal(seed + 1, *shape, dtype=dtype))


def plain(query, *sources):
    """The formula, in float32, with all sources copied together for every frame."""
    query = query.astype(jnp.float32)

    def joined(parts):
        parts = [jnp.broadcast_to(x, (2, FRAMES, *x.shape[2:])) for x in parts]
        return jnp.concatenate(parts, axis=2).astype(jnp.float32)

    key = joined([source.key for source in sources])
    value = joined([source.value for source in sources])
    scores = jnp.einsum("bftne,bfsne->bfnts", query, key) * SIZE**-0.5
    return jnp.einsum("bfnts,bfsne->bftne", jax.nn.softmax(scores, axis=-1), value)


SOURCES = {
    "own": [(FRAMES, 40)],
    "first": [(1, 40)],
    "first and own": [(1, 40), (FRAMES, 40)],
    "pixels and objects": [(FRAMES, 40), (FRAMES, 5)],
    "pixels and objects of all frames": [(FRAMES, 40), (1, 5)],
}
TOLERANCES = {"float32": 1e-5, "bfloat16": 3e-2, "float16": 4e-3}


def methods():
    names = ["xla", "chunked"]
    if jax.default_backend() == "gpu":
        names.append("cudnn")
    return names


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("method", methods())
@pytest.mark.parametrize("sources", SOURCES)
def test_all_methods_equal_the_formula(sources, method, dtype):
    if method == "cudnn" and dtype == "float32":
        pytest.skip("cuDNN's flash attention is for 16 bits")
    query = normal(0, 2, FRAMES, 70, HEADS, SIZE, dtype=dtype)
    given = [source(10 * i + 1, *shape, dtype) for i, shape in enumerate(SOURCES[sources])]
    out = attend(query, *given, method=method)
    assert (out.shape, out.dtype) == (query.shape, query.dtype)
    np.testing.assert_allclose(
        out.astype(jnp.float32), plain(query, *given), atol=TOLERANCES[dtype]
    )


@pytest.mark.parametrize("num_queries", [QUERY_BLOCK, 2 * QUERY_BLOCK, 2 * QUERY_BLOCK + 7])
def test_blocks_need_not_divide_the_queries(num_queries):
    query = normal(0, 2, FRAMES, num_queries, HEADS, SIZE)
    given = source(1, FRAMES, 9)
    np.testing.assert_allclose(
        attend(query, given, method="chunked"), plain(query, given), atol=1e-5
    )


def test_large_scores_do_not_overflow():
    query, given = 1e4 * normal(0, 2, FRAMES, 20, HEADS, SIZE), source(1, FRAMES, 30)
    for method in methods()[:2]:
        assert bool(jnp.isfinite(attend(query, given, source(3, 1, 5), method=method)).all())


def test_a_mask_hides_tokens():
    query, given = normal(0, 2, FRAMES, 6, HEADS, SIZE), source(1, FRAMES, 6)
    mask = jnp.arange(6) < 4
    seen = KeyValue(given.key[:, :, :4], given.value[:, :, :4])
    np.testing.assert_allclose(
        attend(query, given, mask=mask[None, None, None, None]), plain(query, seen), atol=1e-5
    )


def test_the_choice_on_cpus():
    short, long = (jnp.zeros((1, 1, t, 8, 8)) for t in (64, 4096))
    assert choose_method("auto", short, 64, CPU) == "xla"
    assert choose_method("auto", long, 4096, CPU) == "chunked"
    assert choose_method("auto", long, 77, CPU) == "xla"
    assert choose_method("xla", long, 4096, CPU) == "xla"


@pytest.mark.parametrize("name", ["gpu", "tpu"])
def test_the_choice_elsewhere_is_by_the_number_of_queries(name):
    short, long = (jnp.zeros((1, 1, t, 8, 8), jnp.bfloat16) for t in (1023, 1024))
    assert choose_method("auto", short, 10**6, Platform(name)) == "xla"
    assert choose_method("auto", long, 1, Platform(name)) == "chunked"
    assert choose_method("xla", long, 1, Platform(name)) == "xla"


@pytest.mark.parametrize(
    ("size", "dtype", "largest", "chosen"),
    [
        (40, "bfloat16", 128, "cudnn"),
        (128, "float16", 128, "cudnn"),
        (160, "bfloat16", 128, "chunked"),
        (160, "bfloat16", 256, "cudnn"),
        (44, "bfloat16", 256, "chunked"),
        (40, "float32", 256, "chunked"),
        (40, "bfloat16", 0, "chunked"),
    ],
)
def test_cudnn_is_chosen_for_the_heads_that_it_takes(size, dtype, largest, chosen):
    query = jax.ShapeDtypeStruct((1, 1, 2048, 8, size), dtype)
    assert choose_method("auto", query, 2048, Platform("gpu", largest)) == chosen
