"""What prepositions say about two things."""

from flowzero_jax.planner.intent import RelationKind

#: Of two things at rest.
RELATION_OF: dict[str, RelationKind] = {
    "above": "above", "over": "above", "below": "below", "under": "below", "beneath": "below",
    "underneath": "below", "beside": "next_to", "besides": "next_to", "near": "next_to",
    "by": "next_to", "alongside": "next_to", "against": "next_to", "opposite": "next_to",
    "past": "next_to", "at": "next_to", "among": "next_to", "amongst": "next_to",
    "along": "next_to", "toward": "next_to", "towards": "next_to", "from": "below",
    "behind": "behind", "upon": "on", "atop": "on", "on": "on", "onto": "on", "across": "on",
    "in": "in", "inside": "in", "within": "in", "into": "in", "through": "in", "aboard": "in",
    "with": "with", "between": "in_front_of", "around": "around",
}  # fmt: skip
#: Of a goal: how the mover stands to it in the end.
TO: dict[str, RelationKind] = {
    "to": "next_to", "toward": "next_to", "towards": "next_to", "up to": "next_to",
    "down to": "next_to", "into": "in", "up into": "in", "down into": "in", "onto": "on",
    "on to": "on", "down onto": "on", "up onto": "on",
}  # fmt: skip
#: Of an origin: how the mover stands to it at first.
FROM: dict[str, RelationKind] = {
    "from": "on", "off": "on", "off of": "on", "down from": "on", "up from": "on", "out of": "in",
    "out from": "in", "from behind": "behind", "from under": "below", "from inside": "in",
    "from beneath": "below", "away from": "next_to",
}  # fmt: skip
