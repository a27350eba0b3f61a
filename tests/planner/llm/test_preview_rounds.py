"""The picture of a history: every round is there, the kept one framed, whatever the texts."""

import pytest
from PIL import Image
from written_plans import PROMPT

from flowzero_jax.errors import OutputError
from flowzero_jax.planner import plan
from flowzero_jax.planner.checks.findings import Finding
from flowzero_jax.planner.llm.history import History, Round
from flowzero_jax.preview.rounds import draw_rounds, write_rounds

HARD = Finding("overlap", "hard", "the ball overlaps the dog " * 20, frame=2)


def history_of(*rounds, kept=0):
    return History(PROMPT, 8, "llm", "http://localhost/v1", "m", kept, "rounds", rounds)


def one(frames=4, **more):
    return Round(plan(PROMPT, frames), penalty=0.0, **more)


def test_rounds_stand_side_by_side():
    widths = [draw_rounds(history_of(*[one()] * count)).width for count in (1, 2, 3, 4)]
    assert widths == sorted(set(widths))
    assert draw_rounds(history_of(*[one()] * 8)).width == widths[3]


def test_the_kept_round_is_framed():
    rounds = [one(), one(confidence=0.5)]
    first, second = (draw_rounds(history_of(*rounds, kept=k)) for k in (0, 1))
    assert first.size == second.size and first.tobytes() != second.tobytes()


def test_findings_and_failures_are_shown():
    plain = draw_rounds(history_of(one()))
    assert draw_rounds(history_of(one(findings=(HARD,)))).height > plain.height
    draw_rounds(history_of(one(), Round(None, notes=("no plan\x00 <b>" * 50,))))
    draw_rounds(history_of(one(64, findings=(HARD,) * 40)))


def test_it_is_written_as_png(tmp_path):
    write_rounds(history_of(one()), tmp_path / "rounds.png")
    with Image.open(tmp_path / "rounds.png") as picture:
        assert picture.format == "PNG"
    with pytest.raises(OutputError):
        write_rounds(history_of(one()), tmp_path / "missing" / "rounds.png")
