"""JSON schemas of the replies, made from the tracks' own: flat, closed, every property required.

Numbers are whole, for their bounds are held by the grammars that servers make of a schema.
"""

from functools import lru_cache
from typing import Any

from flowzero_jax.planner.tracks import Tracks

# What all servers' grammars understand; our own check of a reply decides anyway.
_KEPT = {"type", "items", "enum", "minimum", "maximum", "minItems", "maxItems"}


@lru_cache(maxsize=1)
def plan_schema() -> dict[str, Any]:
    """The schema of a plan."""
    schema = Tracks.model_json_schema()
    return _flat(schema, schema["$defs"])


def refinement_schema() -> dict[str, Any]:
    """The schema of a corrected plan; the critique comes first, so that it is thought of first."""
    return _object(
        {
            "critique": {"type": "string"},
            "scene": plan_schema(),
            "confidence": {"type": "integer", "minimum": 0, "maximum": 100},
        }
    )


def _flat(part: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """`part` without references, annotations and what not every server knows."""
    if "$ref" in part:
        return _flat(definitions[part["$ref"].rsplit("/", 1)[-1]], definitions)
    if part.get("type") == "object":
        return _object(
            {name: _flat(value, definitions) for name, value in part["properties"].items()}
        )
    kept = {key: value for key, value in part.items() if key in _KEPT}
    if "items" in part:
        kept["items"] = _flat(part["items"], definitions)
    return kept


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": [*properties],
        "additionalProperties": False,
    }
