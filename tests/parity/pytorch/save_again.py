"""Saves the reference pipeline with whatever diffusers and transformers are installed.

    python tests/parity/pytorch/save_again.py FOLDER [RECORD.json]

Run it where the newest of both are; `tests/weights/test_weights_newest.py` does so by itself with
the Python that the environment variable FLOWZERO_NEWEST names. RECORD gets the small files as they
were written, for the test where there is no such Python.
"""

import json
import sys
from pathlib import Path

from diffusers import StableDiffusionPipeline

PIPELINE = Path(__file__).parents[1] / "reference" / "pipeline"


def main(folder: Path, record: Path | None) -> None:
    pipe = StableDiffusionPipeline.from_pretrained(PIPELINE, safety_checker=None)
    pipe.save_pretrained(folder)
    if record is None:
        return
    files = {}
    for path in sorted(folder.rglob("*.json")):
        values = json.loads(path.read_text(encoding="utf-8"))
        files[path.relative_to(folder).as_posix()] = {
            key: value for key, value in values.items() if key != "_name_or_path"
        }
    record.write_text(json.dumps(files, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if sys.argv[2:] else None)
