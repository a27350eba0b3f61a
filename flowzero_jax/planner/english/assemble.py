"""From a prompt to its intent: who is there, what changes, who moves when and where."""

from flowzero_jax.planner.english.backgrounds import background_of, scenery_of
from flowzero_jax.planner.english.clauses import read_sentence
from flowzero_jax.planner.english.drafts import Draft, Event, RelationDraft, ThingDraft
from flowzero_jax.planner.english.effects import spread_effects
from flowzero_jax.planner.english.labels import growth_of, labels_of
from flowzero_jax.planner.english.motions import Timing, moves_of, visible_of
from flowzero_jax.planner.english.stages import displaces, is_explicit
from flowzero_jax.planner.intent import Intent, Relation, Spot, Thing, When
from flowzero_jax.planner.words.text import clean_prompt, proper_names, sentences

_SEEN_IN_A_PICTURE = frozenset({"dance", "wave", "juggle"})
_UNSEEN = frozenset(
    {"be", "have", "let", "stay", "remain", "keep", "begin", "start", "stop", "pause"}
)
_LOCAL = frozenset({"left_of", "right_of", "next_to"})


def read_intent(prompt: str) -> Intent:
    """What an English prompt asks for.

    Raises: InputError for a prompt that is empty, too long or holds control characters.
    """
    prompt = clean_prompt(prompt)
    draft = Draft(names=proper_names(prompt))
    for words in sentences(prompt):
        read_sentence(draft, words)
    spread_effects(draft)
    timing = Timing(draft.events)
    background, followed = background_of(draft)
    relations = [_relation(relation, draft) for relation in draft.relations]
    things = []
    for thing in draft.things:
        events = [event for event in draft.events if thing in event.subjects]
        moves, ends = moves_of(thing, events, timing, draft)
        relations += ends
        moves = () if thing in followed else moves
        things.append(
            Thing(
                labels=labels_of(thing, events),
                count=thing.count,
                vague=thing.vague,
                visible=visible_of(events, timing),
                timed=any(event.span is not None for event in events),
                moves=moves,
                growth=growth_of(events),
                region=Spot(*thing.region) if thing.region else None,
                doing="" if moves else _doing(events),
                airborne=any(event.verb.airborne for event in events),
            )
        )
    return Intent(
        prompt=prompt,
        things=tuple(things),
        relations=tuple(dict.fromkeys(r for r in relations if r.subject != r.target)),
        scenery=scenery_of(draft),
        background=background,
        style=", ".join(draft.style),
    )


def _relation(relation: RelationDraft, draft: Draft) -> Relation:
    """A relation that lasts, or one that holds only where a motion begins."""
    event = relation.event
    moves_off = event is not None and displaces(event) and is_explicit(event)
    later = any(
        relation.subject in e.subjects and e is not event and displaces(e)
        and (e.order > relation.order or e.verb.kind == "travel")
        for e in draft.events
    )  # fmt: skip
    carried = relation.kind == "with" or (relation.together and relation.kind in ("on", "in"))
    when: When = "start" if later and not moves_off and not carried else "always"
    if moves_off and relation.kind in _LOCAL and not relation.together:
        when = "start"
    subject, target = draft.things.index(relation.subject), draft.things.index(relation.target)
    return Relation(relation.kind, subject, target, when, relation.words, relation.together)


def _doing(events: list[Event]) -> str:
    """The posture or action that a caption tells: "sleeping", "playing chess"."""
    for event in events:
        verb = event.verb
        told = verb.kind in ("still", "other") and verb.lemma not in _UNSEEN
        if event.passive or not (told or verb.lemma in _SEEN_IN_A_PICTURE):
            continue
        if event.obj is None and event.participle and not event.obj_text:
            return event.participle
        if not isinstance(event.obj, ThingDraft):
            return f"{verb.ing} {event.obj_text}".strip()
        return ""
    return ""
