"""From a prompt to its intent: who is there, what changes, who moves when and where."""

from flowzero_jax.planner.english.backgrounds import background_of, scenery_of
from flowzero_jax.planner.english.effects import spread_effects
from flowzero_jax.planner.english.labels import growth_of, labels_of
from flowzero_jax.planner.english.motions import (
    Timing,
    displaces,
    is_explicit,
    moves_of,
    visible_of,
)
from flowzero_jax.planner.english.own_words import Told, own_words
from flowzero_jax.planner.english.sentences import read_sentence
from flowzero_jax.planner.english.story import RelationDraft, Story, ThingDraft
from flowzero_jax.planner.english.teller import Teller
from flowzero_jax.planner.english.telling import tell
from flowzero_jax.planner.intent import Intent, Relation, Spot, Thing, When
from flowzero_jax.planner.words import lexicon, sizes
from flowzero_jax.planner.words.text import clean_prompt, proper_names, tokenize

_LONG = 40  # words, from which on a prompt is told freely
_MANY = 8  # things
_LOCAL = frozenset({"left_of", "right_of", "next_to"})


def read_intent(prompt: str) -> Intent:
    """What an English prompt asks for.

    Raises: InputError for a prompt that is empty, too long or holds control characters.
    """
    prompt = clean_prompt(prompt)
    story = Story(names=proper_names(prompt))
    teller = Teller(story)
    told = []
    for tokens in tokenize(prompt):
        here = read_sentence([token.word for token in tokens])
        story.following |= here.following
        steps, names = [], []
        for clause in here.clauses:
            tell(teller, clause)
            acting = [s for s in teller.subjects if isinstance(s, ThingDraft)]
            steps.append(story.order)
            names.append(" and ".join(t.label.caption(t.count, t.vague) for t in acting))
        told.append(Told(tokens, here, steps, names))
    spread_effects(story)
    timing = Timing(story.events)
    background, followed = background_of(story)
    relations = [_relation(relation, story) for relation in story.relations]
    things = []
    for thing in story.things:
        events = [event for event in story.events if thing in event.subjects]
        moves, ends = moves_of(thing, events, timing, story)
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
                airborne=any(event.verb.airborne for event in events),
            )
        )
    intent = Intent(
        prompt=prompt,
        things=tuple(things),
        relations=tuple(dict.fromkeys(r for r in relations if r.subject != r.target)),
        scenery=scenery_of(story),
        background=background,
        style=", ".join(story.style),
        told=own_words(prompt, told, [thing.label.noun for thing in story.things]),
        passed=tuple(
            word for t in told for word in t.here.passed if word not in lexicon.FUNCTION_WORDS
        ),
    )
    length = sum(len(sentence.tokens) for sentence in told)
    return intent.only(_surely_seen(intent)) if length > _LONG else intent


def _surely_seen(intent: Intent) -> list[int]:
    """Of the things of a long prompt the first ones, if there are many: those that are known."""
    every = range(len(intent.things))
    known = [k for k in every if sizes.is_known(noun := intent.things[k].noun)
             or noun in lexicon.PEOPLE]  # fmt: skip
    many = sum(thing.count for thing in intent.things) > _MANY
    kept: list[int] = []
    for index in known if many and known else every:
        if not many or sum(intent.things[k].count for k in [*kept, index]) <= _MANY:
            kept.append(index)
    return kept


def _relation(relation: RelationDraft, story: Story) -> Relation:
    """A relation that lasts, or one that holds only where a motion begins."""
    event = relation.event
    moves_off = event is not None and displaces(event) and is_explicit(event)
    later = any(
        relation.subject in e.subjects and e is not event and displaces(e)
        and (e.order > relation.order or e.verb.kind == "travel")
        for e in story.events
    )  # fmt: skip
    carried = relation.kind == "with" or (relation.together and relation.kind in ("on", "in"))
    when: When = "start" if later and not moves_off and not carried else "always"
    if moves_off and relation.kind in _LOCAL and not relation.together:
        when = "start"
    subject, target = story.things.index(relation.subject), story.things.index(relation.target)
    return Relation(relation.kind, subject, target, when, relation.words, relation.together)
