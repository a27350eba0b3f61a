"""Passes events on: to the ball that is kicked, the horse that is ridden, the chased cat."""

from dataclasses import replace

from flowzero_jax.planner.english.story import Event, PlaceDraft, Story, ThingDraft
from flowzero_jax.planner.intent import RelationKind, Spot
from flowzero_jax.planner.words.tables import GRAMMAR
from flowzero_jax.planner.words.verbs import BOTH_MOVE, CHASES, OBJECT_MOVES, RIDDEN, RIDES, Verb


def spread_effects(story: Story) -> None:
    """Rewrites the story's events so that every mover is a subject of its own motion."""
    for event in list(story.events):
        verb, thing = event.verb, event.obj
        if event.of_camera or event.passive:
            continue
        if isinstance(thing, PlaceDraft):
            event.crossing |= verb.lemma in GRAMMAR["crossing"]
        elif isinstance(thing, ThingDraft):
            _move_together(story, event, thing)
        elif verb.lemma == "approach" and not (event.goal or event.origin):
            event.verb = Verb("approach", "grow")  # to the viewer
    _board(story)


def _move_together(story: Story, event: Event, thing: ThingDraft) -> None:
    """What a verb does to subject and object at once; else to one of them."""
    lemma = event.verb.lemma
    if lemma in RIDES:
        event.subjects = [*event.subjects, thing]
    elif lemma in GRAMMAR["carried"]:
        story.relate("with", "with", event.subjects, thing, event)
    elif lemma in BOTH_MOVE | CHASES:  # who pushes or hunts is behind, who pulls before
        rightwards, chases = (event.heading or (1, 0))[0] >= 0, lemma in CHASES
        kind: RelationKind = "left_of" if rightwards == (chases or lemma == "push") else "right_of"
        words = "and" if chases else "with"
        story.relate(kind, words, event.subjects, thing, event, together=True)
        event.subjects = [*event.subjects, thing]
    elif lemma in OBJECT_MOVES or (
        (event.verb.kind == "other" or lemma == "pass")
        and event.goal is not None and event.goal.target is not None
    ):  # fmt: skip
        _throw(story, event, thing)
    else:
        _go_to(story, event, thing)


def _go_to(story: Story, event: Event, thing: ThingDraft) -> None:
    """Where the way of who acts leads beside the object."""
    lemma = event.verb.lemma
    if lemma in GRAMMAR["arriving"] and not any(thing in e.subjects for e in story.events):
        kind: RelationKind = "in" if lemma == "enter" else "next_to"
        event.verb = Verb(lemma, "travel", pace=event.verb.pace)
        event.goal = event.goal or Spot(relation=kind, target=thing.number)
        story.relations = [r for r in story.relations if r.event is not event]
    elif lemma in GRAMMAR["circling"]:
        event.around = thing
    if lemma in GRAMMAR["climbing"]:
        story.relate("in_front_of", "on", event.subjects, thing, event)
    event.crossing |= lemma in GRAMMAR["crossing"]


def _throw(story: Story, event: Event, thing: ThingDraft) -> None:
    """ "kicks a ball to the right": the ball moves, the kicker does not."""
    later = story.events[story.events.index(event) + 1 :]
    goes_on = any(e.things == [thing] and e.order == event.order and e.heads for e in later)
    if not goes_on and (event.verb.kind == "travel" or event.heads or event.crossing):
        moved = replace(
            event, verb=replace(event.verb, kind="travel"), subjects=[thing], passive=True,
            stated=True, obj=None, away=False, around=None, only=False,
        )  # fmt: skip
        if moved.origin is None and event.things:
            leftwards = event.direction is not None and event.direction[0] < 0
            side: RelationKind = "left_of" if leftwards else "right_of"
            moved.origin = Spot(relation=side, target=event.things[0].number, implied=True)
        story.events.insert(story.events.index(event) + 1, moved)
        event.direction = event.origin = event.goal = None
        event.crossing, event.manner, event.verb = False, "", Verb(event.verb.lemma)


def _board(story: Story) -> None:
    """Who goes somewhere on a bicycle takes it along."""
    for relation in [r for r in story.relations if r.target.label.noun in RIDDEN]:
        on = relation.kind in ("on", "in") and not relation.together
        for event in [e for e in story.events if relation.subject in e.subjects and on]:
            if event.verb.kind in ("travel", "jiggle"):
                event.subjects = [*event.subjects, relation.target]
                relation.together = True
