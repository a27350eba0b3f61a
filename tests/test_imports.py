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

# Part (a module or subpackage) -> the other parts of the package that it may import. The errors
# are everybody's.
MAY_IMPORT = {
    "errors": set(),
    "version": set(),
    "files": set(),
    "scene": {"files"},
    "planner": {"files", "scene"},
    "preview": {"files", "scene"},
    "preview_rounds": {"files", "planner", "preview"},
    "video": {"files"},
    "metadata": {"files", "version"},
    "arrays": set(),
    "layout": {"scene", "arrays"},
    "noise": set(),
    "models": set(),
    "diffusion": set(),
    "sampler": {"diffusion"},
    "sharding": set(),
    "spreading": {"denoising", "diffusion", "generation", "sharding"},
    "distributed": {"diffusion", "snapshot"},
    "compilation_cache": set(),
    "compiling": {
        *("arrays", "drawing", "generation", "noise", "pipeline", "scene", "spreading"),
    },
}
MUST_NOT_IMPORT = {"pipeline": {"planner", "scene", "cli"}, "weights": {"planner", "scene", "cli"}}
# Library -> the parts that may import it.
ONLY_IN = {
    "torch": set(),
    "pickle": set(),
    "ml_collections": {"cli"},
    "absl": {"cli"},
    "argparse": {"cli"},
    "diffusers": {"interop"},
    "transformers": {"interop"},
    "huggingface_hub": {"weights"},
    "openai": {"planner"},
    "httpx2": {"planner"},
    "tenacity": {"planner"},
    "optax": {"training"},
    "orbax": {"training"},
    "pydantic": {"scene", "planner"},
}
WITHOUT_JAX = {
    *("errors", "version", "files", "scene", "planner", "preview", "preview_rounds", "video"),
    *("metadata", "layout", "tokenizer"),
}


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


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


def own_parts(path: Path) -> set[str]:
    names = [name.split(".") for name in imports_of(path)]
    return {name[1] for name in names if name[0] == "flowzero_jax" and len(name) > 1}


def libraries(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports_of(path)}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_parts_import_only_what_they_may(path):
    part = part_of(path)
    others = own_parts(path) - {part, "errors"}
    if part in MAY_IMPORT:
        assert others <= MAY_IMPORT[part]
    assert not others & MUST_NOT_IMPORT.get(part, set())
    for library in libraries(path) & set(ONLY_IN):
        assert part in ONLY_IN[library], f"{library} is imported in {part}"
    if part in WITHOUT_JAX:
        assert not libraries(path) & {"jax", "flax"}


def test_the_rules_name_parts_that_exist():
    parts = {part_of(path) for path in SOURCES}
    assert set(MAY_IMPORT) | set(MUST_NOT_IMPORT) | WITHOUT_JAX <= parts


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
