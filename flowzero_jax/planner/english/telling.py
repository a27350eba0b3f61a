"""From clauses to events: the second pass, which knows what was named before.

Who does what is a new event. What else a clause says is added to it by the rules in `PARTS`, one
for each kind of part, and by the table of meanings of prepositions.
"""

from collections.abc import Callable
from typing import Any

from flowzero_jax.planner.english import clauses
from flowzero_jax.planner.english.attaching import attach
from flowzero_jax.planner.english.changes import COMPARATIVES
from flowzero_jax.planner.english.places import Path
from flowzero_jax.planner.english.story import Event, Nothing, PlaceDraft, ThingDraft
from flowzero_jax.planner.english.teller import Teller
from flowzero_jax.planner.intent import RelationKind, Spot
from flowzero_jax.planner.words import lexicon
from flowzero_jax.planner.words.tables import GRAMMAR
from flowzero_jax.planner.words.verbs import BOTH_MOVE, CHASES, OBJECT_MOVES, RIDES, Verb

_SETS = Verb("set", "travel", direction=(0, 1))  # the sun sets


def tell(teller: Teller, clause: clauses.Clause) -> None:
    """Adds what a clause says."""
    story = teller.story
    story.order += clause.then and bool(story.events or story.places)
    teller.goes_on = clause.verb is None and clause.shares == "same"
    if not teller.goes_on:
        teller.event = None
    if clause.shares == "last":
        teller.subjects = [teller.last] if teller.last is not None else []
    elif clause.subjects:
        teller.subjects = []
    later, named = [], False
    for part in clause.parts:
        course = isinstance(part, clauses.Way) and not part.path.at
        if isinstance(part, clauses.Subject):
            _subject(teller, part)
            named = True
        elif not named or (clause.verb and (course or part.start >= clause.verb.end)):
            later.append(part)  # said before the subject, or of the verb
        else:
            PARTS[type(part)](teller, part)
    if clause.verb is not None and teller.subjects:
        group = clause.verb
        sun = any(isinstance(s, ThingDraft) and s.label.unique for s in teller.subjects)
        verb = _SETS if sun and group.verb.lemma == "set" else group.verb
        event = teller.event = teller.begin(verb, teller.subjects)
        event.passive, event.pace = group.passive, group.pace
    for part in later:
        PARTS[type(part)](teller, part)


def _subject(teller: Teller, part: clauses.Subject) -> None:
    named = teller.subjects_of(part.named)
    again = named and named[-1] in teller.subjects  # "a cat and a dog, the cat runs"
    teller.subjects = named if again else [*teller.subjects, *named]
    teller.last = named[-1] if named else None


def _attachment(teller: Teller, part: clauses.Attachment) -> None:
    target = attach(teller, part)
    teller.last = target if isinstance(target, ThingDraft | PlaceDraft) else teller.last
    if isinstance(target, PlaceDraft) and part.side is not None:
        target.preposition = target.preposition.replace("near", "in")
        _way(teller, clauses.Way(part.start, part.end, part.side))  # a room's side is the frame's


def _way(teller: Teller, part: clauses.Way) -> None:
    path, event = part.path, teller.implied_event(still=part.path.at is not None)
    if event is None:
        return
    event.crossing |= path.crossing
    if path.manner == "place":  # "runs in place", "run toward each other"
        event.verb = Verb(event.verb.lemma)
    elif path.manner:
        event.manner = path.manner
    else:
        _head(teller, event, path, part.of_last)


def _head(teller: Teller, event: Event, path: Path, of_last: bool) -> None:
    """Where the event leads, from where, or where it takes place."""
    if path.direction:
        again = event.direction and teller.goes_on and not event.origin
        event = teller.next_stage(event) if again else event
        event.direction = path.direction
    rests = event.verb.kind in GRAMMAR["rest_kinds"] and not (
        event.passive or event.obj or event.direction
    )
    if path.origin and rests and not path.goal:
        _stand(teller, event, path.origin.spot, of_last)  # "watches from the right"
    elif path.origin:
        event.origin = path.origin.spot
    if path.goal:
        event = teller.next_stage(event) if event.goal is not None else event
        event.goal = path.goal.spot
    if path.at:
        _stand(teller, event, path.at.spot, of_last)


def _stand(teller: Teller, event: Event, spot: Spot, of_last: bool) -> None:
    """ "on the left": where the last thing stands, or where it stops."""
    if event.verb.lemma in ("stop", "pause", "halt", "rest"):
        before = [e for e in teller.story.events if e.subjects == event.subjects and e.stated]
        for earlier in [e for e in before if e is not event and e.goal is None][-1:]:
            earlier.goal = spot  # "enters and stops in the middle"
            return
    last = teller.last
    for thing in [last] if of_last and isinstance(last, ThingDraft) else event.things:
        thing.region = spot


def _span(teller: Teller, part: clauses.Span) -> None:
    event = teller.implied_event(still=True)
    if event is not None and not event.of_camera:
        event.span, event.only = part.span, event.only or part.only


def _change(teller: Teller, part: clauses.Change) -> None:
    if teller.event is not None:
        teller.event.start_state, teller.event.end_state = part.before, part.after
        teller.last = teller.event.subjects[-1]


def _how(teller: Teller, part: clauses.How) -> None:
    word, event = part.word, teller.event
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


def _object(teller: Teller, part: clauses.Object) -> None:
    """What the verb is done to."""
    event, named = teller.event, teller.target_of(part)
    teller.last = named if isinstance(named, ThingDraft | PlaceDraft) else teller.last
    if event is None or named is None:
        return
    framed = isinstance(named, Nothing) and named.text.split()[-1] in lexicon.FRAME_NOUNS
    if event.verb.kind == "leave" and not framed and isinstance(named, Nothing):
        event.verb = Verb(event.verb.lemma)  # "leaving a trail"
    verb, event.obj = event.verb, event.obj or named
    if isinstance(named, ThingDraft) and verb.lemma in RIDES:
        kind: RelationKind = "in" if verb.lemma in ("drive", "steer") else "on"
        teller.relate(kind, kind, named, together=True)
    elif (
        isinstance(named, ThingDraft)
        and verb.kind in GRAMMAR["rest_kinds"]
        and part.named.phrase is not None
    ):
        words = "with" if verb.kind == "auxiliary" or verb.lemma == "be" else verb.ing
        if verb.lemma not in OBJECT_MOVES | BOTH_MOVE | CHASES:
            teller.relate("with", words, named)


PARTS: dict[type[clauses.Part], Callable[[Teller, Any], None]] = {
    clauses.Way: _way,
    clauses.Attachment: _attachment,
    clauses.Object: _object,
    clauses.Span: _span,
    clauses.Change: _change,
    clauses.How: _how,
}
