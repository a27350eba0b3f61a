"""How a thing moves: which of its events displace it, when, from where and to where."""

from dataclasses import replace
from typing import cast

from flowzero_jax.planner.english.story import Event, PlaceDraft, Story, ThingDraft
from flowzero_jax.planner.intent import Direction, Move, Pace, Relation, RelationKind, Spot, When
from flowzero_jax.planner.words.tables import GRAMMAR
from flowzero_jax.planner.words.verbs import BOTH_MOVE, CHASES, OBJECT_MOVES, RIDDEN, RIDES, Verb


def share_of(event: Event, story: Story) -> tuple[float, float]:
    """The part of the video of the event's step: each has an equal share."""
    orders = sorted({event.order for event in story.events})
    k = orders.index(event.order)
    return k / len(orders), (k + 1) / len(orders)


def visible_of(events: list[Event], story: Story) -> tuple[float, float]:
    """The part of the video in which the subject of these events is seen.

    What appears or disappears does so where its step begins, in the first step amid it.
    """
    start, end = 0.0, 1.0
    lone_span = sum(event.span is not None for event in events) == 1
    ways = [event for event in events if displaces(event) and is_explicit(event)]
    for event in events:
        kind, span = event.verb.kind, event.span
        first, last = share_of(event, story)
        moment = first or last / 2
        if kind == "appear":
            start, end = span or (moment, end)
        elif kind == "disappear":
            arrives = any(e.order == event.order for e in ways)
            gone = 7 / 8 if arrives else (first + last) / 2 if start else moment
            gone = (span[0] or span[1] / 2) if span else gone
            end = gone if gone > start else 1.0
        elif span and lone_span and kind not in GRAMMAR["lasting"]:
            start, end = (start, end) if event in ways and not event.only else span
    return start, end


def moves_of(
    thing: ThingDraft, events: list[Event], story: Story
) -> tuple[tuple[Move, ...], list[Relation]]:
    """The stages of a thing's motion, and its relations where they begin and end."""
    stages = _stages_of(thing, events, story)
    moves: list[Move] = []
    for event in stages:
        same = [e for e in stages if e.order == event.order]
        begin, end = share_of(event, story)
        k, width = same.index(event), (end - begin) / len(same)
        when = event.span or (begin + k * width, begin + (k + 1) * width)
        moves.append(_move(thing, event, when))
    ends: list[tuple[Spot | None, When]] = []
    if moves:
        ends = [(moves[0].origin, "start"), (moves[-1].goal, "end")]
    relations = [
        Relation(spot.relation, thing.number, spot.target, when)
        for spot, when in ends
        if spot is not None and spot.relation and spot.target is not None and not spot.implied
    ]
    return tuple(moves), relations


def _move(thing: ThingDraft, event: Event, when: tuple[float, float]) -> Move:
    verb, free, manner = event.verb, event.free, event.manner or event.verb.manner
    spots = (event.origin, event.goal)
    first, last = (s if s is not None and s.target != thing.number else None for s in spots)
    origin, goal = _beside(first, last), _beside(last, first)
    direction, (dx, dy) = _direction(event, origin, goal), event.heading or (1, 0)
    side = Spot(dx or None, dy or None)
    if verb.kind == "enter":
        origin, direction = Spot(-dx or None, -dy or None, outside=True), None
        goal, free = goal or Spot(x=0, y=0 if dy else None), free or not event.heads
    elif verb.kind == "leave":
        origin, direction, goal = None, None, replace(side, outside=True)
        free |= not event.heads
    elif origin is not None and origin.target is None and goal is None:
        goal, direction = side, None
    elif direction is None and goal is None and displaces(event) and event.around is None:
        free = True
        if manner in GRAMMAR["needs_direction"]:
            direction = _unsaid_direction(thing, event, origin)
    in_place = {"hop": "bounce", "still": "straight"}
    manner = in_place.get(manner, manner) if manner == "still" or not displaces(event) else manner
    if manner == "arc" and direction == (0, 1):
        manner = "fall"  # thrown down
    around = event.around.number if event.around is not None else None
    a, b = origin or Spot(), goal or Spot()
    opposite = bool((a.x and b.x == -a.x) or (a.y and b.y == -a.y))
    return Move(
        when[0], when[1], manner, cast(Pace, event.pace or verb.pace), direction, origin, goal,
        event.crossing or opposite, around, free, event.stated,
    )  # fmt: skip


def _direction(event: Event, origin: Spot | None, goal: Spot | None) -> Direction | None:
    """The direction that is said, or the verb's own where no goal tells more."""
    direction = event.direction
    if goal is None:
        return direction or event.verb.direction
    if goal.target is None and ((goal.x and goal.y) or (origin is not None and not direction)):
        return None  # "diagonally to the upper left corner"
    lands = goal.relation in ("on", "in")  # what lands on a roof comes from above
    return direction or (event.verb.direction if lands else None)


def _unsaid_direction(thing: ThingDraft, event: Event, origin: Spot | None) -> Direction:
    """Where something goes that only moves: to the right, out of a box, away from the viewer."""
    if thing.region and thing.region.x == 1:
        return -1, 0  # there is its room
    rises = event.away or (origin is not None and origin.relation == "in")
    return (0, -1) if rises else (1, 0)


def _beside(spot: Spot | None, other: Spot | None) -> Spot | None:
    """Beside what the other end is beside: "from the left to the right of a tree"."""
    if spot is None or other is None or other.target is None or spot.target is not None:
        return spot
    if other.implied or not (spot.x or spot.y):
        return spot
    kind: RelationKind = "above" if spot.y == -1 else "below"
    if spot.x:
        kind = "left_of" if spot.x < 0 else "right_of"
    return Spot(relation=kind, target=other.target)


def is_explicit(event: Event) -> bool:
    """Whether the event says where its subject goes."""
    own = event.verb.kind == "travel" and event.verb.direction
    told = event.heads or event.crossing or event.around or event.away or own
    return bool(told or event.verb.kind in ("enter", "leave"))


def displaces(event: Event) -> bool:
    """Whether the event moves its subject to another place."""
    verb = event.verb
    throws = verb.lemma in OBJECT_MOVES - RIDES and event.obj and not event.passive
    if verb.kind in GRAMMAR["steady"] or throws:
        return False
    if verb.kind in ("travel", "enter", "leave"):
        return True
    spots = [spot for spot in (event.origin, event.goal) if spot is not None]
    away = event.away and verb.kind == "jiggle"
    led = any(spot.x or spot.y or spot.target is not None for spot in spots)
    return bool(event.direction or event.crossing or event.around or away or led)


def _stages_of(thing: ThingDraft, events: list[Event], story: Story) -> list[Event]:
    """The events that make up the thing's motion, in order."""
    ways = [e for e in events if displaces(e)]
    strong = [e for e in ways if is_explicit(e) or e.manner]
    if strong:
        return [e for e in strong if not _is_echo(e, strong)]
    if ways and not ways[0].manner and ways[0].verb.manner == "straight":
        held = any(  # it does not walk off unasked
            r.subject is thing and r.kind != "with" and r.words != "over" and not r.together
            for r in story.relations
        )
        return [] if held else ways[:1]
    stirs = [e for e in events if e.verb.kind == "jiggle" and e.verb.manner != "still"]
    swings = [e for e in events if e.manner and e.verb.kind not in ("still", "change")]
    return ways[:1] or swings[:1] or stirs[:1]


def _is_echo(event: Event, strong: list[Event]) -> bool:
    """Whether an event only repeats an earlier one: "rises, moving upwards"."""
    before = [e for e in strong[: strong.index(event)]
              if (e.order, e.span) == (event.order, event.span)]  # fmt: skip
    if not before or event.verb.kind == "leave":
        return False
    again = event.heading in (None, before[0].heading)
    return event.goal is None and event.origin is None and again


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
