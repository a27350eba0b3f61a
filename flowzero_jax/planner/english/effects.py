"""Passes events on: to the ball that is kicked, the horse that is ridden, the chased cat.

Of the table `EFFECTS` the first row is taken whose verbs and condition fit an event with an object.
"""

from collections.abc import Callable
from dataclasses import replace

from flowzero_jax.planner.english.story import Event, PlaceDraft, SpotDraft, Story, ThingDraft
from flowzero_jax.planner.intent import RelationKind
from flowzero_jax.planner.words.tables import GRAMMAR, word_set
from flowzero_jax.planner.words.verbs import BOTH_MOVE, CHASES, OBJECT_MOVES, RIDDEN, RIDES, Verb

_NEAR = 0.45  # how far from the middle two things meet


Effect = Callable[[Story, Event, ThingDraft], None]


def spread_effects(story: Story) -> None:
    """Rewrites the story's events so that every mover is a subject of its own motion."""
    for event in list(story.events):
        if event.of_camera:
            continue
        if event.mutual:
            _part(story, event)
        elif event.between and event.things:
            _shuttle(story, event, event.things, event.between)
        elif isinstance(event.obj, PlaceDraft):
            event.crossing |= event.verb.lemma in ("cross", "traverse")
        elif isinstance(event.obj, ThingDraft):
            if not event.passive:
                _affect(story, event, event.obj)
        elif not event.passive:
            _act_alone(story, event)
    _board(story)


def _act_alone(story: Story, event: Event) -> None:
    """What verbs mean that have no object here: "a car drives, and a bus follows"."""
    lemma = event.verb.lemma
    told = event.direction or event.goal or event.origin
    if lemma in CHASES and not told:
        before = [e for e in story.events[: story.events.index(event)] if e.verb.kind == "travel"]
        prey = [thing for e in before for thing in e.things if thing not in event.subjects]
        if prey:
            _chase(story, event, prey[0])
    elif lemma == "approach" and not event.goal:
        others = [thing for thing in story.things if thing not in event.subjects]
        if len(others) == 1 and event.things:  # the one other thing, else the viewer
            event.goal = SpotDraft(relation="next_to", target=others[0], implied=True)
        elif event.origin is None:
            event.verb = Verb(lemma, "grow")
    elif lemma in GRAMMAR["collide"] and len(event.things) > 1:
        _collide(story, event)
    elif lemma == "launch":
        event.direction = event.direction or (0, -1)


def _affect(story: Story, event: Event, thing: ThingDraft) -> None:
    for verbs, fits, effect in EFFECTS:
        if (not verbs or event.verb.lemma in verbs) and fits(event):
            effect(story, event, thing)
            return


def _throw(story: Story, event: Event, thing: ThingDraft) -> None:
    """ "kicks a ball to the right": the ball moves, the kicker does not."""
    told = event.direction or event.origin or event.goal or event.crossing
    if event.verb.kind != "travel" and not told:
        return
    if event.manner == "swing" and sum(t.count for t in event.things) == 2:
        _shuttle(story, event, [thing], event.things)
        return
    verb = event.verb
    moved = replace(
        event, verb=replace(verb, kind="travel"), subjects=[thing], passive=True, stated=True,
        obj=None, obj_text="", away=False, around=None, only=False,
    )  # fmt: skip
    held_before = any(e.passive and thing in e.subjects for e in story.events)
    if moved.origin is None and event.things and not held_before:
        leftwards = event.direction is not None and event.direction[0] < 0
        side: RelationKind = "left_of" if leftwards else "right_of"
        moved.origin = SpotDraft(relation=side, target=event.things[0], implied=True)
    story.events.insert(story.events.index(event) + 1, moved)
    event.direction = event.origin = event.goal = None
    event.crossing, event.manner, event.verb = False, "", Verb(verb.lemma)


def _push_off(story: Story, event: Event, thing: ThingDraft) -> None:
    """ "pushes a cup off a table": it falls."""
    event.verb = replace(event.verb, direction=(0, 1), manner="fall")
    _throw(story, event, thing)


def _catch(story: Story, event: Event, thing: ThingDraft) -> None:
    """What was thrown before flies to its catcher."""
    flights = [e for e in story.events if e.things == [thing] and e.passive and e is not event]
    if not flights:
        _touch(story, event, thing)
    elif event.things and flights[-1].goal is None:
        flights[-1].goal = SpotDraft(relation="next_to", target=event.things[0])
        flights[-1].direction = None
        story.unrelate(event, thing)


def _ends_there(story: Story, event: Event, thing: ThingDraft) -> bool:
    """ "rolls down a ramp and hits a box": the motion before ends at the box."""
    before = story.events[: story.events.index(event)]
    for way in [e for e in reversed(before) if set(e.things) & set(event.things)][:1]:
        on_its_way = way.verb.kind == "travel" and way.goal is None and not way.around
        if way.order == event.order and on_its_way:
            way.goal = SpotDraft(relation="next_to", target=thing)
            story.events.remove(event)
            return True
    return False


def _touch(story: Story, event: Event, thing: ThingDraft) -> None:
    """Who does not come from elsewhere just touches: only then both belong together."""
    if _ends_there(story, event, thing):
        story.unrelate(event, thing)


def _shuttle(
    story: Story, event: Event, movers: list[ThingDraft], between: list[ThingDraft]
) -> None:
    """ "back and forth between two players": from one to the other and back."""
    if len(between) == 1 and between[0].count == 2:
        between = [story.take(between[0]), between[0]]
    if len(between) < 2:
        return
    verb = Verb(event.verb.lemma, "travel", manner=event.verb.manner)
    there = Event(
        verb, list(movers), event.order, pace=event.pace, span=event.span,
        origin=SpotDraft(relation="right_of", target=between[0], implied=True),
        goal=SpotDraft(relation="left_of", target=between[1], implied=True),
    )  # fmt: skip
    back = replace(there, origin=None, goal=None, returns=True)
    story.events[story.events.index(event) + 1 : 0] = [there, back]
    event.subjects = [subject for subject in event.subjects if subject not in movers]
    event.manner, event.between, event.verb = "", [], Verb(event.verb.lemma)
    if not event.subjects:
        story.events.remove(event)


def _ride(story: Story, event: Event, other: ThingDraft) -> None:
    event.subjects, event.obj = [*event.subjects, other], None


def _carry(story: Story, event: Event, load: ThingDraft) -> None:
    if event.returns and event.verb.kind == "other":
        event.verb = Verb(event.verb.lemma, "travel")  # "brings it back"
    story.relate("with", "with", event.subjects, load, event)
    event.obj = None


def _push(story: Story, event: Event, load: ThingDraft) -> None:
    """Who pushes is behind the load, who pulls before it."""
    rightwards = (event.direction or (1, 0))[0] >= 0
    kind: RelationKind = "left_of" if rightwards == (event.verb.lemma == "push") else "right_of"
    story.relate(kind, "with", event.subjects, load, event, together=True)
    _ride(story, event, load)


def _board(story: Story) -> None:
    """Who goes somewhere on a bicycle takes it along."""
    for relation in list(story.relations):
        ridden = relation.kind in ("on", "in") and relation.target.label.noun in RIDDEN
        for event in story.events if ridden and not relation.together else []:
            ends = [spot.target for spot in (event.origin, event.goal) if spot is not None]
            goes = relation.subject in event.subjects and event.verb.kind in ("travel", "jiggle")
            if goes and not event.away and relation.target not in [*event.subjects, *ends]:
                event.subjects = [*event.subjects, relation.target]
                relation.together = True


def _chase(story: Story, event: Event, prey: ThingDraft) -> None:
    """Hunter and prey move alike, the hunter behind."""
    own = [
        e for e in story.events
        if prey in e.subjects and e.verb.kind == "travel" and e is not event
        and (e.order, e.span) == (event.order, event.span)
    ]  # fmt: skip
    if own and own[0].passive and own[0].verb.lemma in OBJECT_MOVES:
        event.goal = SpotDraft(relation="next_to", target=prey)  # after a ball that is thrown
        return
    if own and not (event.direction or event.origin or event.goal):
        event.direction, event.free = own[0].direction, own[0].free
        spots = [s if s and s.target is None else None for s in (own[0].origin, own[0].goal)]
        event.origin, event.goal = spots
    if not (event.direction or event.origin or event.goal):
        event.direction, event.free = (1, 0), True
    goal = event.goal.x if event.goal is not None else None
    goal = goal or (-event.origin.x if event.origin is not None and event.origin.x else 0)
    leftwards = event.direction[0] < 0 if event.direction is not None else goal < 0
    kind: RelationKind = "right_of" if leftwards else "left_of"
    story.relate(kind, "and", event.subjects, prey, event, together=True)
    if not own:
        _ride(story, event, prey)


def _hit_back(story: Story, event: Event, thing: ThingDraft) -> None:
    """ "hits it back": it returns to where it came from."""
    verb = Verb("fly", "travel", manner="arc")
    flight = Event(verb, [thing], event.order, passive=True, returns=True, span=event.span)
    story.events.insert(story.events.index(event) + 1, flight)
    event.returns = False
    story.unrelate(event, thing)


def _climb(story: Story, event: Event, thing: ThingDraft) -> None:
    story.relate("in_front_of", "on", event.subjects, thing, event)


def _arrive(story: Story, event: Event, thing: ThingDraft) -> None:
    kind: RelationKind = "in" if event.verb.lemma == "enter" else "next_to"
    story.unrelate(event, thing)
    if not _ends_there(story, event, thing):
        event.verb = Verb(event.verb.lemma, "travel", pace=event.verb.pace)
        event.goal = event.goal or SpotDraft(relation=kind, target=thing)


def _collide(story: Story, event: Event) -> None:
    """Those that came from two sides stop in the middle."""
    for mover in event.things:
        ways = [e for e in story.events if e.things == [mover] and e.verb.kind == "travel"][-1:]
        for way in [w for w in ways if w.goal is None or w.goal.target is None]:
            side = way.origin.x if way.origin is not None else way.direction and -way.direction[0]
            if side:
                way.origin, way.direction = way.origin or SpotDraft(x=side), None
                way.goal = SpotDraft(x=_NEAR * side)


def _pass(story: Story, event: Event, thing: ThingDraft) -> None:
    event.crossing = True
    if event.verb.lemma == "pass" and not event.verb.airborne:
        story.relate("in_front_of", "past", event.subjects, thing, event)


def _part(story: Story, event: Event) -> None:
    """ "toward each other", "apart", "past each other": one from or to each side."""
    movers = event.things
    if len(movers) == 1 and movers[0].count == 2:
        movers = [story.take(movers[0]), movers[0]]
    if len(movers) < 2:
        return
    event.subjects = [subject for subject in event.subjects if subject not in movers]
    for number, mover in enumerate(movers):
        side = -1 if number % 2 == 0 else 1
        near = SpotDraft(x=_NEAR * side)
        far = SpotDraft(x=-side if event.mutual == "past" else side)
        own = Event(event.verb, [mover], event.order, pace=event.pace, span=event.span, free=True)
        own.origin = near if event.mutual == "apart" else SpotDraft(x=side)
        own.goal = near if event.mutual == "toward" else far
        story.events.append(own)
    if not event.subjects:
        story.events.remove(event)


def _ways(origin: RelationKind | None = None, goal: RelationKind | None = None) -> Effect:
    """Where the way begins and ends at the object."""

    def effect(story: Story, event: Event, thing: ThingDraft) -> None:
        if origin and not event.origin:
            event.origin = SpotDraft(relation=origin, target=thing)
        if goal:
            event.goal = SpotDraft(relation=goal, target=thing)

    return effect


_ANY: frozenset[str] = frozenset()
EFFECTS: tuple[tuple[frozenset[str], Callable[[Event], bool], Effect], ...] = (
    (BOTH_MOVE, lambda e: e.origin is not None and e.origin.relation == "on", _push_off),
    (word_set("hit"), lambda e: e.returns, _hit_back),
    (CHASES, lambda e: True, _chase),
    (RIDES, lambda e: True, _ride),
    (word_set("carry bring"), lambda e: True, _carry),
    (BOTH_MOVE, lambda e: True, _push),
    (_ANY, lambda e: e.verb.kind == "leave", _ways(origin="next_to")),
    (OBJECT_MOVES, lambda e: True, _throw),
    (word_set("pass"), lambda e: e.goal is not None, _throw),
    (_ANY, lambda e: e.verb.kind == "other" and e.goal is not None and e.goal.target is not None,
     _throw),  # "transplants a flower into a bed"
    (word_set("climb ascend descend"), lambda e: True, _climb),
    (word_set("approach reach enter meet hit crash collide bump smash"), lambda e: True, _arrive),
    (word_set("catch"), lambda e: True, _catch),
    (word_set("touch grab"), lambda e: True, _touch),
    (word_set("circle orbit"), lambda e: True,
     lambda story, event, thing: setattr(event, "around", thing)),
    (word_set("pass cross"), lambda e: True, _pass),
    (word_set("jump leap hop overtake"), lambda e: True, _ways("left_of", "right_of")),
)  # fmt: skip
