"""Where the tests find what is not theirs."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "tests" / "parity" / "reference"
PIPELINE = REFERENCE / "pipeline"
