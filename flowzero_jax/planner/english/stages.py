"""Which of a thing's events move it to another place, and in what order."""

from itertools import pairwise
from typing import cast

from flowzero_jax.planner.english.drafts import Draft, Event, SpotDraft, ThingDraft
from flowzero_jax.planner.intent import Direction, RelationKind
from flowzero_jax.planner.words.verbs import OBJECT_MOVES, RIDES

_STEADY = frozenset({"still", "change", "auxiliary", "grow", "shrink", "appear", "disappear"})
_LANDING = frozenset({"land", "settle", "alight"})


def is_explicit(event: Event) -> bool:
    """Whether the event says where its subject goes."""
    told = event.direction or event.origin or event.goal or event.crossing or event.around
    own = event.verb.kind == "travel" and event.verb.direction
    leaves = event.verb.kind in ("enter", "leave")
    return bool(told or event.returns or event.away or own or leaves)


def displaces(event: Event) -> bool:
    """Whether the event moves its subject to another place."""
    verb = event.verb
    if verb.kind in _STEADY:
        return False
    if verb.kind in ("travel", "enter", "leave"):
        has_object = event.obj is not None or event.obj_text
        throws = verb.lemma in OBJECT_MOVES and has_object and not event.passive
        return not throws or verb.lemma in RIDES
    ends = [s for s in (event.origin, event.goal) if s is not None]
    return bool(
        event.direction
        or event.returns
        or event.crossing
        or event.around
        or (event.away and verb.kind == "jiggle")
        or any(s.x or s.y or s.target for s in ends)
    )


def stages_of(thing: ThingDraft, events: list[Event], draft: Draft) -> list[Event]:
    """The events that make up the thing's motion, in order."""
    strong = [e for e in events if displaces(e) and (is_explicit(e) or e.manner)]
    if strong:
        _join_landings(strong)
        _join_kicks(strong)
        kept = [e for e in strong if not _is_echo(e, strong)]
        return [e for e in events if e in kept or _is_rebound(e, kept)]
    weak = [e for e in events if displaces(e)]
    if weak and not weak[0].manner and weak[0].verb.manner == "straight":
        return [] if _is_held(thing, draft) else weak[:1]
    jiggles = [
        e for e in events if e.manner or (e.verb.kind == "jiggle" and e.verb.manner != "still")
    ]
    return weak[:1] or [e for e in jiggles if e.verb.kind not in ("still", "change")][:1]


def _is_rebound(event: Event, strong: list[Event]) -> bool:
    """ "drops and bounces twice": where a fall ends, it bounces in place."""
    bounces = (event.manner or event.verb.manner) in ("hop", "bounce") and not displaces(event)
    fallen = [e for e in strong if e.verb.manner == "fall" and e.order <= event.order]
    return bounces and event not in strong and strong[-1:] == fallen[-1:] != []


def _is_held(thing: ThingDraft, draft: Draft) -> bool:
    """Whether the thing stands to another one, so that it does not walk off unasked."""
    return any(
        r.subject is thing and r.kind != "with" and r.words != "over" and not r.together
        for r in draft.relations
    )


def _join_landings(strong: list[Event]) -> None:
    """ "falls down, landing on a bed", "takes it from a box and puts it into a bag": one motion."""
    for event, landing in pairwise(strong):
        if landing.goal is None or event.goal is not None or landing.origin is not None:
            continue
        lands = landing.implied or landing.verb.lemma in _LANDING
        alike = lands and landing.order == event.order
        picked = event.origin is not None and event.direction is None
        if alike or picked:
            event.goal, landing.goal, landing.direction = landing.goal, None, None
            landing.implied = True


def _join_kicks(strong: list[Event]) -> None:
    """ "kicks a ball, and it rolls to the left": the second tells where the first leads."""
    for kick, way in list(pairwise(strong)):
        unsaid = kick.passive and not (kick.direction or kick.goal or kick.returns)
        hand = kick.origin if unsaid and way.origin is None and kick.order == way.order else None
        if hand is not None and hand.implied and way.direction and way.direction[0]:
            side: RelationKind = "left_of" if way.direction[0] < 0 else "right_of"
            way.origin = SpotDraft(relation=side, target=hand.target, implied=True)
            strong.remove(kick)


def _is_echo(event: Event, strong: list[Event]) -> bool:
    """Whether an event only repeats an earlier one: "rises, moving upwards"."""
    if event.returns:
        return False
    for other in strong[: strong.index(event)]:
        if (other.order, other.span) != (event.order, event.span):
            continue
        same = _heading(other) == _heading(event)
        if event.implied and other.goal is not None and event.direction is None:
            return True  # "drops onto a bed, sinking into the pillows"
        if event.goal is None and event.origin is None and (event.implied or same):
            return event.direction is None or same
    return False


def _heading(event: Event) -> Direction | None:
    direction = event.direction or event.verb.direction
    if direction is None and event.goal is not None and event.goal.target is None:
        direction = cast(Direction, (event.goal.x or 0, event.goal.y or 0))
    return direction
