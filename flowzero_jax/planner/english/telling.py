"""From clauses to events: the second pass, which knows what was named before.

Who does what is a new event. What else a clause says is added to it by the rules in `PARTS`, one
for each kind of part, and by the table `ROWS`, a row for each meaning of a preposition.
"""

from flowzero_jax.planner.english.attaching import REST
from flowzero_jax.planner.english.clauses import Attachment, Clause, Part, Span, Told, Way
from flowzero_jax.planner.english.parts import PARTS
from flowzero_jax.planner.english.story import Mention, PlaceDraft, ThingDraft
from flowzero_jax.planner.english.teller import Teller
from flowzero_jax.planner.words.verbs import Verb


def tell(teller: Teller, clause: Clause) -> None:
    """Adds what a clause says."""
    story = teller.story
    story.order += clause.then and bool(story.events or story.places)
    teller.goes_on = clause.verb is None and clause.shares == "same"
    if not teller.goes_on:
        teller.event = None
    fronted = [(part, _front(teller, part)) for part in clause.fronted]
    parts = [part for part in clause.fronted if isinstance(part, Span) or _is_course(part)]
    if clause.shares == "last":
        teller.subjects = [teller.last] if teller.last is not None else []
    elif clause.subjects:
        teller.subjects = []
    for subject in clause.subjects:
        named = teller.subjects_of(subject.named)
        again = named and named[-1] in teller.subjects  # "a cat and a dog, the cat runs"
        teller.subjects = named if again else [*teller.subjects, *named]
        teller.last = named[-1] if named else None
        _settle(teller, fronted, named)
        for part in subject.parts:
            if clause.verb is not None and _is_course(part):
                parts.append(part)
            else:
                _add(teller, part)
    if clause.verb is not None and teller.subjects:
        _begin(teller, clause)
    for part in (*parts, *clause.parts):
        _add(teller, part)


def _is_course(part: Part) -> bool:
    """Whether a part belongs to the verb wherever it stands: "from the left a ball rolls"."""
    return isinstance(part, Way) and part.path.at is None


def _add(teller: Teller, part: Part) -> None:
    PARTS[type(part)](teller, part)


def _begin(teller: Teller, clause: Clause) -> None:
    """The event of a clause with a verb."""
    group = clause.verb
    assert group is not None
    verb = group.verb
    unique = any(isinstance(s, ThingDraft) and s.label.unique for s in teller.subjects)
    if verb.lemma == "set" and unique:
        verb = Verb("set", "travel", direction=(0, 1))  # the sun sets
    event = teller.event = teller.begin(verb, teller.subjects)
    event.passive, event.pace = group.passive, group.pace
    event.returns, event.implied = verb.lemma == "return", clause.implied


def _front(teller: Teller, part: Part) -> Mention | None:
    """What is named before the subject."""
    if isinstance(part, Told):
        _add(teller, part)
    if not isinstance(part, Attachment):
        return None
    found = teller.target_of(part)
    teller.last = found if isinstance(found, ThingDraft | PlaceDraft) else teller.last
    return found


def _settle(
    teller: Teller, fronted: list[tuple[Part, Mention | None]], named: list[Mention]
) -> None:
    """Gives a subject the place that was said before it: "on the left a ball"."""
    for part, target in fronted:
        if isinstance(part, Way) and part.path.at:
            for thing in [n for n in named if isinstance(n, ThingDraft)]:
                thing.region = (part.path.at.x, part.path.at.y)
        elif isinstance(part, Attachment) and isinstance(target, ThingDraft):
            kind = part.kind or REST.get(part.preposition)
            if kind is not None:
                teller.story.relate(kind, part.words, named, target)
