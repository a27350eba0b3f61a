"""From clauses to events: the second pass, which knows what was named before.

Who does what is a new event; `PARTS` has the rules for what else a clause says.
"""

from collections.abc import Callable
from typing import Any, cast

from flowzero_jax.planner.english import clauses
from flowzero_jax.planner.english.changes import COMPARATIVES
from flowzero_jax.planner.english.places import Path
from flowzero_jax.planner.english.story import Event, Nothing, PlaceDraft, Story, ThingDraft
from flowzero_jax.planner.intent import RelationKind, Spot
from flowzero_jax.planner.words import lexicon
from flowzero_jax.planner.words.tables import GRAMMAR, by_word, load
from flowzero_jax.planner.words.verbs import BOTH_MOVE, CHASES, OBJECT_MOVES, RIDES, Verb

_LISTS = load("phrases")
# The relation of two things at rest; of a mover to its goal in the end, to its origin at first.
_REST = cast(dict[str, RelationKind], by_word(_LISTS["rest"]))
_GOALS: dict[str, RelationKind] = _LISTS["goals"]
_ORIGINS: dict[str, RelationKind] = _LISTS["origins"]
_SETS = Verb("set", "travel", direction=(0, 1))  # the sun sets


def tell(story: Story, clause: clauses.Clause) -> None:
    """Adds what a clause says."""
    story.order += clause.then and bool(story.events or story.places)
    story.goes_on = clause.verb is None and clause.shares == "same"
    if not story.goes_on:
        story.event = None
    if clause.shares == "last":
        story.subjects = [story.last] if story.last is not None else []
    elif clause.subjects:
        story.subjects = []
    later, named = [], False
    for part in clause.parts:
        course = isinstance(part, clauses.Way) and not part.path.at
        if isinstance(part, clauses.Subject):
            _subject(story, part)
            named = True
        elif not named or (clause.verb and (course or part.start >= clause.verb.end)):
            later.append(part)  # said before the subject, or of the verb
        else:
            PARTS[type(part)](story, part)
    if clause.verb is not None and story.subjects:
        group = clause.verb
        sun = any(isinstance(s, ThingDraft) and s.label.unique for s in story.subjects)
        verb = _SETS if sun and group.verb.lemma == "set" else group.verb
        event = story.event = story.begin(verb, story.subjects)
        event.passive, event.pace = group.passive, group.pace
    for part in later:
        PARTS[type(part)](story, part)


def _subject(story: Story, part: clauses.Subject) -> None:
    named = story.subjects_of(part.named)
    again = named and named[-1] in story.subjects  # "a cat and a dog, the cat runs"
    story.subjects = named if again else [*story.subjects, *named]
    story.last = named[-1] if named else None


def _way(story: Story, part: clauses.Way) -> None:
    path, event = part.path, story.implied_event(still=part.path.at is not None)
    if event is None:
        return
    event.crossing |= path.crossing
    if path.manner == "place":  # "runs in place", "run toward each other"
        event.verb = Verb(event.verb.lemma)
    elif path.manner:
        event.manner = path.manner
    else:
        _head(story, event, path, part.of_last)


def _head(story: Story, event: Event, path: Path, of_last: bool) -> None:
    """Where the event leads, from where, or where it takes place."""
    if path.direction:
        again = event.direction and story.goes_on and not event.origin
        event = story.next_stage(event) if again else event
        event.direction = path.direction
    rests = event.verb.kind in GRAMMAR["rest_kinds"] and not (
        event.passive or event.obj or event.direction
    )
    if path.origin and rests and not path.goal:
        _stand(story, event, path.origin.spot, of_last)  # "watches from the right"
    elif path.origin:
        event.origin = path.origin.spot
    if path.goal:
        event = story.next_stage(event) if event.goal is not None else event
        event.goal = path.goal.spot
    if path.at:
        _stand(story, event, path.at.spot, of_last)


def _stand(story: Story, event: Event, spot: Spot, of_last: bool) -> None:
    """ "on the left": where the last thing stands, or where it stops."""
    if event.verb.lemma in ("stop", "pause", "halt", "rest"):
        before = [e for e in story.events if e.subjects == event.subjects and e.stated]
        for earlier in [e for e in before if e is not event and e.goal is None][-1:]:
            earlier.goal = spot  # "enters and stops in the middle"
            return
    last = story.last
    for thing in [last] if of_last and isinstance(last, ThingDraft) else event.things:
        thing.region = spot


def _span(story: Story, part: clauses.Span) -> None:
    event = story.implied_event(still=True)
    if event is not None and not event.of_camera:
        event.span, event.only = part.span, event.only or part.only


def _change(story: Story, part: clauses.Change) -> None:
    if story.event is not None:
        story.event.start_state, story.event.end_state = part.before, part.after
        story.last = story.event.subjects[-1]


def _how(story: Story, part: clauses.How) -> None:
    word, event = part.word, story.event
    if event is None:
        return
    verb = event.verb
    if word in lexicon.PACES:
        event.pace = lexicon.PACES[word]
    elif event.of_camera:
        event.verb = Verb(verb.lemma, "grow" if word in GRAMMAR["inwards"] else "shrink")
    elif word in COMPARATIVES:
        sized = Verb(word, "grow" if COMPARATIVES[word] > 1 else "shrink")
        event.verb = sized if verb.kind in GRAMMAR["sized"] else verb
    else:
        event.away |= word in ("away", "off")


def _object(story: Story, part: clauses.Object) -> None:
    """What the verb is done to."""
    event, named = story.event, story.target_of(part)
    story.last = named if isinstance(named, ThingDraft | PlaceDraft) else story.last
    if event is None or named is None:
        return
    framed = isinstance(named, Nothing) and named.text.split()[-1] in lexicon.FRAME_NOUNS
    if event.verb.kind == "leave" and not framed and isinstance(named, Nothing):
        event.verb = Verb(event.verb.lemma)  # "leaving a trail"
    verb, event.obj = event.verb, event.obj or named
    if isinstance(named, ThingDraft) and verb.lemma in RIDES:
        kind: RelationKind = "in" if verb.lemma in ("drive", "steer") else "on"
        story.stand(kind, kind, named, together=True)
    elif (
        isinstance(named, ThingDraft)
        and verb.kind in GRAMMAR["rest_kinds"]
        and part.named.phrase is not None
    ):
        words = "with" if verb.kind == "auxiliary" or verb.lemma == "be" else verb.ing
        if verb.lemma not in OBJECT_MOVES | BOTH_MOVE | CHASES:
            story.stand("with", words, named)


def _attachment(story: Story, part: clauses.Attachment) -> None:
    """Adds what "to the house", "off a table" or "next to a tree" says."""
    target, event = story.target_of(part), story.event
    if isinstance(target, ThingDraft):
        if part.kind is not None:
            _relative(story, part, part.kind, target)
        elif event is not None and event.verb.kind not in ("still", "auxiliary"):
            _mean(story, part, target, event)
        elif part.preposition in _REST:
            story.stand(_REST[part.preposition], part.words, target)
    elif event is not None and isinstance(target, PlaceDraft):
        _at_place(event, part.preposition, target)
    elif event is not None and isinstance(target, Nothing) and target.views:
        event.verb = Verb(event.verb.lemma, "shrink" if "from" in part.preposition else "grow")
    elif event is not None and part.preposition == "into":
        event.away |= "distance" in part.named.text
    story.last = target if isinstance(target, ThingDraft | PlaceDraft) else story.last
    if isinstance(target, PlaceDraft) and part.side is not None:
        target.preposition = target.preposition.replace("near", "in")
        _way(story, clauses.Way(part.start, part.end, part.side))  # a room's side is the frame's


def _relative(
    story: Story, part: clauses.Attachment, kind: RelationKind, target: ThingDraft
) -> None:
    """ "next to a tree", "from the left of a box"."""
    event, spot = story.event, Spot(relation=kind, target=target.number)
    moves = event is not None and (event.verb.kind not in GRAMMAR["rest_kinds"] or event.passive)
    if part.to and event is not None and moves:
        event = story.next_stage(event) if event.goal is not None else event
        event.goal = spot
    elif part.preposition == "from" and event is not None:
        event.origin = spot
    else:
        story.stand(kind, part.words, target)


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


def _mean(story: Story, part: clauses.Attachment, thing: ThingDraft, event: Event) -> None:
    """What a preposition says of an event that is no rest."""
    preposition, verb = part.preposition, event.verb
    moves, rest = verb.kind in GRAMMAR["moving"], _REST.get(preposition, "next_to")
    if preposition in ("up", "down"):
        _slope(event, preposition, thing.label.noun)
        story.stand("in_front_of", "on", thing)
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
        _stay(story, part, thing, event)


def _stay(story: Story, part: clauses.Attachment, thing: ThingDraft, event: Event) -> None:
    kind, moves = _REST[part.preposition], event.verb.kind in GRAMMAR["moving"]
    if part.preposition == "on" and event.verb.lemma in GRAMMAR["used"]:
        story.stand("with", event.verb.ing, thing)  # "types on a laptop"
        return
    rides = kind in ("on", "in") and event.verb.lemma in RIDES
    if part.preposition == "by" and event.passive:  # "chased by a dog": it goes along
        rides = event.verb.lemma in CHASES | BOTH_MOVE and not event.origin
    past = part.preposition == "past" and moves  # nearer to the viewer
    if not (past and event.verb.airborne):
        story.stand("in_front_of" if past else kind, part.words, thing, together=rides)
    event.crossing |= part.preposition in ("past", "across") and moves
    if rides:  # "rides in a rocket"
        event.subjects = [*event.subjects, thing]


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


PARTS: dict[type[clauses.Part], Callable[[Story, Any], None]] = {
    clauses.Way: _way,
    clauses.Attachment: _attachment,
    clauses.Object: _object,
    clauses.Span: _span,
    clauses.Change: _change,
    clauses.How: _how,
}
