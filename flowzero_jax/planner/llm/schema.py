"""JSON schemas of the replies, made from the tracks' own: flat, closed, every property required.

Numbers are whole, for their bounds are held by the grammars that servers make of a schema.
"""

from functools import lru_cache
from typing import Any

from pydantic import BaseModel

from flowzero_jax.planner.tracks import Percent, Tracks

# What all servers' grammars understand; our own check of a reply decides anyway.
_KEPT = {"type", "enum", "minimum", "maximum", "minItems", "maxItems"}


class _Refinement(BaseModel):
    critique: str  # comes first, so that it is thought of first
    scene: Tracks
    confidence: Percent


def plan_schema() -> dict[str, Any]:
    """The schema of a plan."""
    return _schema(Tracks)


def refinement_schema() -> dict[str, Any]:
    """The schema of a corrected plan, with a critique and how sure the model is."""
    return _schema(_Refinement)


@lru_cache(maxsize=2)
def _schema(kind: type[BaseModel]) -> dict[str, Any]:
    schema = kind.model_json_schema()
    return _flat(schema, schema["$defs"])


def _flat(part: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """`part` without references, annotations and what not every server knows."""
    if "$ref" in part:
        return _flat(definitions[part["$ref"].rsplit("/", 1)[-1]], definitions)
    kept = {key: value for key, value in part.items() if key in _KEPT}
    if "items" in part:
        kept["items"] = _flat(part["items"], definitions)
    if "properties" in part:
        inner = {name: _flat(value, definitions) for name, value in part["properties"].items()}
        kept |= {"properties": inner, "required": [*inner], "additionalProperties": False}
    return kept
