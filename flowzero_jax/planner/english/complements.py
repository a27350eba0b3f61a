"""What a prepositional phrase says of the clause's event: goal, origin, relation, height."""

from dataclasses import replace

from flowzero_jax.planner.english.drafts import (
    Camera,
    Draft,
    Event,
    Mention,
    Nothing,
    PlaceDraft,
    RelationDraft,
    SpotDraft,
    ThingDraft,
)
from flowzero_jax.planner.english.prepositions import FROM, RELATION_OF, TO
from flowzero_jax.planner.intent import RelationKind
from flowzero_jax.planner.words import lexicon, sizes
from flowzero_jax.planner.words.verbs import BOTH_MOVE, CHASES, OBJECT_MOVES, RIDES, Verb

_PUT = frozenset({"place", "put", "set", "lay", "drop", "hang"})
_CRASHES = frozenset({"crash", "collide", "bump", "smash"})
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
        elif event.verb.lemma in BOTH_MOVE and event.origin and event.origin.relation == "on":
            event.verb = replace(event.verb, direction=(0, 1), manner="fall")
            event.origin.implied = False  # "pushed off a table by a cat"
            draft.relate("next_to", "by", target, event)
        elif event.verb.lemma in BOTH_MOVE:  # "carried by a balloon"
            flies = sizes.build_of(target.label.words).home == "sky"
            draft.relate("below" if flies else "next_to", "with", target, event, together=True)
            event.subjects = [*event.subjects, target]
        elif event.verb.lemma in OBJECT_MOVES and event.origin is None:  # "thrown by a girl"
            event.origin = SpotDraft(relation="right_of", target=target, implied=True)
        elif event.verb.lemma == "catch":  # "falls, to be caught by a net"
            _end_in(draft, event, target)
        return
    if event is None or event.verb.kind in ("still", "auxiliary"):
        if preposition == "between":
            flank(draft, event, target)
        elif kind is not None:
            draft.relate(kind, text, target, event)
        return
    verb = event.verb
    lifted = verb.airborne or verb.direction or verb.manner != "straight" or event.passive
    lifted = lifted or verb.lemma in _ROLLING or event.obj is not None
    puts = (verb.lemma in _PUT and event.obj is not None) or verb.lemma in _LANDING
    if puts and kind and preposition in ("on", "in", "inside", "under", "beside", "near", "by"):
        event.goal = event.goal or SpotDraft(relation=kind, target=target)
    elif verb.lemma in _CRASHES and (preposition in TO or preposition in ("with", "against")):
        event.obj = target
    elif preposition == "at" and verb.lemma in OBJECT_MOVES and isinstance(event.obj, ThingDraft):
        event.goal = event.goal or SpotDraft(relation="next_to", target=target)  # "throws it at"
    elif preposition in TO and event.obj is None and event.obj_text and verb.kind == "other":
        draft.relate("next_to", "with", target, event)  # "scoops sand into a bucket"
    elif preposition in TO:
        lands = lifted and target.label.noun in lexicon.LANDING_PLACES
        kind = "on" if lands and TO[preposition] == "next_to" else TO[preposition]
        event.goal = event.goal or SpotDraft(relation=kind, target=target)
    elif preposition in FROM:
        rests = verb.kind == "other" and not event.passive and event.direction is None
        if preposition == "from" and rests and verb.lemma not in OBJECT_MOVES:
            draft.relate("next_to", text, target, event)  # "eats leaves from a tree"
            return
        stands = preposition == "from" and not lifted
        kind = "next_to" if stands or preposition == "away from" else FROM[preposition]
        event.origin = event.origin or SpotDraft(relation=kind, target=target)
        if preposition == "away from" and event.direction is None:
            event.direction = (1, 0)
    elif preposition in ("over", "across") and event.verb.manner == "hop":
        event.origin = event.origin or SpotDraft(relation="left_of", target=target)
        event.goal = event.goal or SpotDraft(relation="right_of", target=target)
    elif kind in ("in", "on") and verb.lemma in RIDES and preposition != "across":
        draft.relate(kind, text, target, event, together=True)  # "rides in a rocket"
        event.subjects = [*event.subjects, target]
    elif preposition == "behind" and verb.kind == "travel" and _travels(draft, target):
        hunt = draft.begin(Verb("follow", "travel", pace=verb.pace), event.subjects)
        hunt.obj, hunt.direction = target, event.direction  # "runs behind a bus that drives"
        draft.events.remove(event)
    elif preposition == "between" and event.manner == "swing" and verb.kind == "travel":
        event.between.append(target)
    elif preposition == "between":
        flank(draft, event, target)
    elif preposition in ("around", "round") and event.verb.kind in ("travel", "jiggle"):
        event.around, event.manner = target, event.manner or "circle"
    elif preposition == "past" and event.verb.kind in ("travel", "jiggle"):
        event.crossing = True
    elif kind is not None and verb.kind != "disappear":
        draft.relate(kind, text, target, event)
        event.crossing |= preposition == "across" and event.verb.kind == "travel"


def _travels(draft: Draft, thing: ThingDraft) -> bool:
    return any(thing in e.subjects and e.verb.kind == "travel" for e in draft.events)


def _end_in(draft: Draft, event: Event, target: ThingDraft) -> None:
    """The motion before ends in what catches the mover."""
    before = [e for e in draft.events if e is not event and e.things == event.things]
    if before and before[-1].goal is None:
        before[-1].goal = SpotDraft(relation="in", target=target)
        draft.events.remove(event)
        draft.event = before[-1]


def flank(draft: Draft, event: Event | None, target: ThingDraft) -> None:
    """ "between two trees", "between a tree and a house": they stand on both sides."""
    subjects = event.things if event is not None else draft.subjects or [draft.last]
    for subject in subjects:
        if not isinstance(subject, ThingDraft) or subject is target:
            continue
        if target.count > 1:
            found = RelationDraft("around", target, subject, "on both sides of", draft.order)
        else:
            flanked = any(r.target is subject and r.words == "left of" for r in draft.relations)
            kind: RelationKind = "right_of" if flanked else "left_of"
            found = RelationDraft(kind, target, subject, kind.replace("_", " "), draft.order)
        draft.relations.append(found)


def contains(draft: Draft, end: int) -> bool:
    """ "a pot with a cactus in it": the cactus is in the pot."""
    thing, holder = draft.last, draft.subjects[-1] if draft.subjects else None
    if draft.words[end : end + 1] not in (["it"], ["them"]) or thing is holder:
        return False
    if not (isinstance(thing, ThingDraft) and isinstance(holder, ThingDraft)):
        return False
    kind: RelationKind = "on" if draft.word() == "on" else "in"
    draft.relations = [
        r for r in draft.relations if not (r.subject is holder and r.target is thing)
    ]
    draft.relations.append(RelationDraft(kind, thing, holder, kind, draft.order))
    draft.i, draft.fresh, draft.last = end + 1, True, holder
    return True
