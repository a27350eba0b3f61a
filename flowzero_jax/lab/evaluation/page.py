"""The evaluation of the sticker model as a folder of tables and contact sheets."""

import dataclasses
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from flowzero_jax.files import make_folder, write_text
from flowzero_jax.lab.evaluation.ideal import draw_video
from flowzero_jax.lab.evaluation.measures import Measures, measure
from flowzero_jax.lab.evaluation.prompts import ABLATION_PROMPT
from flowzero_jax.lab.evaluation.runs import (
    FULL,
    EvaluationSettings,
    Video,
    frames_of,
    variants_of,
    videos_of,
)
from flowzero_jax.lab.evaluation.sheets import Row, draw_rows, save_small
from flowzero_jax.lab.evaluation.tables import (
    comparison_table,
    identity_table,
    markdown_table,
    number,
    percent,
    speed_table,
    summarize,
)
from flowzero_jax.lab.stickers.sprites import sprite
from flowzero_jax.pipeline import Pipeline

BY_HAND = "drawn by hand"
_ROWS = 10  # videos on a contact sheet
_ABLATIONS = (FULL, "no noise shift", "no object noise", "cross-frame none", "no boxes")


def evaluate_sticker(
    pipeline: Pipeline, settings: EvaluationSettings, out: Path, store: Path
) -> dict[str, Any]:
    """Evaluates a model that draws stickers; a run that was stopped goes on where it was.

    Writes `results.json`, `README.md` with the tables, `videos-1.webp` … (the first seed's videos)
    and `ablation.webp` to the folder `out`, and keeps all frames in the folder `store`.

    Returns what is in `results.json`.

    Raises:
      InputError: no prompt is chosen, or the emoji font is missing.
      OutputError: something cannot be written.
    """
    sprite("cat")  # Without the font nothing could be compared: say so before drawing.
    for folder in (out, store):
        make_folder(folder)
    videos = list(videos_of(settings, pipeline.settings))
    measured: list[tuple[Video, Measures]] = []
    shown: list[Row] = []
    ablations: dict[str, Row] = {}
    start = time.perf_counter()
    for index, video in enumerate(videos):
        frames, fresh = frames_of(video, pipeline, store)
        measures = measure(video.scene, frames)
        measured.append((video, measures))
        right = float(np.mean([sticker.strict.right for sticker in measures.stickers]))
        print(
            f"[{index + 1}/{len(videos)}] {time.perf_counter() - start:.0f} s, {video.variant}, "
            f"seed {video.seed}: {video.prompt.text}: {percent(right)}"
            f"{'' if fresh else ' (kept)'}",
            flush=True,
        )
        if video.seed == settings.seeds[0]:
            scene = video.scene if settings.draw_boxes else None
            if video.variant == FULL:
                shown.append(Row(video.prompt.text, frames, scene))
            if video.prompt.text == ABLATION_PROMPT and video.variant in _ABLATIONS:
                ablations[video.variant] = Row(video.variant, frames, scene)
    results = _results(pipeline, settings, measured)
    sheets = _write_sheets(out, shown, [ablations[k] for k in _ABLATIONS if k in ablations])
    text = json.dumps(results, indent=1) + "\n"
    write_text(out / "results.json", text)
    write_text(out / "README.md", _document(results, sheets))
    return json.loads(text)


def _results(
    pipeline: Pipeline,
    settings: EvaluationSettings,
    measured: Sequence[tuple[Video, Measures]],
) -> dict[str, Any]:
    variants = variants_of(pipeline.settings)
    full = [(video, measures) for video, measures in measured if video.variant == FULL]
    # Every group holds the same scenes and seeds, else their numbers could not be compared.
    compared = {
        name: [
            measures
            for video, measures in measured
            if video.variant == name and video.seed in settings.ablation_seeds
        ]
        for name in variants
    }
    by_hand = [
        measure(video.scene, draw_video(video.scene, video.prompt.background, video.seed))
        for video, _ in full
        if video.seed in settings.ablation_seeds
    ]
    prompts: dict[str, list[Measures]] = {}
    for video, measures in full:
        prompts.setdefault(video.prompt.text, []).append(measures)
    return {
        "model": {"name": pipeline.info.name, "sha256": pipeline.info.sha256},
        "settings": dataclasses.asdict(settings),
        "generation": dataclasses.asdict(variants[FULL]),
        FULL: summarize([measures for _, measures in full]),
        "variants": {
            name: summarize(group)
            for name, group in {**compared, BY_HAND: by_hand}.items()
            if group
        },
        "prompts": {
            text: summarize(group)["stickers"]["all"] | {"videos": len(group)}
            for text, group in prompts.items()
        },
    }


def _write_sheets(out: Path, shown: Sequence[Row], ablations: Sequence[Row]) -> list[str]:
    """Writes the contact sheets; returns the names of those with videos."""
    names = []
    for index in range(0, len(shown), _ROWS):
        names.append(f"videos-{index // _ROWS + 1}.webp")
        save_small(draw_rows(shown[index : index + _ROWS]), out / names[-1])
    if len(ablations) > 1:
        save_small(draw_rows(ablations), out / "ablation.webp")
        names.append("ablation.webp")
    return names


def _document(results: Mapping[str, Any], sheets: Sequence[str]) -> str:
    full, settings = results[FULL], results["settings"]
    generation, background = results["generation"], full["background"]
    stickers = full["stickers"]
    seeds = ", ".join(map(str, settings["seeds"]))
    confusions = ", ".join(
        f"{item['asked']} as {item['found']} ({item['count']})" for item in stickers["confusions"]
    )
    prompts = [
        (text, shares["videos"], percent(shares["right"]), number(shares["correlation"]))
        for text, shares in results["prompts"].items()
    ]
    pictures = [f"![{name.partition('.')[0]}]({name})" for name in sheets]
    parts = [
        "# Evaluation of the sticker model",
        f"Model `{results['model']['name']}`, SHA-256 `{results['model']['sha256'][:16]}`; "
        f"{len(results['prompts'])} prompts planned by rules, {settings['num_frames']} frames, "
        f"seeds {seeds}: {full['videos']} videos of {generation['height']} × "
        f"{generation['width']} pixels, {generation['num_steps']} steps, guidance "
        f"{generation['guidance_scale']:g}, cross-frame attention `{generation['cross_frame']}`. "
        "Written by `python scripts/evaluate.py sticker`; all numbers are in `results.json`.",
        "## Does a box show what its phrase says?",
        "Every noun's sticker, in the asked colouring, as it is and mirrored, is correlated with "
        "the picture over its opaque pixels alone (normalised); and, for the whole box, over a "
        "backdrop carried inwards from around the box. Right: the best match is the asked noun. "
        "Box IoU and centre distance (in diagonals of the frame): between the planned box and "
        "where the asked sticker fits best.",
        identity_table({"all": stickers["all"], **stickers["by_kind"], **stickers["by_objects"]}),
        f"Most frequent confusions: {confusions}." if confusions else "No confusions.",
        *(_comparison(results["variants"]) if results["variants"] else ()),
        "## How far the background moves",
        f"With everything on and all seeds, the background moves {number(background['ratio'])} "
        f"of what is planned (median of {background['pairs_measured']} pairs of frames; in "
        f"{background['pairs'] - background['pairs_measured']} more it has nothing to follow):",
        speed_table(background),
        "## Prompts",
        markdown_table(("prompt", "videos", "right sticker", "correlation"), prompts),
        "## Pictures",
        *pictures,
    ]
    return "\n\n".join(parts) + "\n"


def _comparison(variants: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        "## What each part does",
        "The same prompts and seeds with one part off or changed; in brackets the number of "
        "videos. Motion of the background in pixels per frame along the planned direction "
        "(medians over the moving backgrounds, measured by phase correlation outside of the "
        "boxes). Flicker and change of look are mean changes from frame to frame (of 255) of the "
        f"background and of the objects after undoing the planned motion. “{BY_HAND}”: the same "
        "scenes put together from the training stickers, the best that can be reached.",
        comparison_table(variants),
    )
