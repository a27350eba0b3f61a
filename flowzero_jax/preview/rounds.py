"""A picture of how a plan came about: the plans of all rounds side by side, with what was found."""

import math
import os
import textwrap
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from flowzero_jax.files import atomic_path
from flowzero_jax.planner.llm.history import History, Round
from flowzero_jax.preview.plan import draw_scene

_PAPER, _INK, _HARD, _SOFT, _KEPT = "#f3f3ef", "#1f1f1f", "#a02818", "#7a6200", "#1c803e"
_TILE = 112
_EMPTY = (300, 160)  # of a round without a plan
_FONT_SIZE = 12
_LINES = 12  # findings of one round
_FRAMES = 16  # of a plan that are drawn
_PER_ROW = 4


def draw_rounds(history: History) -> Image.Image:
    """The rounds in rows of four: title, plan, findings; the kept one is framed."""
    cards = [
        _card(entry, number, number == history.kept) for number, entry in enumerate(history.rounds)
    ]
    rows = [cards[k : k + _PER_ROW] for k in range(0, len(cards), _PER_ROW)]
    gap = 12
    width = max(sum(card.width + gap for card in row) for row in rows) + gap
    heights = [max(card.height for card in row) for row in rows]
    head = textwrap.wrap(_ended(history), max(width // 7, 20))
    top = gap + len(head) * 18
    sheet = Image.new("RGB", (width, top + sum(heights) + gap * len(rows)), _PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(_FONT_SIZE + 2)
    for number, line in enumerate(head):
        draw.text((gap, gap // 2 + 18 * number), line, _INK, font)
    for row, height in zip(rows, heights, strict=True):
        left = gap
        for card in row:
            sheet.paste(card, (left, top))
            left += card.width + gap
        top += height + gap
    return sheet


def write_rounds(history: History, path: str | os.PathLike[str]) -> None:
    """Writes the picture as PNG, atomically; raises OutputError."""
    with atomic_path(Path(path)) as temporary:
        draw_rounds(history).save(temporary, format="PNG")


def _ended(history: History) -> str:
    why = {
        "confident": "the model was sure and the check content",
        "rounds": "all rounds were used",
        "repeated": "the model repeated a plan",
        "failed": "a round failed",
    }.get(history.ended, history.ended)
    return f"{history.prompt}: round {history.kept} kept; {why}"


def _card(entry: Round, number: int, kept: bool) -> Image.Image:
    """One round: its title, its plan and what was found in it."""
    title = f"round {number}"
    if entry.confidence is not None:
        title += f", confidence {entry.confidence:.2g}"
    title += f", {entry.hard} hard, {len(entry.findings) - entry.hard} soft"
    if entry.scene is None:
        picture = Image.new("RGB", _EMPTY, _PAPER)
        title = f"round {number}: no plan"
    else:
        frames = entry.scene.frames
        step = max(math.ceil(len(frames) / _FRAMES), 1)
        part = {"prompt": title, "frames": frames[::step]}
        picture = draw_scene(entry.scene.model_copy(update=part), size=_TILE)
    texts = [(title, _INK)] if not entry.scene else []
    texts += [(f.message, _HARD if f.severity == "hard" else _SOFT) for f in entry.findings]
    texts += [(note, _INK) for note in entry.notes]
    # About as wide as the picture.
    fit = textwrap.TextWrapper(max(picture.width // 7, 20), max_lines=2, placeholder=" ...")
    lines = [(line, colour) for text, colour in texts for line in fit.wrap(text)]
    if len(lines) > _LINES:
        lines = [*lines[: _LINES - 1], ("...", _INK)]
    height = picture.height + len(lines) * (_FONT_SIZE + 4) + 10
    card = Image.new("RGB", (picture.width, height), _PAPER)
    card.paste(picture, (0, 0))
    draw, font = ImageDraw.Draw(card), ImageFont.load_default(_FONT_SIZE)
    for index, (line, colour) in enumerate(lines):
        draw.text((8, picture.height + index * (_FONT_SIZE + 4)), line, colour, font)
    if kept:
        draw.rectangle((0, 0, card.width - 1, card.height - 1), outline=_KEPT, width=3)
    return card
