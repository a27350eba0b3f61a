"""From what the reader collected to an `Intent`: who moves when and where, what changes, what is seen."""

from dataclasses import replace

from flowzero_jax.planner import lexicon, motions
from flowzero_jax.planner.backgrounds import background_of, scenery_of
from flowzero_jax.planner.drafts import Event, RelationDraft, SpotDraft, ThingDraft
from flowzero_jax.planner.intent import Intent, Relation, Spot, Thing
from flowzero_jax.planner.labels import growth_of, labels_of
from flowzero_jax.planner.reader import Reader
from flowzero_jax.planner.text import clean_prompt, sentences
from flowzero_jax.planner.verbs import VERBS

_LONGEST_APPEARANCE = (0.0, 1.0)
_MORE_THAN_A_POSTURE = frozenset("dance wave juggle".split())


def read_intent(prompt: str) -> Intent:
    """What an English prompt asks for.

    Raises: InputError for a prompt that is empty, too long or holds control characters.
    """
    prompt = clean_prompt(prompt)
    reader = Reader()
    for words in sentences(prompt):
        reader.sentence(words)
    return assemble(prompt, reader)


def assemble(prompt: str, reader: Reader) -> Intent:
    """The intent behind the things, places and events of one prompt."""
    motions.spread(reader)
    timing = motions.Timing(reader.events)
    index = {id(thing): i for i, thing in enumerate(reader.things)}
    background, followed = background_of(reader)
    things, relations = [], [_relation(draft, reader, index) for draft in reader.relations]
    for thing in reader.things:
        events = [e for e in reader.events if thing in e.subjects]
        moves, more = motions.moves_of(thing, events, timing, reader, index)
        relations += more
        if thing in followed:
            moves = ()
        things.append(
            Thing(
                labels=labels_of(thing, events),
                count=thing.count,
                vague=thing.vague,
                visible=motions.visible_of(thing, events, timing),
                moves=moves,
                growth=growth_of(events),
                region=Spot(*thing.region) if thing.region else None,
                doing=_doing(events, bool(moves)),
                airborne=any(e.verb.airborne for e in events),
            )
        )
    return Intent(
        prompt=prompt,
        things=tuple(things),
        relations=tuple(_distinct(relations)),
        scenery=scenery_of(reader),
        background=background,
        style=", ".join(reader.style),
    )


def _relation(draft: RelationDraft, reader: Reader, index: dict[int, int]) -> Relation:
    """Whether a relation lasts or is only where a motion begins."""
    when = "always"
    later = [
        e
        for e in reader.events
        if draft.subject in e.subjects and motions.displaces(e) and e is not draft.event
    ]
    own = draft.event is not None and motions.is_explicit(draft.event)
    if any(e.order > draft.order or e.verb.kind == "travel" for e in later):
        when = "start" if draft.event is None or not own else "always"
    if own and draft.kind in ("left_of", "right_of", "next_to", "with") and not draft.together:
        when = "start"
    return Relation(
        draft.kind,
        index[id(draft.subject)],
        index[id(draft.target)],
        when,
        draft.words,
        draft.together,
    )


def _distinct(relations: list[Relation]) -> list[Relation]:
    kept: list[Relation] = []
    for relation in relations:
        if relation.subject != relation.target and relation not in kept:
            kept.append(relation)
    return kept


def _doing(events: list[Event], moves: bool) -> str:
    """The posture or action that a caption tells: "sleeping", "playing chess"."""
    for event in events:
        verb = event.verb
        told = verb.kind in ("still", "other") and verb.lemma not in ("be", "have")
        told = told or verb.lemma in _MORE_THAN_A_POSTURE
        if told and not motions.displaces(event) and not event.passive and not moves:
            if event.participle and event.obj is None and not event.obj_text:
                return event.participle
            if event.obj is not None and not event.obj_text:
                return "" if isinstance(event.obj, ThingDraft) else verb.ing
            return f"{verb.ing} {event.obj_text}".strip()
    return ""
