"""The evaluation of refinement as a document: a table of right plans by round and skill."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flowzero_jax.files import make_folder, write_text
from flowzero_jax.lab.refinement.measure import evaluate, summarize
from flowzero_jax.lab.refinement.weak_model import Rates
from flowzero_jax.planner.llm import LlmSettings

SEEDS = (0, 1, 2)


def evaluate_refinement(
    out: Path, seeds: Sequence[int] = SEEDS, settings: LlmSettings | None = None
) -> dict[str, Any]:
    """Writes `refinement.json` and `refinement.md` to the folder `out`; returns the former.

    Raises: OutputError.
    """
    make_folder(out)
    settings = settings or LlmSettings(url="http://localhost/v1", model="simulated")
    courses = []
    for seed in seeds:
        courses += evaluate([seed], settings)
        done = summarize(courses)["all"]
        last = list(done)[-2]
        print(f"seed {seed}: {done['first reply']:.1%} -> {done[last]:.1%}", flush=True)
    results = {
        "seeds": list(seeds),
        "rates": dataclasses.asdict(Rates()),
        "confidence": settings.confidence,
        "max_rounds": settings.max_rounds,
        **summarize(courses),
    }
    write_text(out / "refinement.json", json.dumps(results, indent=1) + "\n")
    write_text(out / "refinement.md", document(results))
    return results


def document(results: dict[str, Any]) -> str:
    """The results in Markdown."""
    columns = [*results["stages"], "unspoiled"]
    rows = [*results["skills"].items(), ("**all**", results["all"])]
    lines = [
        f"| skill | {' | '.join(columns)} |",
        f"| --- |{' ---: |' * len(columns)}",
        *(
            f"| {name} | {' | '.join(f'{100 * parts[column]:.1f}' for column in columns)} |"
            for name, parts in rows
        ),
    ]
    rates = {name: f"{100 * rate:g} %" for name, rate in results["rates"].items()}
    ends = ", ".join(f"{why} {count}" for why, count in results["ended"].items())
    return _TEXT.format(
        **rates,
        plans=results["plans"],
        seeds=", ".join(map(str, results["seeds"])),
        confidence=results["confidence"],
        max_rounds=results["max_rounds"],
        table="\n".join(lines),
        calls=f"{results['calls']:.2f}",
        ends=ends,
    )


_TEXT = """\
# Refinement of a weak model's plans

Made by `python scripts/evaluate.py refinement --out docs/evaluation`. No language model takes part:
a simulated one spoils the rules planner's plans, so that what refinement does can be measured and
repeated exactly.

**The model.** Of its tracks {outside} leave the canvas for some frames, {overlap} lie on another
object (a lone object gets a double), {still} never move. Of its replies {corner_size} have boxes as
x, y, width and height, {pixels} have pixels, {cut} end in the middle. Told of a fault it corrects
it in {mends} of all cases, and in {spoils} it spoils something else. Its confidence is drawn from
0.6 to 1 and means nothing.

**The measure.** {plans} plans: all prompts of the planner benchmark, with the seeds {seeds}. In
percent, the plans that show everything that their prompt asks for, by the benchmark's own
conditions, which the refinement does not see:

- *first reply*: the model's first reply, if it can be read at all;
- *asked again*: the plan of up to three tries, each told what was wrong with the one before;
- *round n*: the plan that is kept after n rounds of refinement (confidence threshold {confidence},
  at most {max_rounds} rounds);
- *unspoiled*: the plan that was spoiled.

{table}

{calls} questions a plan. How it ended: {ends}.
*Confident*: the model was sure enough and nothing hard was found; *repeated*: it gave a plan that
it had given before; *no plan*: three unreadable replies, which is exit code 3.
"""
