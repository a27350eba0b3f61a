"""From a prompt to its intent: who is there, what changes, who moves when and where."""

from flowzero_jax.planner.english.backgrounds import background_of, scenery_of
from flowzero_jax.planner.english.labels import growth_of, labels_of
from flowzero_jax.planner.english.motions import (
    displaces,
    is_explicit,
    moves_of,
    spread_effects,
    visible_of,
)
from flowzero_jax.planner.english.own_words import Told, own_words
from flowzero_jax.planner.english.sentences import read_sentence
from flowzero_jax.planner.english.story import RelationDraft, Story, ThingDraft
from flowzero_jax.planner.english.telling import tell
from flowzero_jax.planner.intent import Intent, Relation, Thing, When
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
    told = []
    for tokens in tokenize(prompt):
        here = read_sentence([token.word for token in tokens])
        steps, names = [], []
        for clause in here.clauses:
            tell(story, clause)
            acting = [s for s in story.subjects if isinstance(s, ThingDraft)]
            steps.append(story.order)
            names.append(" and ".join(t.label.caption(t.count, t.vague) for t in acting))
        told.append(Told(tokens, here, steps, names))
    spread_effects(story)
    background, followed = background_of(story)
    things, ends = _things(story, followed)
    relations = [*(_relation(relation, story) for relation in story.relations), *ends]
    style = [piece.strip() for piece in prompt.split(",")[1:] if _tells_style(piece)]
    passed = (word for sentence in told for word in sentence.here.passed)
    intent = Intent(
        prompt=prompt,
        things=tuple(things),
        relations=tuple(dict.fromkeys(r for r in relations if r.subject != r.target)),
        scenery=scenery_of(story),
        background=background,
        style=", ".join(style),
        told=own_words(prompt, told, [thing.label.noun for thing in story.things]),
        passed=tuple(word for word in passed if word not in lexicon.FUNCTION_WORDS),
    )
    length = sum(len(sentence.tokens) for sentence in told)
    return intent.only(_surely_seen(intent)) if length > _LONG else intent


def _things(story: Story, followed: list[ThingDraft]) -> tuple[list[Thing], list[Relation]]:
    """The things, and how they stand where their motions begin and end."""
    things: list[Thing] = []
    relations: list[Relation] = []
    for thing in story.things:
        events = [event for event in story.events if thing in event.subjects]
        moves, ends = moves_of(thing, events, story)
        relations += ends
        things.append(
            Thing(
                labels=labels_of(thing, events),
                count=thing.count,
                vague=thing.vague,
                visible=visible_of(events, story),
                timed=any(event.span is not None for event in events),
                moves=() if thing in followed else moves,
                growth=growth_of(events),
                region=thing.region,
                airborne=any(event.verb.airborne for event in events),
            )
        )
    return things, relations


def _tells_style(piece: str) -> bool:
    """Whether a piece between commas tells of the picture: "cinematic lighting"."""
    words = piece.lower().strip(" .!").split()
    return 0 < len(words) <= 6 and (words[-1] in lexicon.STYLE or "style" in words)


def _surely_seen(intent: Intent) -> list[int]:
    """Of the things of a long prompt the first ones, if there are many: those that are known."""
    every = range(len(intent.things))
    known = [k for k in every if sizes.is_known(noun := intent.things[k].noun)
             or noun in lexicon.PEOPLE]  # fmt: skip
    if sum(thing.count for thing in intent.things) <= _MANY:
        return [*every]
    kept: list[int] = []
    for index in known or every:
        if sum(intent.things[k].count for k in [*kept, index]) <= _MANY:
            kept.append(index)
    return kept


def _relation(relation: RelationDraft, story: Story) -> Relation:
    """A relation that lasts, or one that holds only where a motion begins."""
    event, subject = relation.event, relation.subject
    moves_off = event is not None and displaces(event) and is_explicit(event)
    others = [e for e in story.events if e is not event and subject in e.subjects and displaces(e)]
    later = any(e.order > relation.order or e.verb.kind == "travel" for e in others)
    carried = relation.kind == "with" or (relation.together and relation.kind in ("on", "in"))
    when: When = "start" if later and not moves_off and not carried else "always"
    if moves_off and relation.kind in _LOCAL and not relation.together:
        when = "start"
    words, together = relation.words, relation.together
    return Relation(relation.kind, subject.number, relation.target.number, when, words, together)
