"""What `compile` prepares is all that a real run of that size needs, and tells the memory."""

import collections
import dataclasses
import json
import os

import cache_settings
import jax
import pytest
from paths import PIPELINE

from flowzero_jax.cli import main
from flowzero_jax.devices import cache as program_cache
from flowzero_jax.devices import traced
from flowzero_jax.devices.compilation import CompiledProgram, memory_needed
from flowzero_jax.devices.mesh import make_video_mesh
from flowzero_jax.devices.programs import (
    decode_jitted,
    denoise_jitted,
    encode_texts_jitted,
    prepare_jitted,
)
from flowzero_jax.errors import InputError
from flowzero_jax.pipeline import load_pipeline
from flowzero_jax.scene import parse_scene

MODEL = str(PIPELINE)
ENCODE, PREPARE, DENOISE, DECODE = NAMES = [
    function.__name__
    for function in (encode_texts_jitted, prepare_jitted, denoise_jitted, decode_jitted)
]
COMPILE = "/jax/core/compile/backend_compile_duration"


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    """A folder where all programs are kept, however fast they compile."""
    folder = tmp_path_factory.mktemp("xla")
    with cache_settings.put_back(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(program_cache, "MIN_COMPILE_SECONDS", 0.0)
        program_cache.enable_compilation_cache(folder)
        yield folder


def forget_programs():
    """As in a new process."""
    jax.clear_caches()
    traced._restored.cache_clear()


@pytest.fixture
def events():
    """(event, function) of everything that JAX traced and compiled, but for trifles."""
    seen = []

    def listen(event, seconds, *, fun_name="", **rest):
        name = fun_name.removeprefix("jit(").removesuffix(")")
        if name in NAMES:
            seen.append((event, name))

    jax.monitoring.register_event_duration_secs_listener(listen)
    yield seen
    jax.monitoring.unregister_event_duration_listener(listen)


@pytest.fixture(scope="module")
def pipeline():
    return load_pipeline(MODEL)


@pytest.fixture(scope="module")
def settings(pipeline):
    return dataclasses.replace(
        pipeline.settings,
        height=16,
        width=20,
        num_steps=4,
        guidance_end=0.5,
        grounding_fraction=0.5,
        frames_per_chunk=2,
    )


def scene(phrase, left, direction, count):
    things = [
        {"id": f"it{n}", "phrase": phrase, "box": [left, 0.1, left + 0.3, 0.5]}
        for n in range(count)
    ]
    frame = {
        "description": f"{phrase} somewhere",
        "objects": things,
        "background_motion": {"direction": direction, "speed": 0.5},
    }
    return parse_scene(json.dumps({"version": 1, "prompt": phrase, "frames": [frame] * 3}))


CATS, DOG = scene("a cat", 0.1, "left", 2), scene("a small dog", 0.6, "random", 1)


def test_after_compiling_a_run_of_that_size_compiles_nothing(pipeline, settings, events):
    forget_programs()
    programs = pipeline.compile(settings, 3, batch=2)
    assert [program.name for program in programs] == [
        *("encode texts", "prepare"),
        *("denoise, grounded, guided, 2 steps", "denoise, 2 steps", "decode"),
    ]
    assert {name for event, name in events if event == COMPILE} == {*NAMES}
    events.clear()
    pipeline([CATS, DOG], seeds=[3, 4], settings=settings, negative_prompt="a bird")
    assert events == []


@pytest.mark.parametrize("eta", [0.0, 0.5])
def test_after_compiling_a_run_on_several_devices_compiles_nothing(settings, events, eta):
    pipeline = load_pipeline(MODEL, mesh=make_video_mesh(frames=2))
    settings = dataclasses.replace(settings, num_steps=1, guidance_end=1.0, eta=eta)
    programs = pipeline.compile(settings, 3)
    assert [program.name for program in programs][2:] == ["denoise, guided, 1 step", "decode"]
    latents = 2 * 8 * 10 * pipeline.models.unet.config.in_channels * 4
    assert programs[2].aliased_bytes == 2 * latents  # a device has two of the frames
    events.clear()
    pipeline(CATS, settings=settings)
    assert events == []


def test_prompts_seeds_boxes_and_motions_share_all_programs(pipeline, settings, events):
    forget_programs()
    pipeline([CATS, DOG], settings=settings)
    pipeline([DOG, DOG], seeds=[8, 9], settings=settings, negative_prompt="a bird")
    compiled = collections.Counter(name for event, name in events if event == COMPILE)
    # One way to denoise with the boxes and guidance, one without.
    assert compiled == {ENCODE: 1, PREPARE: 1, DENOISE: 2, DECODE: 1}


def test_a_new_process_finds_everything_in_the_cache(cache, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    size = ["--height", "16", "--width", "24", "--frames", "2", "--num-steps", "3"]
    options = [*size, "--steps-per-call", "2", "--sampler", "dpm++", "--cache-dir", str(cache)]
    forget_programs()
    assert main(["compile", MODEL, *options, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["cache"] == str(cache) and told["model"]["source"] == MODEL
    assert told["settings"]["sampler"] == "dpm++" and told["batch"] == 1
    kept = set(os.listdir(cache))
    assert {entry.split("-")[0].removeprefix("jit_") for entry in kept} >= {*NAMES}

    forget_programs()
    argv = [
        "generate",
        "two dogs in a park",
        "--model",
        MODEL,
        "--out",
        "video.webp",
        "--seed",
        "8",
    ]
    assert main([*argv, *options]) == 0
    new = {entry.split("-")[0].removeprefix("jit_") for entry in set(os.listdir(cache)) - kept}
    assert not new & {*NAMES}


def test_the_memory_is_that_of_the_greediest_program_and_all_that_lies_beside_it(
    pipeline, settings
):
    programs = pipeline.compile(settings, 3, batch=2)
    leaves = jax.tree.leaves(pipeline.params)
    parameters = sum(leaf.size * leaf.dtype.itemsize for leaf in leaves)
    latents = 2 * 3 * 8 * 10 * pipeline.models.unet.config.in_channels * 4
    for program in programs:
        assert program.seconds > 0 and program.output_bytes > 0
        assert memory_needed(programs) >= program.peak_bytes + program.other_bytes > parameters
        assert program.argument_bytes + program.other_bytes >= parameters
    denoising = [program for program in programs if program.name.startswith("denoise")]
    for program in denoising:  # the latents and the last clean estimate, in place
        assert program.aliased_bytes == 2 * latents
        assert program.output_bytes - program.aliased_bytes < 100  # the addresses of the two
    program = CompiledProgram("a", 1.0, 100, 20, 7, 20, other_bytes=5)
    assert program.peak_bytes == 107 and memory_needed([program]) == 112


def test_names_tell_the_parts_and_announcements_come_first(pipeline, settings, monkeypatch):
    told = []

    def stop(name):
        told.append(name)
        if name.startswith("denoise"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pipeline.compile(settings, 3, batch=2, steps_per_call=1, announce=stop)
    assert told == ["encode texts", "prepare", "denoise, grounded, guided, 1 step"]


@pytest.mark.parametrize(
    ("change", "message"), [({"height": 15}, "height: 15"), ({"num_steps": 1000}, "num_steps")]
)
def test_sizes_that_do_not_fit_are_named(pipeline, settings, change, message):
    with pytest.raises(InputError, match=message):
        pipeline.compile(dataclasses.replace(settings, **change), 3, batch=2)
