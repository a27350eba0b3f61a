"""Who may import whom, read from the sources; and which commands start without JAX."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import flowzero_jax.errors

PACKAGE = Path(flowzero_jax.errors.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))

# The house, floor by floor from below. A room is a module or a subpackage, of `planner` and `lab`
# each of their own, and the module of `weights` that needs no JAX; beside it what it imports of the
# rooms below. The errors are everybody's.
ROOMS = {
    "version": "",
    "files": "",
    "settings": "",
    "values": "settings",
    "kept": "files",
    "scene": "files",
    "planner.words": "scene",
    "planner.intent": "planner.words",
    "planner.english": "planner.words planner.intent",
    "planner.boxes": "planner.words planner.intent scene",
    "planner.checks": "planner.words planner.intent scene",
    "planner.planning": "planner.english planner.boxes planner.checks planner.intent scene",
    "planner.tracks": "scene",
    "planner.llm": "planner.planning planner.checks planner.tracks planner.words scene files "
    "settings",
    "planner.choice": "planner.llm scene",
    "planner": "planner.english planner.checks planner.planning",
    "preview": "planner.llm scene files",
    "video": "files settings",
    "metadata": "version",
    "arrays": "",
    "blending": "",
    "facing": "scene",
    "tabulate": "scene blending facing",
    "tokenizer": "",
    "noise": "",
    "noise_schemes": "noise",
    "schedule": "settings",
    "models": "settings",
    "sampler": "schedule settings",
    "snapshot": "files sampler",
    "weights.source": "settings",
    "weights": "models schedule tokenizer files version settings kept weights.source",
    "denoising": "models sampler schedule settings noise_schemes",
    "generation": "denoising models schedule arrays settings noise noise_schemes sampler",
    "devices": (
        "generation denoising models noise snapshot arrays scene settings tabulate files "
        "noise_schemes sampler blending kept"
    ),
    "pipeline": (
        "devices generation denoising models noise snapshot tabulate tokenizer weights arrays "
        "settings weights.source scene blending values"
    ),
    "loading.request": "settings weights.source",
    "loading": "loading.request pipeline devices models settings",
    "batch": (
        "loading loading.request planner planner.choice planner.words preview video metadata scene "
        "files version settings values"
    ),
    "interop": (
        "pipeline devices generation models noise tabulate weights planner arrays scene "
        "settings weights.source blending"
    ),
    "cli": (
        "batch loading loading.request pipeline devices planner planner.choice planner.llm preview "
        "video metadata scene files version settings values weights.source"
    ),
    "lab.stickers": "",
    "lab.training": (
        "lab.stickers devices generation models noise schedule tokenizer weights arrays files "
        "settings"
    ),
    "lab.evaluation": (
        "lab.stickers pipeline devices generation denoising models noise tabulate planner "
        "video scene files settings sampler facing"
    ),
    "lab.planners": "scene files",
    "lab.refinement": "lab.planners planner planner.llm planner.tracks scene files",
    "lab.speed": (
        "batch pipeline devices generation denoising models noise sampler schedule weights "
        "tokenizer planner planner.llm arrays scene files version settings"
    ),
}
# Library -> the rooms that may import it.
ONLY_IN = {
    "torch": set(),
    "pickle": set(),
    "ml_collections": {"cli"},
    "absl": {"cli"},
    "argparse": {"cli"},
    "diffusers": {"interop"},
    "transformers": {"interop"},
    "huggingface_hub": {"weights"},
    "fsspec": {"batch"},
    "ray": {"batch"},
    "webdataset": {"batch"},
    "openai": {"planner"},
    "httpx2": {"planner"},
    "optax": {"lab.training"},
    "orbax": {"lab.training"},
    "pydantic": {"scene", "planner"},
}
WITHOUT_JAX = {
    *(
        "version",
        "files",
        "settings",
        "values",
        "scene",
        "preview",
        "video",
        "metadata",
        "tabulate",
    ),
    *("tokenizer", "weights.source", "loading.request"),
    *(room for room in ROOMS if room.split(".")[0] == "planner"),
}


def room_of(module: str) -> str:
    """The room of a dotted name inside the package: "planner.english.clauses" is in its room."""
    first, _, rest = module.partition(".")
    inner = f"{first}.{rest.partition('.')[0]}"
    return inner if inner in ROOMS else first


def room_of_file(path: Path) -> str:
    return room_of(".".join(path.relative_to(PACKAGE).with_suffix("").parts))


def imports_of(path: Path) -> set[str]:
    """Dotted names of everything a file imports, inside functions too; no relative imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def rooms_imported(path: Path) -> set[str]:
    names = [name.partition(".") for name in imports_of(path)]
    found = {room_of(rest) for first, _, rest in names if first == "flowzero_jax" and rest}
    return found - {room_of_file(path), "errors", "__version__"}


def libraries(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports_of(path)}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_rooms_import_only_what_they_may(path):
    room = room_of_file(path)
    if room in ROOMS:
        assert rooms_imported(path) <= set(ROOMS[room].split())
    for library in libraries(path) & set(ONLY_IN):
        homes = ONLY_IN[library]
        assert {room, room.split(".")[0]} & homes, f"{library} is imported in {room}"
    if room in WITHOUT_JAX:
        assert not libraries(path) & {"jax", "flax"}


def test_nobody_behind_the_command_lines_door_sees_its_arguments():
    options = {"options.py", "planner_options.py", "batch_options.py"}
    doors = {"config.py", "jobs.py", "values.py"} | options
    found = {path.name for path in SOURCES if "argparse" in libraries(path)}
    assert found == doors


def test_every_room_stands_above_what_it_imports():
    below: set[str] = set()
    for room, imported in ROOMS.items():
        assert set(imported.split()) <= below, f"{room} imports what is not below it"
        below.add(room)


def test_the_table_of_rooms_is_the_house():
    arrows = {room: set() for room in ROOMS}
    for path in SOURCES:
        if (room := room_of_file(path)) in ROOMS:
            arrows[room] |= rooms_imported(path)
    doors = {"__init__", "__main__", "errors", "lab"}
    assert {room_of_file(path) for path in SOURCES} - doors == set(ROOMS)
    assert arrows == {room: set(imported.split()) for room, imported in ROOMS.items()}


@pytest.fixture(scope="module")
def plan_file(tmp_path_factory):
    frame = {
        "description": "a cat in a meadow",
        "objects": [{"id": "cat", "phrase": "a cat", "box": [0.1, 0.2, 0.5, 0.6]}],
        "background_motion": {"direction": "left", "speed": 0.5},
    }
    path = tmp_path_factory.mktemp("plan") / "plan.json"
    path.write_text(json.dumps({"version": 1, "prompt": "a cat", "frames": [frame]}))
    return path


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["generate", "--help"],
        ["compile", "--help"],
        ["compile", "--guidance-start", "1", "--guidance-end", "0"],
        ["plan", "a cat runs", "--out", "OUT/plan.json"],
        ["show", "PLAN", "--out", "OUT/plan.png"],
        ["check", "PLAN"],
        ["check", "PLAN", "--repair", "--out", "OUT/mended.json"],
        ["render", "missing.json", "--out", "OUT/video.mp4"],
        ["batch", "missing.csv", "--out-dir", "OUT/videos"],
        ["doctor"],
    ],
    ids=" ".join,
)
def test_commands_without_a_model_start_without_jax(arguments, plan_file, tmp_path):
    names = {"PLAN": str(plan_file)}
    argv = [names.get(text, text.replace("OUT", str(tmp_path))) for text in arguments]
    code = (
        "import sys; from flowzero_jax.cli import main; main(sys.argv[1:]); "
        "print(sorted({'jax', 'flax', 'transformers', 'diffusers', 'torch'} & {*sys.modules}))"
    )
    run = subprocess.run([sys.executable, "-c", code, *argv], capture_output=True, text=True)
    assert run.stdout.splitlines()[-1] == "[]"
    assert run.returncode == 0
