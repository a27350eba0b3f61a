"""What the documents say of the house is so: its table of rooms, and every file that they name.

python tests/test_documents.py     writes the table of rooms anew
"""

import ast
import re
from pathlib import Path

import pytest
from test_imports import PACKAGE, ROOMS

ROOT = PACKAGE.parent
ARCHITECTURE = ROOT / "docs" / "architecture.md"
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
START, END = "<!-- rooms -->\n", "<!-- /rooms -->"


def holds(room: str) -> str:
    """What a room holds, by the first paragraph of its docstring."""
    path = PACKAGE / Path(*room.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    said = ast.get_docstring(ast.parse(path.read_text()))
    return " ".join(said.partition("\n\n")[0].split())


def table() -> str:
    rows = ["| room | holds | imports |", "| --- | --- | --- |"]
    for room, imported in ROOMS.items():
        names = ", ".join(f"`{name}`" for name in imported.split())
        rows.append(f"| `{room}` | {holds(room)} | {names} |")
    return "\n".join(rows) + "\n"


def with_table(text: str) -> str:
    before, _, rest = text.partition(START)
    return before + START + table() + END + rest.partition(END)[2]


def named_files(document: Path) -> set[str]:
    """Files and folders between backticks, known by their ending."""
    quoted = re.findall(r"`([\w./-]+)`", document.read_text())
    return {name for name in quoted if name.endswith((".py", ".md", ".txt", "/"))}


def test_the_table_of_rooms_is_that_of_the_imports():
    text = ARCHITECTURE.read_text()
    assert text == with_table(text), "run: python tests/test_documents.py"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_a_document_names_is_there(document):
    # Within a room a file is named alone.
    bases = {ROOT, PACKAGE, document.parent, *(path.parent for path in PACKAGE.rglob("*.py"))}
    missing = {
        name for name in named_files(document) if not any((b / name).exists() for b in bases)
    }
    assert not missing


if __name__ == "__main__":
    ARCHITECTURE.write_text(with_table(ARCHITECTURE.read_text()))
