"""What a preposition says of the clause's event: goal, origin, relation, height."""

from flowzero_jax.planner.english.clauses import Attachment
from flowzero_jax.planner.english.story import Event, Mention, Nothing, PlaceDraft, ThingDraft
from flowzero_jax.planner.english.teller import Teller
from flowzero_jax.planner.intent import RelationKind, Spot
from flowzero_jax.planner.words import lexicon
from flowzero_jax.planner.words.tables import GRAMMAR, by_word, load
from flowzero_jax.planner.words.verbs import BOTH_MOVE, CHASES, OBJECT_MOVES, RIDES, Verb

_LISTS = load("phrases")
# The relation of two things at rest; of a mover to its goal in the end, to its origin at first.
_REST: dict[str, RelationKind] = by_word(_LISTS["rest"])  # type: ignore[assignment]
_GOALS: dict[str, RelationKind] = _LISTS["goals"]
_ORIGINS: dict[str, RelationKind] = _LISTS["origins"]


def attach(teller: Teller, part: Attachment) -> Mention | None:
    """Adds what "to the house", "off a table" or "next to a tree" says; returns what is named."""
    target, event = teller.target_of(part), teller.event
    if isinstance(target, ThingDraft):
        if part.kind is not None:
            _relative(teller, part, part.kind, target)
        elif event is not None and event.verb.kind not in ("still", "auxiliary"):
            _mean(teller, part, target, event)
        elif part.preposition in _REST:
            teller.relate(_REST[part.preposition], part.words, target)
    elif event is not None and isinstance(target, PlaceDraft):
        _at_place(event, part.preposition, target)
    elif event is not None and isinstance(target, Nothing) and target.views:
        event.verb = Verb(event.verb.lemma, "shrink" if "from" in part.preposition else "grow")
    elif event is not None and part.preposition == "into":
        event.away |= "distance" in part.named.text
    return target


def _relative(teller: Teller, part: Attachment, kind: RelationKind, target: ThingDraft) -> None:
    """ "next to a tree", "from the left of a box"."""
    event, spot = teller.event, Spot(relation=kind, target=target.number)
    moves = event is not None and (event.verb.kind not in GRAMMAR["rest_kinds"] or event.passive)
    if part.to and event is not None and moves:
        event = teller.next_stage(event) if event.goal is not None else event
        event.goal = spot
    elif part.preposition == "from" and event is not None:
        event.origin = spot
    else:
        teller.relate(kind, part.words, target)


def _slope(event: Event, preposition: str, noun: str) -> None:
    """ "down the stairs", "up a tree"; but "down the street" is a way along."""
    if noun not in lexicon.LEVEL_WAYS:
        vertical = 1 if preposition == "down" else -1
        event.direction = event.direction or (int(noun in GRAMMAR["slopes"]), vertical)


def _at_place(event: Event, preposition: str, place: PlaceDraft) -> None:
    """ "into the sky" is up, "to the ground" is down, "across the lawn" is a long way."""
    if preposition in ("up", "down"):
        _slope(event, preposition, place.noun)
    elif event.verb.kind in GRAMMAR["moving"] | {"other"}:
        event.crossing |= preposition == "across" and event.direction is None
        vertical = lexicon.VERTICAL_PLACES.get(place.noun)
        told = event.direction or event.goal or event.verb.direction
        if preposition in _GOALS and vertical and not told:
            event.direction = (0, vertical)


def _mean(teller: Teller, part: Attachment, thing: ThingDraft, event: Event) -> None:
    """What a preposition says of an event that is no rest."""
    preposition, verb = part.preposition, event.verb
    moves, rest = verb.kind in GRAMMAR["moving"], _REST.get(preposition, "next_to")
    if preposition in ("up", "down"):
        _slope(event, preposition, thing.label.noun)
        teller.relate("in_front_of", "on", thing)
    elif preposition == "by" and event.passive:
        _by(teller, part, thing, event)
    elif preposition in GRAMMAR["against"] and verb.lemma in GRAMMAR["crashes"]:
        event.obj = thing
    elif preposition in _GOALS or _puts(event, preposition):
        lands = _leaves_ground(event) and thing.label.noun in lexicon.LANDING_PLACES
        kind = _GOALS.get(preposition, rest)
        kind = "on" if lands and preposition in _GOALS and kind == "next_to" else kind
        event.goal = event.goal or Spot(relation=kind, target=thing.number)
    elif preposition in _ORIGINS and not (preposition == "from" and _rests(event)):
        stands = preposition == "from" and not _leaves_ground(event)
        kind = "next_to" if stands else _ORIGINS[preposition]
        event.origin = event.origin or Spot(relation=kind, target=thing.number)
    elif verb.manner == "hop" and preposition in ("over", "across"):
        event.origin = event.origin or Spot(relation="left_of", target=thing.number)
        event.goal = event.goal or Spot(relation="right_of", target=thing.number)
    elif moves and preposition in ("around", "round"):
        event.around, event.manner = thing, event.manner or "circle"
    elif preposition in _REST and verb.kind != "disappear":
        _stand(teller, part, thing, event)


def _stand(teller: Teller, part: Attachment, thing: ThingDraft, event: Event) -> None:
    kind, moves = _REST[part.preposition], event.verb.kind in GRAMMAR["moving"]
    if part.preposition == "on" and event.verb.lemma in GRAMMAR["used"]:
        teller.relate("with", event.verb.ing, thing)  # "types on a laptop"
        return
    rides = kind in ("on", "in") and event.verb.lemma in RIDES
    past = part.preposition == "past" and moves  # nearer to the viewer
    if not (past and event.verb.airborne):
        teller.relate("in_front_of" if past else kind, part.words, thing, together=rides)
    event.crossing |= part.preposition in ("past", "across") and moves
    if rides:  # "rides in a rocket"
        event.subjects = [*event.subjects, thing]


def _by(teller: Teller, part: Attachment, thing: ThingDraft, event: Event) -> None:
    """ "chased by a dog", "carried by a balloon"; "thrown by a girl"."""
    if event.verb.lemma in CHASES | BOTH_MOVE and not event.origin:
        teller.relate("next_to", part.words, thing, together=True)
        event.subjects = [*event.subjects, thing]
    elif event.verb.lemma in OBJECT_MOVES:
        event.origin = event.origin or Spot(relation="right_of", target=thing.number, implied=True)
    else:
        teller.relate("next_to", part.words, thing)


def _puts(event: Event, preposition: str) -> bool:
    """Whether something comes to lie where the preposition says, or is thrown at it."""
    moved = isinstance(event.obj, ThingDraft | PlaceDraft)
    put = event.verb.lemma in GRAMMAR["landing"] or (event.verb.lemma in GRAMMAR["put"] and moved)
    thrown = preposition == "at" and event.verb.lemma in OBJECT_MOVES and moved
    return thrown or (put and preposition in GRAMMAR["onto"])


def _leaves_ground(event: Event) -> bool:
    verb = event.verb
    in_air = verb.airborne or verb.direction or verb.manner != "straight" or event.passive
    return bool(in_air or verb.lemma in GRAMMAR["rolling"] or event.obj is not None)


def _rests(event: Event) -> bool:
    """ "eats leaves from a tree"."""
    moved = event.passive or event.direction or event.verb.lemma in OBJECT_MOVES
    return event.verb.kind == "other" and not moved
