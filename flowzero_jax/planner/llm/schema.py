"""JSON schemas of the replies, made from the scene's own: flat, closed, every property required."""

from functools import lru_cache
from typing import Any

from flowzero_jax.scene import Frame

# What all servers' grammars understand; our own check of a reply decides anyway.
_KEPT = {
    "type", "properties", "required", "additionalProperties", "items", "enum", "minimum", "maximum",
    "minItems", "maxItems",
}  # fmt: skip


def plan_schema(num_frames: int) -> dict[str, Any]:
    """The schema of a plan of `num_frames` frames."""
    frames = {
        "type": "array", "items": _frame_schema(), "minItems": num_frames, "maxItems": num_frames,
    }  # fmt: skip
    return _object({"frames": frames})


def refinement_schema(num_frames: int) -> dict[str, Any]:
    """The schema of a corrected plan; the critique comes first, so that it is thought of first."""
    return _object(
        {
            "critique": {"type": "string"},
            "scene": plan_schema(num_frames),
            "confidence": {"type": "number", "minimum": 0, "maximum": 1},
        }
    )


@lru_cache(maxsize=1)
def _frame_schema() -> dict[str, Any]:
    schema = Frame.model_json_schema()
    return _flat(schema, schema.get("$defs", {}))


def _flat(part: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """`part` without references, annotations and what not every server knows."""
    if "$ref" in part:
        return _flat(definitions[part["$ref"].rsplit("/", 1)[-1]], definitions)
    if part.get("type") == "object":
        return _object(
            {name: _flat(value, definitions) for name, value in part["properties"].items()}
        )
    kept = {key: value for key, value in part.items() if key in _KEPT}
    if "prefixItems" in part:  # a box; a list of four for those that know no tuples
        kept["items"] = _flat(part["prefixItems"][0], definitions)
    elif "items" in part:
        kept["items"] = _flat(part["items"], definitions)
    return kept


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": [*properties],
        "additionalProperties": False,
    }
