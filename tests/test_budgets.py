"""How large the house may be: lines of its parts, files and functions. Raise no number here.

The product had 20,946 lines when the house was built. The rules that read English are shorter by
1,500 since; what a batch needs outside of its room, LoRAs, tracks, `doctor`, checkpoints and
servers as they are came after. It is to come down to 18,500, and the rules that read English to
3,200.
"""

import ast
from pathlib import Path

import pytest

import flowzero_jax.errors

PACKAGE = Path(flowzero_jax.errors.__file__).parent
ROOT = PACKAGE.parent
SHIPPED = sorted(path for name in ("flowzero_jax", "scripts", "configs")
                 for path in (ROOT / name).rglob("*.py"))  # fmt: skip
EVERYTHING = [*SHIPPED, *sorted((ROOT / "tests").rglob("*.py"))]

# The method itself, from a scene to frames.
HEART = {
    "scene", "settings", "tabulate", "arrays", "noise", "schedule", "sampler", "denoising",
    "generation", "pipeline", "models", "devices", "blending", "facing",
}  # fmt: skip
# Rooms with a budget of their own; research has none.
APART = {"batch": 2_500, "studio": 2_500}

PRODUCT = 21_904
# The rules that read English: planner/words and planner/english.
ENGLISH = 3_307
LONGEST_FILE = 320
LONGEST_FUNCTION = 80


def count(path: Path) -> int:
    return len(path.read_text().splitlines())


def lines_by_part() -> dict[str, int]:
    """Lines of every module and subpackage that stand directly in the package."""
    parts: dict[str, int] = {}
    for path in PACKAGE.rglob("*.py"):
        part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        parts[part] = parts.get(part, 0) + count(path)
    return parts


def test_the_heart_is_at_most_5000_lines():
    assert sum(lines for part, lines in lines_by_part().items() if part in HEART) <= 5_000


def test_the_product_without_research_grows_no_more():
    apart = {"lab", *APART}
    assert sum(lines for part, lines in lines_by_part().items() if part not in apart) <= PRODUCT


def test_the_rules_that_read_english_grow_no_more():
    rooms = [PACKAGE / "planner" / name for name in ("words", "english")]
    assert sum(count(path) for room in rooms for path in room.glob("*.py")) <= ENGLISH


@pytest.mark.parametrize("room", APART)
def test_a_room_apart_keeps_to_its_own_budget(room):
    assert lines_by_part().get(room, 0) <= APART[room]


def test_no_file_is_too_long():
    lengths = {str(path.relative_to(ROOT)): count(path) for path in SHIPPED}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_no_function_is_too_long():
    found = {}
    for path in EVERYTHING:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = node.end_lineno - node.lineno + 1
                if lines > LONGEST_FUNCTION:
                    found[f"{path.relative_to(ROOT)}:{node.name}"] = lines
    assert found == {}
