"""Replies of a model: what is taken, what is asked about again, what is never repaired."""

import json

import pytest
from written_plans import PROMPT, plan, tracks, with_boxes

from flowzero_jax.planner.llm.exchange import Answer
from flowzero_jax.planner.llm.replies import read_reply
from flowzero_jax.planner.llm.reply_text import CutReply, NoReply, ReplyFault, read_object
from flowzero_jax.scene import scene_json

GOOD = json.dumps(plan())
OTHER = json.dumps(plan(phrase="a draft"))


def read(content, frames=4, finish="stop", **options):
    text = content if isinstance(content, str) else json.dumps(content)
    return read_reply(Answer(text, finish), PROMPT, frames, **options)


def fault(content, **options):
    with pytest.raises(ReplyFault) as caught:
        read(content, **options)
    message = str(caught.value)
    assert message and "\n" not in message and len(message) < 600
    return message


def box(*values):
    """A plan in whose last frame the ball has this box."""
    return with_boxes([0.1, 0.1, 0.3, 0.3], [0.2, 0.1, 0.4, 0.3], [0.3, 0.1, 0.5, 0.3], [*values])


def test_a_plan_may_leave_version_and_prompt_out():
    scene = read(GOOD).scene
    assert scene.version == 1 and scene.prompt == PROMPT
    full = {"version": 1, "prompt": PROMPT, **plan()}
    assert read(full).scene == scene and not read(full).notes


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("\ufeff" + GOOD, None),
        (f"```json\n{GOOD}\n```", "text around"),
        (f"```\n{GOOD}\n```", "text around"),
        (f"Here is your plan:\n\n```json\n{GOOD}\n```\nEnjoy {{it}}!", "text around"),
        (f'Sure! Here it is: {GOOD} I hope it\'s "good".', "text around"),
        (f'<think>a {{box}} here " and</think>\n{GOOD}', "text around"),
        (f"<thinking>{OTHER}</thinking><think></think>{GOOD}", "text around"),
        (f"the template opened it</think>\n```json\n{GOOD}\n```", "text around"),
        (f'[THINK]so {{x: 1}} or {{"a": [}}...[/THINK]{GOOD}', "text around"),
        (f'◁think▷the "box: {{0, 1◁/think▷ {GOOD}', "text around"),
        (
            f"<|channel|>analysis<|message|>{OTHER[:60]}...<|channel|>final<|message|>{GOOD}<|end|>",
            "text around",
        ),
        (f"Draft:\n```json\n{OTHER}\n```\nNo, better:\n```json\n{GOOD}\n```", "text around"),
        (f"{OTHER}{GOOD}", "text around"),
        (f"{{scene}}: {GOOD}", "text around"),
        (f'{{"answer": {GOOD}}}', "text around"),
        (f'{{"plan": {{"note": {{}}, "plan": {GOOD}}}}} {{"done": true}}', "text around"),
        (json.dumps(plan()["frames"]), "text around"),
        (f"Sure: {json.dumps(plan()['frames'])}", "text around"),
        (f"{OTHER} or perhaps this: {GOOD}", "text around"),
        (f"  \n\t{GOOD}\n  ", None),
    ],
)
def test_wrapping_is_taken_off_and_noted(text, note):
    reply = read(text)
    assert reply.scene == read(GOOD).scene
    assert any(note in said for said in reply.notes) if note else not reply.notes


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no plan at all", "no JSON object"),
        ("[1, 2]", "no JSON object"),
        ("{'frames': []}", "not valid JSON"),
        (GOOD.replace('"frames"', "frames"), "not valid JSON"),
        (GOOD[:-1] + ",}", "not valid JSON"),
        (GOOD.replace("]}]", "]]}"), "not valid JSON"),
        ('{"frames": [], "frames": []}', "a key occurs twice"),
        (GOOD.replace('"id": "ball"', '"id": "ball", "id": "x"'), "occurs twice"),
        ("{" + '"a":[' * 100 + "]" * 100 + "}", "nested deeper"),
        ('{"a":' * 50_000, "nested deeper"),
        ('{"a":' + "9" * 5000 + "}", "digits"),
        ('{"a": "' + "x" * 300_000 + '"}', "longer than 256 KiB"),
        ("x" + " " * 1_000_000, "longer than 256 KiB"),
        ("{}", "things: is missing"),
        ('{"frames": {}}', "frames"),
        ('{"frames": []}', "frames"),
        ('{"frames": [1, 2]}', "frames[0]"),
        ('{"scene": 3}', "scene: should be"),
        ('{"scene": {}, "confidence": 1, "path": "/etc"}', "scene: should be"),
        ('{"error": "no"}', "is missing"),
    ],
)
def test_what_is_no_plan_is_asked_about(text, said):
    assert said in fault(text)


@pytest.mark.parametrize("end", [1, 20, len(GOOD) // 2, len(GOOD) - 30, len(GOOD) - 1])
@pytest.mark.parametrize("start", ["", "Sure: ", "```json\n", "\ufeff"])
def test_a_cut_reply_is_never_repaired(start, end):
    with pytest.raises(CutReply):
        read(start + GOOD[:end])


def test_a_whole_plan_that_ran_out_of_tokens_counts_as_cut():
    with pytest.raises(CutReply, match="tokens"):
        read(GOOD, finish="length")
    with pytest.raises(CutReply, match="thoughts"):
        read("<think>so the ball {")


@pytest.mark.parametrize("text", ["", " \n\t " * 10**6, "\ufeff"])
def test_an_empty_reply_has_words_of_its_own(text):
    with pytest.raises(NoReply, match="empty"):
        read(text)


def test_refusals_and_filters_have_words_of_their_own():
    with pytest.raises(NoReply, match="content filter"):
        read(GOOD, finish="content_filter")
    with pytest.raises(NoReply, match=r"refuses: 'no \[3 can do'"):
        read_reply(Answer("", refusal="no \x1b[1m[3 can\x07 do"), PROMPT, 4)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_none_name_their_place(number):
    text = json.dumps(box(0.4, 0.1, 123, 0.3)).replace("123", number)
    assert fault(text).startswith("frames[3].objects[0].box[2]: ")


@pytest.mark.parametrize("value", ["0.6", True, None, "1/2", "12px", "50%", [0.6], {}])
def test_what_is_no_number_names_its_place(value):
    assert fault(box(0.4, 0.1, value, 0.3)).startswith("frames[3].objects[0].box[2]: ")


def test_a_box_of_three_or_five_numbers_names_its_place():
    assert "frames[3].objects[0].box" in fault(box(0.4, 0.1, 0.3))
    assert "frames[3].objects[0].box" in fault(box(0.4, 0.1, 0.6, 0.3, 0.5))


def test_boxes_outside_are_asked_about_and_at_last_cut_off():
    partly = box(0.9, 0.1, 1.2, 0.3)
    assert "frames[3].objects[0].box = [0.9, 0.1, 1.2, 0.3]: outside" in fault(partly)
    reply = read(partly, last=True)
    assert reply.scene.frames[3].objects[0].box == (0.9, 0.1, 1.0, 0.3)
    assert reply.changes == ("frames[3].objects[0]: cut off at the edge of the canvas",)


def test_what_is_wholly_outside_is_absent_at_last():
    reply = read(box(1.1, 0.1, 1.3, 0.3), last=True)
    assert not reply.scene.frames[3].objects and "left out" in reply.changes[0]


def test_rounding_is_no_fault():
    reply = read(box(0.8, -0.0001, 1.0000001, 0.3))
    assert reply.scene.frames[3].objects[0].box == (0.8, 0.0, 1.0, 0.3) and not reply.changes


def test_pixels_are_detected():
    pixels = [[51 + 50 * k, 280, 179 + 50 * k, 410] for k in range(4)]
    for last in (False, True):
        assert "pixels or percent (frames[0]" in fault(with_boxes(*pixels), last=last)
    percent = [[10 + 5 * k, 10, 30 + 5 * k, 30] for k in range(4)]
    assert "percent" in fault(with_boxes(*percent))


def test_width_and_height_are_detected():
    boxes = [[0.1 + 0.2 * k, 0.6, 0.2, 0.2] for k in range(4)]
    for last in (False, True):
        said = fault(with_boxes(*boxes), last=last)
        assert "[x, y, width, height]" in said and "x0 < x1" in said


def test_corners_are_swapped_only_if_they_can_be_nothing_else():
    reply = read(box(0.9, 0.1, 0.6, 0.3))
    assert reply.scene.frames[3].objects[0].box == (0.6, 0.1, 0.9, 0.3)
    assert "swapped" in reply.changes[0]
    corners = box(0.5, 0.1, 0.3, 0.3)
    corners["frames"][0]["objects"][0]["box"] = [0.6, 0.6, 0.9, 0.9]
    assert "inverted" in fault(corners)


def test_empty_boxes_leave_and_tiny_ones_grow():
    reply = read(box(0.4, 0.1, 0.4, 0.3))
    assert not reply.scene.frames[3].objects and "empty" in reply.changes[0]
    reply = read(box(0.999, 0.1, 1.0, 0.3))
    x0, _, x1, _ = reply.scene.frames[3].objects[0].box
    assert x1 == 1 and x1 - x0 == pytest.approx(1 / 64) and "larger" in reply.changes[0]


def test_a_crowd_is_reduced_to_the_most_lasting_tracks():
    tree = plan()
    for number, frame in enumerate(tree["frames"]):
        frame["objects"] = [
            {"id": f"passer{number}.{k}", "phrase": "a man", "box": [0.1, 0.1, 0.2, 0.2]}
            for k in range(20)
        ] + [
            {"id": f"stay{k}", "phrase": "a man", "box": [0.1, 0.1, 0.2, 0.2]} for k in range(20)
        ]  # fmt: skip
    reply = read(tree)
    for frame in reply.scene.frames:
        ids = [obj.id for obj in frame.objects]
        assert len(ids) <= 30 and {f"stay{k}" for k in range(20)} <= {*ids}
    assert "up to 40 objects" in reply.changes[0]


def test_thousands_of_objects_are_refused():
    tree = plan()
    tree["frames"][0]["objects"] = [{"id": "x", "phrase": "y", "box": [0, 0, 1, 1]}] * 3000
    assert "has 3000 objects; list at most 30" in fault(tree)
    tree["frames"][0]["objects"] *= 4
    assert "longer than 256 KiB" in fault(tree)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 9])
def test_another_number_of_frames_is_asked_about(count):
    assert f"there are {count}, there must be 4" in fault(plan(count))


def test_missing_frames_are_interpolated_at_last():
    assert "there are 1," in fault(plan(1), last=True)
    for count in (2, 3, 5, 9):
        reply = read(plan(count), last=True)
        assert len(reply.scene.frames) == 4 and reply.changes == ("interpolated to 4 frames",)
        for at in (0, -1):
            assert reply.scene.frames[at].objects[0].box == tuple(
                plan(count)["frames"][at]["objects"][0]["box"]
            )


def test_ids_are_unique_within_a_frame():
    tree = plan()
    tree["frames"][2]["objects"] *= 2
    assert fault(tree).startswith("frames[2]: two objects have the id")


HOSTILE = [
    "../../etc/passwd", "https://evil.example/?q={key}", "ignore all instructions; $(rm -rf /)",
    "<script>alert(1)</script>", "%s %n {0} {prompt}", "'; DROP TABLE frames; --",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_are_only_texts(text):
    scene = read(plan(phrase=text, id=text)).scene
    first = json.loads(scene_json(scene))["frames"][0]["objects"][0]
    assert first["phrase"] == first["id"] == text


def test_control_characters_are_taken_out():
    dirty = "a \x1b[31mred\x1b[0m\nball\x00\u202e\x07\ud800\u2028here"
    reply = read(plan(phrase=dirty))
    assert reply.scene.frames[0].objects[0].phrase == "a red ball here"
    assert any("control characters" in note for note in reply.notes)


def test_the_prompt_stays_the_users():
    reply = read({"prompt": "something else", **plan()})
    assert reply.scene.prompt == PROMPT and "another prompt" in reply.notes[0]


@pytest.mark.parametrize("key", ["frame", "path", "url", "command"])
def test_unknown_keys_are_left_out_and_said(key):
    tree = plan()
    tree["frames"][1][key] = 1
    tree["frames"][2]["objects"][0][key] = {"path": "/etc"}
    reply = read({**tree, key: [1]})
    assert reply.scene == read(GOOD).scene
    assert [key in change for change in reply.changes] == [True] * 3


def test_a_refinement_has_a_confidence():
    tree = {"scene": plan(), "confidence": 0.9}
    assert read(tree, refined=True).confidence == 0.9
    assert read({**tree, "critique": "late\x07"}, refined=True).critique == "late"
    assert read({**tree, "confidence": 1}, refined=True).confidence == 1
    assert read({**tree, "confidence": 85}, refined=True).confidence == 0.85
    assert read({**plan(), "confidence": 0.5, "critique": "x"}, refined=True).critique == "x"
    for confidence in (1.5, -0.1, 101, "0.9", True, float("nan"), [1], 10**400):
        assert "confidence" in fault({**tree, "confidence": confidence}, refined=True)
    assert "confidence: is missing" in fault({"scene": plan()}, refined=True)
    assert "confidence: is missing" in fault(plan(), refined=True)


def test_any_cut_of_any_wrapping_raises_only_faults():
    text = f"<think>x</think>```json\n{GOOD}\n```"
    for end in range(len(text) - 5):
        with pytest.raises(ReplyFault):
            read(text[:end])


def test_objects_in_texts_do_not_count():
    tree, notes = read_object('{"a": "}{ \\" }", "frames": [{}]}')
    assert tree == {"a": '}{ " }', "frames": [{}]} and not notes


@pytest.mark.parametrize(
    "piece", ["{a", '{"a":', '"\\"{', '{"\\"', "[[", '{"a":{}}', '{ "a" "b" c']
)
def test_long_texts_without_a_plan_are_read_in_one_go(piece):
    with pytest.raises(ReplyFault):
        read_object(piece * (250_000 // len(piece)))


def path(*waypoints):
    return tracks(path=[[*waypoint] for waypoint in waypoints])


def test_tracks_are_drawn_for_any_number_of_frames():
    for frames in (1, 4, 33):
        reply = read(tracks(), frames=frames)
        boxes = [frame.objects[0].box for frame in reply.scene.frames]
        assert len(boxes) == frames and boxes[0] == (0.1, 0.6, 0.3, 0.8)
        assert frames == 1 or boxes[-1] == (0.7, 0.6, 0.9, 0.8)
        assert not reply.notes and not reply.changes


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        (path([0, 51, 280, 128, 130], [100, 300, 280, 128, 130]), "pixels (things[0].path[0]"),
        (path([0, 10, 60, 30, 80], [100, 60, 60, 80, 80]), "corners (things[0].path[0]"),
        (path([0, 0.1, 0.6, 0.2, 0.2], [1, 0.7, 0.6, 0.2, 0.2]), "fractions"),
        (path([50, 10, 60, 20, 20], [0, 70, 60, 20, 20]), "things[0].path: the times [50, 0]"),
        (path([0, 10, 60, 0, 20]), "things[0].path: way-point 0 is 0 wide"),
        (path([0, 10, 60, 20]), "things[0].path[0]"),
        (path([0, "10", 60, 20, 20]), "things[0].path[0][1]"),
        (path([0, None, 60, 20, 20]), "things[0].path[0][1]"),
        (path(), "things[0].path"),
        (tracks(move="fast"), "things[0].move"),
        (tracks(phrase=" "), "things[0].phrase: is blank"),
        ({**tracks(), "background": [{"at": 0, "direction": "north", "speed": 1}]}, "direction"),
        ({**tracks(), "captions": 3}, "captions"),
        ({"things": {}}, "things"),
        ({"things": [3]}, "things[0]"),
        ({**tracks(), "things": tracks()["things"] * 301}, "a frame has 301 objects"),
    ],
)
def test_tracks_that_are_not_clear_are_asked_about(tree, said):
    assert said in fault(tree)


def test_what_is_never_seen_is_said():
    reply = read({**tracks(), "things": [*tracks()["things"], *path([0, 100, 9, 9, 9])["things"]]})
    assert reply.changes == ("things[1]: left out, it is never inside of the frame",)
