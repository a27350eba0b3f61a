"""Files of jobs: what may stand in them, and that all faults are told with their lines."""

import json

import pytest

from flowzero_jax.batch.jobs import JobsError, check_jobs, read_jobs
from flowzero_jax.errors import InputError, OutputError

FRAME = {
    "description": "a cat in a meadow",
    "objects": [{"id": "cat", "phrase": "a cat", "box": [0.1, 0.2, 0.5, 0.6]}],
    "background_motion": {"direction": "left", "speed": 0.5},
}
SCENE = {"version": 1, "prompt": "a cat in a meadow", "frames": [FRAME] * 3}


@pytest.fixture
def file(tmp_path):
    """`file(name, text)` writes one; text is encoded, bytes are not."""

    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def jobs(path, **defaults):
    check_jobs(path, defaults)
    return list(read_jobs(path, defaults))


def faults(path, **defaults):
    with pytest.raises(JobsError) as caught:
        check_jobs(path, defaults)
    prefix = f"{path}:"
    assert all(line.startswith(prefix) for line in caught.value.lines)
    return [line.removeprefix(prefix).replace(": ", ":", 1) for line in caught.value.lines]


def jsonl(*lines):
    return "\n".join(map(json.dumps, lines))


def test_the_three_formats_say_the_same(file):
    line = {"id": "x", "prompt": "a cat, a dog", "seeds": [3, 4], "num_steps": 9}
    a = jobs(file("a.jsonl", jsonl(line, {"prompt": "a cow", "boxes": False})))
    table = 'prompt,id,seeds,num_steps,boxes\n"a cat, a dog",x,3-4,9,\na cow,,,,false\n'
    assert jobs(file("b.csv", table)) == [
        job.__class__(**(vars(job) | {"number": job.number + 1})) for job in a
    ]
    assert [(job.prompt, job.seed, job.label) for job in a] == [
        ("a cat, a dog", 3, "x"),
        ("a cat, a dog", 4, "x"),
        ("a cow", 0, None),
    ]
    assert [job.changes for job in a] == [{"num_steps": 9}, {"num_steps": 9}, {"boxes": False}]
    assert [job.prompt for job in jobs(file("c.txt", "a cat, a dog\n\na cow"))] == [
        *("a cat, a dog", "a cow")
    ]


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.txt"])
def test_byte_order_mark_and_line_ends_of_other_systems(file, name):
    text = {
        "a.jsonl": '{"prompt": "a cat"}\r\n{"prompt": "a dög"}\r\n',
        "a.csv": "prompt\r\na cat\r\na dög\r\n",
        "a.txt": "a cat\r\na dög\r\n",
    }[name]
    found = jobs(file(name, b"\xef\xbb\xbf" + text.encode()))
    assert [job.prompt for job in found] == ["a cat", "a dög"]


def test_a_cell_may_have_lines_of_its_own_and_look_like_a_formula(file):
    path = file("a.csv", 'id,prompt\n"one",=SUM(A1) rolls\n\ntwo,"a ""red"" ball"\n')
    assert [(job.number, job.prompt) for job in jobs(path)] == [
        (2, "=SUM(A1) rolls"),
        (4, 'a "red" ball'),
    ]
    assert "4:prompt: holds the control character U+000A" in " ".join(
        faults(file("b.csv", 'prompt,id\na cat,1\n\n"a\ncat",2\n'))
    )


def test_what_a_line_says_beats_the_command_line(file):
    path = file("a.jsonl", jsonl({"prompt": "a cat", "num_steps": 5, "seed": 8}, {"prompt": "b"}))
    first, second = jobs(path, num_steps=7, frames=4, seed=3, negative_prompt="rain")
    assert first.changes == {"num_steps": 5, "frames": 4, "negative_prompt": "rain"}
    assert second.changes == {"num_steps": 7, "frames": 4, "negative_prompt": "rain"}
    assert (first.seed, second.seed) == (8, 3)


def test_a_plan_stands_inline_or_beside_the_file(file, tmp_path):
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "cat.json").write_text(json.dumps(SCENE))
    lines = [{"plan": SCENE}, {"plan": "plans/cat.json"}]
    first, second = jobs(file("a.jsonl", jsonl(*lines)), frames=8)
    assert first.scene == second.scene and first.prompt is None
    assert first.changes == {"frames": 3}
    assert jobs(file("a.csv", "plan\nplans/cat.json\n"))[0].scene == first.scene


def test_a_plans_path_leads_nowhere_out_of_the_folder(file, tmp_path):
    inside = tmp_path / "jobs"
    inside.mkdir()
    (tmp_path / "plan.json").write_text(json.dumps(SCENE))
    (inside / "link.json").symlink_to(tmp_path / "plan.json")
    (inside / "own.json").write_text(json.dumps(SCENE))
    paths = ["../plan.json", str(inside / "own.json"), "link.json", "own.json", "a\0b", "none.json"]
    path = inside / "a.jsonl"
    path.write_text(jsonl(*({"plan": name} for name in paths)))
    found = faults(path)
    assert [line.split(":")[0] for line in found] == ["1", "2", "3", "5", "6"]
    assert all("leads out of" in line for line in found[:3])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "give either prompt or plan"),
        ({"prompt": "a cat", "plan": SCENE}, "give either prompt or plan"),
        ({"prompt": "a cat", "promt": "x"}, "unknown field 'promt'; did you mean prompt?"),
        ({"prompt": "a cat", "dtype": "float32"}, "the same for all jobs of a run; give --dtype"),
        ({"prompt": " "}, "prompt: is empty"),
        ({"prompt": 3}, "prompt: should be text"),
        ({"prompt": "a\u0007b"}, "control character"),
        ({"prompt": "a cat", "num_steps": "5"}, "num_steps: '5' is not a whole number"),
        ({"prompt": "a cat", "num_steps": 5.0}, "num_steps: 5.0 is not a whole number"),
        ({"prompt": "a cat", "num_steps": True}, "num_steps: True is not a whole number"),
        ({"prompt": "a cat", "num_steps": 0}, "num_steps: '0' is not a whole number from 1"),
        ({"prompt": "a cat", "boxes": 1}, "boxes: 1 is not true or false"),
        ({"prompt": "a cat", "fps": "fast"}, "fps: 'fast' is not a number"),
        ({"prompt": "a cat", "fps": 1e9}, "fps: '1000000000.0' is not a number from"),
        ({"prompt": "a cat", "sampler": "euler"}, "sampler: 'euler' is none of"),
        ({"prompt": "a cat", "negative_prompt": 3}, "negative_prompt: 3 is not text"),
        ({"prompt": "a cat", "guidance_start": 0.9, "guidance_end": 0.1}, "comes after"),
        ({"prompt": "a cat", "id": [1]}, "id: [1] is not text"),
        ({"prompt": "a cat", "id": "a\nb"}, "id: give 1 to 200"),
        ({"prompt": "a cat", "seed": -1}, "seed: '-1' is not a whole number from 0"),
        ({"prompt": "a cat", "seed": 2**32}, "is not a whole number from 0"),
        ({"prompt": "a cat", "seed": "1"}, "seed: '1' is not a whole number"),
        ({"prompt": "a cat", "seed": 1, "seeds": [2]}, "give either seed or seeds"),
        ({"prompt": "a cat", "seeds": []}, "seeds: give 1 to 1,000,000"),
        ({"prompt": "a cat", "seeds": [1, "2"]}, "seeds: give a list of whole numbers"),
        ({"prompt": "a cat", "seeds": "9-3"}, "seeds: give 1 to 1,000,000"),
        ({"prompt": "a cat", "seeds": "0-4294967295"}, "seeds: give 1 to 1,000,000"),
        ({"plan": SCENE, "frames": 4}, "frames: 4, but the plan has 3"),
        ({"plan": SCENE | {"frames": []}}, "plan: frames: is empty"),
        ({"plan": 5}, "plan: give a scene or the path of one"),
    ],
)
def test_a_fault_is_told_with_its_line(file, values, message):
    path = file("a.jsonl", jsonl({"prompt": "a cat"}, values))
    (line,) = faults(path)
    assert line.startswith("2:") and message in line


def test_all_faults_of_a_file_are_told(file):
    text = '{"prompt": "a"\n[1]\n{"prompt": "a", "prompt": "b"}\n{"fps": NaN, "prompt": "a"}\n'
    found = faults(file("a.jsonl", text.encode() + b'{"prompt": "\xff"}\n\n{"prompt": "a cat"}'))
    assert [line.split(":")[0] for line in found] == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("promt,id\na,b\n", "1:unknown column 'promt'"),
        ("id,seed\na,1\n", "1:no column prompt or plan"),
        ("prompt,prompt\na,b\n", "1:a column occurs twice"),
        ("prompt,seed\na cat,1,2\n", "2:3 cells for 2 columns"),
        ('prompt\n"a cat" sits\n', "2:"),
        ('prompt\na cat\n"no end\n', "3:"),
        ("prompt,boxes\na cat,yes\n", "2:boxes: 'yes' is not true or false"),
        ("prompt,seed\na cat,1.0\n", "2:seed: '1.0' is not a whole number"),
        (b"prompt\na cat\n\xff\n", "3:not UTF-8 text"),
    ],
)
def test_faults_of_a_table(file, text, message):
    (line,) = faults(file("a.csv", text))
    assert line.startswith(message)


def test_a_label_means_one_job(file):
    cat, dog = {"id": "x", "prompt": "a cat"}, {"id": "x", "prompt": "a dog"}
    assert len(jobs(file("a.jsonl", jsonl(cat, cat)))) == 2  # found identical later, by their id
    (line,) = faults(file("b.jsonl", jsonl(cat, dog)))
    assert line.startswith("2:id 'x': stands for another job")
    assert faults(file("c.jsonl", jsonl(cat, cat | {"seeds": [0, 1]})))


def test_seeds_as_people_write_them(file):
    texts = ["0-3", "3 1, 2;7", "5"]
    path = file("a.jsonl", jsonl(*({"prompt": "a", "seeds": text} for text in texts)))
    found = jobs(path)
    assert [[j.seed for j in found if j.number == n] for n in (1, 2, 3)] == [
        *([0, 1, 2, 3], [3, 1, 2, 7], [5])
    ]


def test_files_that_are_none(file, tmp_path):
    with pytest.raises(OutputError, match="cannot be read"):
        check_jobs(tmp_path / "missing.csv", {})
    with pytest.raises(InputError, match="unknown ending"):
        check_jobs(file("a.json", "{}"), {})
    for name in ("a.jsonl", "a.csv", "a.txt"):
        with pytest.raises(InputError, match="holds no job"):
            check_jobs(file(name, "\n"), {})
