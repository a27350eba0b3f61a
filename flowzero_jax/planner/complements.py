"""What a prepositional phrase says of the clause's event: goal, origin, relation, height."""

from flowzero_jax.planner import lexicon
from flowzero_jax.planner.drafts import (
    Camera,
    Draft,
    Event,
    Mention,
    Nothing,
    PlaceDraft,
    SpotDraft,
    ThingDraft,
)
from flowzero_jax.planner.prepositions import FROM, RELATION_OF, TO
from flowzero_jax.planner.verbs import CHASES, OBJECT_MOVES, Verb

_PUT = frozenset({"place", "put", "set", "lay", "drop", "hang"})
_LANDING = frozenset({"land", "settle", "alight"})
_ROLLING = frozenset({"roll", "slide", "climb", "crawl", "move"})


def attach(draft: Draft, preposition: str, text: str, target: Mention | None) -> None:
    """Gives the event what "to the house", "off a table" or "in a park" says."""
    event = draft.event
    if isinstance(target, Camera):
        draft.joined = ""
        if event is not None:
            event.verb = Verb(event.verb.lemma, "shrink" if "from" in preposition else "grow")
    elif isinstance(target, PlaceDraft):
        draft.joined, draft.fresh, draft.role, draft.last = "", True, preposition, target
        if event is not None:
            _attach_place(event, preposition, target)
    elif isinstance(target, ThingDraft):
        draft.joined, draft.fresh, draft.role, draft.last = "", True, preposition, target
        _attach_thing(draft, preposition, text, target)
    elif isinstance(target, Nothing) and event is not None and preposition != "with":
        if event.verb.kind == "other":
            event.obj_text = event.obj_text or f"{text} {target.text}"
        event.away |= preposition == "into" and "distance" in target.text


def _attach_place(event: Event, preposition: str, place: PlaceDraft) -> None:
    """ "into the sky" is up, "to the ground" is down, "across the lawn" is a long way."""
    if event.verb.kind not in ("travel", "jiggle", "other"):
        return
    event.crossing |= preposition == "across" and event.direction is None
    vertical = lexicon.VERTICAL_PLACES.get(place.noun)
    told = event.direction or event.goal or event.verb.direction
    if preposition in TO and vertical and not told:
        event.direction = (0, vertical)


def _attach_thing(draft: Draft, preposition: str, text: str, target: ThingDraft) -> None:
    event = draft.event
    kind = RELATION_OF.get(preposition)
    if event is None and not draft.subjects and kind is not None:
        draft.pending_relation = (kind, text, target)
        return
    if event is not None and event.passive and preposition == "by" and event.things:
        if event.verb.lemma in CHASES:  # "followed by a dog"
            hunt = draft.begin(event.verb, [target])
            hunt.obj, hunt.direction = event.things[0], event.direction
        return
    if event is None or event.verb.kind in ("still", "auxiliary"):
        if kind is not None:
            draft.relate(kind, text, target, event)
        return
    verb = event.verb
    lifted = verb.airborne or verb.direction or verb.manner != "straight" or event.passive
    lifted = lifted or verb.lemma in _ROLLING or event.obj is not None
    puts = (verb.lemma in _PUT and event.obj is not None) or verb.lemma in _LANDING
    if puts and kind and preposition in ("on", "in", "inside", "under", "beside", "near", "by"):
        event.goal = event.goal or SpotDraft(relation=kind, target=target)
    elif preposition in TO:
        lands = lifted and target.label.noun in lexicon.LANDING_PLACES
        kind = "on" if lands and TO[preposition] == "next_to" else TO[preposition]
        event.goal = event.goal or SpotDraft(relation=kind, target=target)
    elif preposition in FROM:
        rests = verb.kind == "other" and not event.passive and event.direction is None
        if preposition == "from" and rests and verb.lemma not in OBJECT_MOVES:
            draft.relate("next_to", text, target, event)  # "eats leaves from a tree"
            return
        kind = FROM[preposition] if lifted or preposition != "from" else "next_to"
        event.origin = event.origin or SpotDraft(relation=kind, target=target)
        if preposition == "away from" and event.direction is None:
            event.direction = (1, 0)
    elif preposition in ("over", "across") and event.verb.manner == "hop":
        event.origin = event.origin or SpotDraft(relation="left_of", target=target)
        event.goal = event.goal or SpotDraft(relation="right_of", target=target)
    elif preposition in ("around", "round") and event.verb.kind in ("travel", "jiggle"):
        event.around, event.manner = target, event.manner or "circle"
    elif preposition == "past" and event.verb.kind == "travel":
        event.crossing = True
    elif kind is not None and verb.kind != "disappear":
        draft.relate(kind, text, target, event)
        event.crossing |= preposition == "across" and event.verb.kind == "travel"
