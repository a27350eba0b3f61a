"""What a question and a reply cost, in bytes.

Counted once with SmolLM2's tokenizer: 3.3 bytes a token in the question (1,109 tokens), 2.0 in
replies (75, 165 and 475 tokens for 1, 3 and 10 things; frame by frame they were 675, 1,373, 4,229).
"""

import pytest
from written_plans import PROMPT

from flowzero_jax.planner import plan, verify
from flowzero_jax.planner.llm.exchange import Answer
from flowzero_jax.planner.llm.prompts import EXAMPLES, compact, plan_messages, refinement_messages
from flowzero_jax.planner.llm.replies import read_reply
from flowzero_jax.planner.tracks import tracks_of

PROMPTS = {
    1: PROMPT,
    3: "three red balls roll to the right on a beach",
    10: "ten yellow ducks swim to the left on a lake",
}


def size(messages):
    return sum(len(message.content.encode()) for message in messages)


def test_a_first_question_fits_a_small_context():
    assert size(plan_messages(PROMPT, 8)) <= 3_900  # 1,200 tokens
    assert abs(size(plan_messages(PROMPT, 512)) - size(plan_messages(PROMPT, 8))) <= 2


@pytest.mark.parametrize("count", PROMPTS)
def test_replies_are_short_and_no_longer_for_more_frames(count):
    sizes = [len(compact(tracks_of(plan(PROMPTS[count], frames)))) for frames in (8, 64)]
    # 100, 200 and 500 tokens
    assert max(sizes) <= {1: 200, 3: 400, 10: 1_000}[count]
    assert abs(sizes[0] - sizes[1]) < 8


def test_a_refinement_needs_no_more_than_a_first_question():
    scene = plan(PROMPTS[3], 64)
    assert size(refinement_messages(scene, verify(scene))) <= 4_500


def test_examples_are_right_and_need_nothing_changed():
    for prompt, text in EXAMPLES:
        reply = read_reply(Answer(text), prompt, 8)
        assert not verify(reply.scene) and not reply.changes and not reply.notes
        assert compact(tracks_of(reply.scene)) == text
