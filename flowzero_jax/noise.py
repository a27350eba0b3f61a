"""The noise of a video: one image of noise, moved with the background and with the objects.

Motion-guided noise shifting (FlowZero, arXiv 2311.15813) rotates phases in the frequency domain.
Here the rotation is an exactly orthogonal map, so that every frame's noise stays exactly standard
normal: real in, real out, with nothing renormalised. Object-attached noise is our addition.

Axes: `f` frame, `h w` latent rows and columns, `c` channels, `n` object slot. A shift is (dy, dx)
in latent pixels, positive = content moves down and right. One video here; `vmap` for more.

What is drawn from a video's key, each from a key of its own:

    fold_in(key, g), 0 ≤ g < 2**16              the random turn u_g of frame g
    fold_in(key, 2**16)                         the noise image that all frames share
    fold_in(fold_in(key, 2**16 + 1), track)     the noise field of a track
    fold_in(key, 2**16 + 2)                     64 bits: the key of what a stochastic sampler adds

With fold_in(that last key, timestep) in the place of the video's, the second and the third row are
the image and the fields of the noise that one step adds. The random turns are the video's.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Bool, Complex, Float, Int, Key, Num, PRNGKeyArray

from flowzero_jax.errors import InputError

IMAGE_STREAM = 2**16
TRACK_STREAM = 2**16 + 1
STEP_STREAM = 2**16 + 2
# Named, not left to `jax_default_prng_impl`: with others a draw depends on the batch it is made in,
# and a track would not keep its noise. So are a key's bits, not left to `jax_random_seed_offset`.
GENERATOR = "threefry2x32"


def video_keys(seeds: Sequence[int]) -> Key[Array, " b"]:
    """The keys `[b]` of videos with the given seeds, 0 ≤ seed < 2**32.

    Raises:
        InputError: a seed is out of range.
    """
    for index, seed in enumerate(seeds):
        if not 0 <= seed < 2**32:
            raise InputError(f"seeds[{index}]: {seed} is not in 0 … 2**32 − 1; choose another seed")
    bits = np.array([(0, seed) for seed in seeds], np.uint32).reshape(-1, 2)
    return jax.random.wrap_key_data(jnp.asarray(bits), impl=GENERATOR)


def shift_noise(
    noise: Float[ArrayLike, "h w c"], shift: Num[ArrayLike, "2"]
) -> Float[Array, "h w c"]:
    """Moves a periodic image by a real number of pixels, without changing its distribution.

    An orthogonal map for every shift: whole shifts equal `jnp.roll` but for rounding, shift 0
    returns the input, a cosine below the Nyquist frequency moves by the exact fraction.

    Args:
        noise: `[h w c]`, of any floating dtype; computed in float32.
        shift: (dy, dx) in pixels, positive = content moves down and right.

    Returns:
        `[h w c]` of the input's dtype.
    """
    noise = jnp.asarray(noise)
    return turn_noise(noise, shift, jnp.zeros(noise.shape[:2], jnp.float32))


def shift_noise_frames(
    noise: Float[ArrayLike, "h w c"], shifts: Num[ArrayLike, "f 2"]
) -> Float[Array, "f h w c"]:
    """`shift_noise` of one image by each frame's shift: `[h w c]`, `[f 2]` -> `[f h w c]`."""
    return jax.vmap(shift_noise, in_axes=(None, 0))(jnp.asarray(noise), jnp.asarray(shifts))


def turn_noise(
    noise: Float[Array, "h w c"], shift: Num[ArrayLike, "2"], phase: Float[Array, "h w"]
) -> Float[Array, "h w c"]:
    """Shifts an image and turns each of its frequencies by an angle of its own.

    Args:
        noise: `[h w c]`, of any floating dtype.
        shift: (dy, dx) in pixels, as in `shift_noise`.
        phase: angles in radians added to the phase of the shift, in the order of `fft2`. Odd in the
            frequency and 0 where it is its own negative, else the result would not be real.

    Returns:
        `[h w c]` of the input's dtype; the input itself where shift and phase are 0.
    """
    h, w, _ = noise.shape
    shift = jnp.asarray(shift, jnp.float32)
    columns = w // 2 + 1
    factor = jnp.outer(
        _shift_factor(shift[0], h, np.fft.fftfreq(h, 1 / h)),
        _shift_factor(shift[1], w, np.arange(columns)),
    )
    factor *= _rotation(phase[:, :columns])
    spectrum = jnp.fft.rfft2(noise.astype(jnp.float32), axes=(0, 1))
    turned = jnp.fft.irfft2(spectrum * factor[..., None], s=(h, w), axes=(0, 1))
    still = jnp.all(shift == 0) & jnp.all(phase == 0)
    return jnp.where(still, noise, turned.astype(noise.dtype))


def _shift_factor(
    shift: Float[Array, ""], size: int, frequencies: np.ndarray
) -> Complex[Array, " k"]:
    """What a shift along one axis multiplies the bins of the given whole frequencies with.

    A complex phase at the Nyquist bin would leave the real numbers and lose variance there; the
    real sign `1 − 2·(floor(s + ½) mod 2)` keeps the map orthogonal and is right for whole shifts.
    """
    whole = jnp.floor(shift + 0.5)
    fraction = shift - whole
    whole = whole.astype(jnp.int32)
    k = jnp.asarray(np.rint(frequencies), jnp.int32)
    # Whole turns are dropped in integers: in float32 a shift by thousands of pixels, as after many
    # frames, would otherwise cost the phase its last digits.
    turns = ((k * (whole % size)) % size + k * fraction) / size
    sign = (1 - 2 * (whole % 2)).astype(jnp.complex64)
    return jnp.where(2 * jnp.abs(k) == size, sign, _rotation(-2 * np.pi * turns))


def _rotation(angle: Float[Array, "..."]) -> Complex[Array, "..."]:
    return jax.lax.complex(jnp.cos(angle), jnp.sin(angle))


def random_phases(
    key: PRNGKeyArray, speeds: Float[Array, " f"], size: tuple[int, int]
) -> Float[Array, "f h w"]:
    """The phases of background motion without a direction (water, fire, a crowd).

    θ_f[k] = Σ_{g ≤ f} speeds[g] · u_g[k], with u_g uniform in [−π, π], odd in the frequency k, 0 at
    the self-conjugate bins, and drawn from `fold_in(key, g)`: frame f does not depend on what comes
    after it.

    Args:
        key: the video's key.
        speeds: `[f]`, 0 where the frame's motion is not random.
        size: (h, w) of the noise.

    Returns:
        `[f h w]` angles in radians, in the order of `fft2`, the same for all channels.
    """
    # The place of a bin in the flattened spectrum, and of the bin with the negative frequency: of
    # the two, the first keeps what it drew.
    h, w = size
    row, column = np.indices(size)
    bin_, opposite = row * w + column, -row % h * w + -column % w

    def turn(g: Int[Array, ""]) -> Float[Array, "h w"]:
        drawn = jax.random.uniform(
            jax.random.fold_in(key, g), size, jnp.float32, minval=-np.pi, maxval=np.pi
        )
        odd = jnp.where(bin_ < opposite, drawn, -jnp.roll(jnp.flip(drawn), 1, (0, 1)))
        return jnp.where(bin_ == opposite, 0, odd)

    def step(phase, frame):
        g, speed = frame
        phase = phase + speed * turn(g)
        return phase, phase

    frames = jnp.arange(speeds.shape[0]), speeds.astype(jnp.float32)
    return jax.lax.scan(step, jnp.zeros(size, jnp.float32), frames)[1]


def object_noise(
    key: PRNGKeyArray,
    noise: Float[Array, "f h w c"],
    boxes: Float[Array, "f n 4"],
    object_mask: Float[Array, "f n"],
    track_ids: Int[Array, "f n"],
) -> Float[Array, "f h w c"]:
    """Gives every track noise of its own that moves with its box (ours, not the paper's).

    A track has one standard-normal field, anchored to its box's centre on whole latent pixels. It
    replaces the noise at the latent pixels whose centre lies in the box; later slots cover earlier
    ones. Within a frame no value is used twice (a field is as large as the image and wraps around),
    so that the frame stays exactly standard normal as long as no track is in it twice.

    Args:
        key: the video's key.
        noise: the frames' noise without objects.
        boxes: x0, y0, x1, y1 as fractions of width and height.
        object_mask: 1 where a slot holds an object; the others have no effect.
        track_ids: which slots of different frames are the same object.

    Returns:
        `[f h w c]` of the dtype of `noise`.
    """
    _, h, w, c = noise.shape
    fields_key = jax.random.fold_in(key, TRACK_STREAM)

    def place(track: Int[Array, ""], box: Float[Array, "4"]):
        field = jax.random.normal(jax.random.fold_in(fields_key, track), (h, w, c), jnp.float32)
        rows, in_rows = _along_axis(box[1], box[3], h)
        cols, in_cols = _along_axis(box[0], box[2], w)
        return field[rows][:, cols], in_rows[:, None] & in_cols

    def put(slot, noise):
        fields, inside = jax.vmap(place)(track_ids[:, slot], boxes[:, slot])
        inside &= (object_mask[:, slot] > 0)[:, None, None]
        return jnp.where(inside[..., None], fields.astype(noise.dtype), noise)

    # A field is drawn anew wherever it is needed, from the track's key: that keeps the memory at
    # one slot's fields, whatever the number of tracks. Slots that no frame uses are not visited.
    slots = jnp.arange(1, boxes.shape[1] + 1)
    used = jnp.max(jnp.where(object_mask > 0, slots, 0), initial=0)
    return jax.lax.fori_loop(0, used, put, noise)


def _along_axis(
    start: Float[Array, ""], end: Float[Array, ""], size: int
) -> tuple[Int[Array, " size"], Bool[Array, " size"]]:
    """Of each pixel of an axis: its index in the object's field, and whether the box holds it."""
    # A box moved by whole pixels must keep its rounding although 0.1 and 0.1 + 1/16 are not exact.
    # So the boundaries of both roundings lie off the places where edges and centres usually are:
    # whole, half and quarter pixels.
    slack = 1e-3
    pixels = jnp.arange(size)
    # ⌊centre + ¼ + slack⌋ by counting. An addition may be fused with the product before it, which
    # then is not rounded: on the boundary another compilation would put the noise a pixel further.
    anchor = jnp.sum((start + end) / 2 * size >= pixels + (0.75 - slack))
    centres = pixels + 0.5 + slack
    return (pixels - anchor) % size, (start * size <= centres) & (centres < end * size)
