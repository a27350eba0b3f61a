"""A page to look at: `index.html` from the manifest, static, opened without a server.

One HTML file holds its style, its script and up to `JOBS_PER_FILE` jobs; more jobs go into
`index-2.html` and so on, failures first over all of them. Pictures and videos are linked by names
relative to the folder. What users wrote is data: JSON in a block that no browser runs, without any
`<`, and shown by `page.js` as text. The content security policy lets this one script and style run,
by their hashes, and nothing be loaded but pictures and videos beside the page.
"""

import base64
import hashlib
import itertools
import json
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from importlib.resources import files
from pathlib import Path
from typing import IO, Any

from flowzero_jax.batch.manifest import read_manifest
from flowzero_jax.batch.records import record_name
from flowzero_jax.batch.store import PICTURES, PLANS, RECORDS, VIDEOS, Store

Row = dict[str, Any]

STATUSES = ("failed", "missing", "done")
"""In the order in which jobs are shown."""
JOBS_PER_FILE = 10_000
_COUNTED_VALUES = 1000
_ID = re.compile(r"[0-9a-f]+")
_ENDING = re.compile(r"(\.[0-9a-z]+)+")


class _Usual:
    """Which value of every setting most jobs have; of those that come after 1,000 others, none."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {}

    def count(self, settings: Mapping[str, Any]) -> None:
        for name, value in settings.items():
            counts = self._counts.setdefault(name, Counter())
            text = json.dumps(value)
            if text in counts or len(counts) < _COUNTED_VALUES:
                counts[text] += 1

    def values(self) -> dict[str, Any]:
        return {
            name: json.loads(counts.most_common(1)[0][0]) for name, counts in self._counts.items()
        }


def write_page(store: Store) -> None:
    """Writes `index.html`, and `index-2.html` … for more than 10,000 jobs, from the manifest.

    Memory does not grow with the number of jobs: temporary files sort them by status.

    Raises: OutputError: the manifest cannot be read, or a page not be written.
    """
    title = Path(store.address).resolve().name or "batch"
    usual = _Usual()
    with ExitStack() as stack:
        shelves = {
            status: stack.enter_context(tempfile.TemporaryFile("w+", encoding="ascii"))
            for status in STATUSES
        }
        counts = dict.fromkeys(STATUSES, 0)
        for record in read_manifest(store):
            row = _row(record)
            usual.count(row["settings"])
            counts[row["status"]] += 1
            shelves[row["status"]].write(json.dumps(row) + "\n")
        parts = page_names(sum(counts.values()))
        head = {"title": title, "counts": counts, "usual": usual.values(), "parts": parts}
        lines = _lines(shelves.values())
        for number, name in enumerate(parts):
            own = itertools.islice(lines, JOBS_PER_FILE)
            _write(store, name, _page({**head, "part": number}, own))


def page_names(num_jobs: int) -> list[str]:
    """The files of a page of so many jobs."""
    more = range(2, -(-num_jobs // JOBS_PER_FILE) + 1)
    return ["index.html", *(f"index-{number}.html" for number in more)]


def _row(record: Mapping[str, Any]) -> Row:
    """What the page says of a job: of its record, or of the manifest's line where it has none."""
    name, missing = record["id"], record["status"] == "missing"
    plan, video, pictures = (record.get(kind) or {} for kind in ("plan", "video", "pictures"))
    return {
        "id": name,
        "label": record["label"],
        "status": record["status"],
        "prompt": record["prompt"],
        "seed": record.get("seed"),
        "fps": record.get("fps"),
        "settings": record.get("settings", {}),
        "size": [video[side] for side in ("frames", "height", "width")] if video else None,
        "video": _ending(VIDEOS, name, video.get("file")),
        "poster": _ending(PICTURES, name, pictures.get("poster")),
        "plan_picture": _ending(PICTURES, name, pictures.get("plan")),
        "plan": _ending(PLANS, name, plan.get("file")),
        "record": _ending(RECORDS, name, None if missing else record_name(name)),
        "error": record.get("error"),
    }


def _ending(folder: str, job: str, file: str | None) -> str | None:
    """What follows the job's id in the name of a file; None if the file is not one of its own.

    The page links folder, id and ending: shorter, and nothing else can be linked.
    """
    start = f"{folder}/{job}"
    if file is None or not _ID.fullmatch(job) or not file.startswith(start):
        return None
    ending = file.removeprefix(start)
    return ending if _ENDING.fullmatch(ending) else None


def _lines(shelves: Iterable[IO[str]]) -> Iterator[str]:
    for shelf in shelves:
        shelf.seek(0)
        yield from shelf


def _page(head: Mapping[str, Any], lines: Iterable[str]) -> Iterator[str]:
    """The text of one HTML file in pieces; of settings a row keeps what is not usual."""
    usual = head["usual"]
    before, after = _template()
    yield before
    yield _data(head)[:-1] + ', "jobs": ['
    separator = "\n"
    for line in lines:
        row = json.loads(line)
        settings = row["settings"]
        row["settings"] = {name: value for name, value in settings.items() if value != usual[name]}
        yield separator + _data({name: value for name, value in row.items() if value is not None})
        separator = ",\n"
    yield "\n]}" + after


def _data(value: Any) -> str:
    """JSON that cannot end the block it stands in: `</script` and `<!--` begin with `<`."""
    return json.dumps(value).replace("<", "\\u003c")


def _template() -> tuple[str, str]:
    """What stands before and after the data; the policy knows script and style by their hashes."""
    folder = files(__package__)
    page, style, script = (
        folder.joinpath(f"page.{ending}").read_text(encoding="utf-8")
        for ending in ("html", "css", "js")
    )
    policy = (
        f"default-src 'none'; script-src {_source(script)}; style-src {_source(style)}; "
        # `self` is this page's own site; `file:` is for browsers that see none in a folder.
        "img-src 'self' file:; media-src 'self' file:; base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'"
    )
    for name, text in (("policy", policy), ("style", style), ("script", script)):
        page = page.replace("{{" + name + "}}", text)
    before, _, after = page.partition("{{data}}")
    return before, after


def _source(text: str) -> str:
    """How a content security policy names a script or style by its hash."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _write(store: Store, name: str, pieces: Iterable[str]) -> None:
    def write(path: Path) -> None:
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(pieces)

    store.put(name, write)
