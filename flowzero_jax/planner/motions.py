"""How things move: which events displace a thing, when, from where and to where."""

from flowzero_jax.planner import lexicon
from flowzero_jax.planner.drafts import Event, PlaceDraft, SpotDraft, ThingDraft
from flowzero_jax.planner.intent import Direction, Move, Relation, Spot
from flowzero_jax.planner.mentions import Mentions
from flowzero_jax.planner.verbs import BOTH_MOVE, CHASES, OBJECT_MOVES, RIDES, Verb

_OPPOSITE = {"left_of": "right_of", "right_of": "left_of"}
_RELATION_TO = {-1: "left_of", 1: "right_of"}


def is_explicit(event: Event) -> bool:
    """Whether the event says where its subject goes."""
    return bool(
        event.direction
        or event.origin
        or event.goal
        or event.crossing
        or event.mutual
        or event.around
        or event.away
        or event.verb.kind in ("enter", "leave")
        or (event.verb.kind == "travel" and event.verb.direction)
    )


def displaces(event: Event) -> bool:
    """Whether the event can move its subject."""
    if event.verb.kind in ("travel", "enter", "leave"):
        return not (
            event.verb.lemma in OBJECT_MOVES and event.obj is not None and not event.passive
        ) or (event.verb.lemma in RIDES)
    if event.verb.kind in ("still", "change", "auxiliary", "grow", "shrink"):
        return event.verb.lemma == "be" and False
    moved = bool(event.direction or event.crossing or event.mutual or event.around)
    ends = any(s is not None and (s.x or s.y or s.target) for s in (event.origin, event.goal))
    return moved or (ends and event.verb.kind in ("jiggle", "other"))


def spread(reader: Mentions) -> None:
    """Passes events on to what moves with or because of their subjects, and splits pairs."""
    for event in list(reader.events):
        _spread_mutual(reader, event)
        thing = event.obj
        lemma = event.verb.lemma
        if not isinstance(thing, ThingDraft) or event.passive:
            _spread_over_place(event)
            continue
        if lemma in CHASES:
            _spread_chase(reader, event, thing)
        elif lemma in RIDES | BOTH_MOVE:
            if lemma in BOTH_MOVE:
                _spread_push(reader, event, thing)
            event.subjects = [*event.subjects, thing]
            event.obj = None
        elif lemma in ("climb", "ascend", "descend"):
            subject = event.subjects[0]
            if isinstance(subject, ThingDraft):
                reader.add_relation("in_front_of", "on", thing, event)
        elif lemma in ("approach", "reach", "enter", "meet", "hit", "catch"):
            kind = "in" if lemma == "enter" else "next_to"
            event.verb = Verb(lemma, "travel", pace=event.verb.pace)
            event.goal = event.goal or SpotDraft(relation=kind, target=thing)
        elif lemma in ("circle", "orbit"):
            event.around = thing
        elif lemma in ("pass", "cross"):
            event.crossing = True
        elif lemma in ("jump", "leap", "hop"):
            event.origin = SpotDraft(relation="left_of", target=thing)
            event.goal = SpotDraft(relation="right_of", target=thing)
        elif event.verb.kind == "leave":
            event.origin = event.origin or SpotDraft(relation="next_to", target=thing)
        elif lemma in OBJECT_MOVES:
            _spread_to_object(reader, event, thing)


def _spread_over_place(event: Event) -> None:
    if isinstance(event.obj, PlaceDraft):
        if event.verb.lemma in ("cross", "traverse"):
            event.crossing = True


def _spread_push(reader: Mentions, event: Event, load: ThingDraft) -> None:
    """Who pushes is behind the load, who pulls before it."""
    rightwards = (event.direction or (1, 0))[0] >= 0
    behind = event.verb.lemma == "push"
    kind = "left_of" if rightwards == behind else "right_of"
    kind = "with" if event.verb.lemma in ("carry", "bring") else kind
    reader.add_relation(kind, "with", load, event, together=True)


def _spread_chase(reader: Mentions, event: Event, prey: ThingDraft) -> None:
    direction = event.direction or (1, 0)
    if not (event.origin or event.goal):
        event.direction = direction
    behind = "left_of" if direction[0] >= 0 else "right_of"
    for subject in event.subjects:
        if isinstance(subject, ThingDraft):
            reader.add_relation(behind, "and", prey, event, together=True)
            break
    own = [e for e in reader.events if prey in e.subjects and displaces(e)]
    if not own:
        event.subjects = [*event.subjects, prey]


def _spread_to_object(reader: Mentions, event: Event, thing: ThingDraft) -> None:
    """ "kicks a ball to the right": the ball moves, the kicker does not."""
    verb = event.verb
    moves = is_explicit(event) or verb.kind == "travel"
    if not moves:
        return
    moved = Event(
        Verb(verb.lemma, "travel", verb.direction, verb.manner, verb.pace, verb.airborne),
        [thing], event.order, event.sentence, passive=True, direction=event.direction,
        origin=event.origin, goal=event.goal, manner=event.manner, pace=event.pace,
        crossing=event.crossing, span=event.span,
    )  # fmt: skip
    reader.events.append(moved)
    event.direction = event.origin = event.goal = None
    event.crossing = False
    event.verb = Verb(verb.lemma, "other")


def _spread_mutual(reader: Mentions, event: Event) -> None:
    """ "toward each other": one from each side."""
    if not event.mutual:
        return
    movers = [s for s in event.subjects if isinstance(s, ThingDraft)]
    if len(movers) == 1 and movers[0].count > 1:
        movers = [reader.take_one(movers[0]), movers[0]]
    if len(movers) < 2:
        event.mutual = ""
        return
    inwards = event.mutual == "toward"
    event.mutual = ""
    event.subjects = [s for s in event.subjects if s not in movers]
    for number, mover in enumerate(movers):
        side = -1 if number % 2 == 0 else 1
        origin = SpotDraft(x=side) if inwards else None
        new = Event(
            event.verb, [mover], event.order, event.sentence, pace=event.pace,
            direction=(-side if inwards else side, 0), span=event.span,
        )  # fmt: skip
        mover.region = (side if inwards else 0, None) if False else mover.region
        if inwards:
            new.origin, new.direction = origin, None
            new.goal = SpotDraft(x=0, y=None)
        reader.events.append(new)
    if not event.subjects:
        reader.events.remove(event)


class Timing:
    """When each event takes place: one equal share of the video for each step of a sequence."""

    def __init__(self, events: list[Event]) -> None:
        orders = sorted({e.order for e in events})
        self.rank = {order: k for k, order in enumerate(orders)}
        self.steps = max(len(orders), 1)

    def share(self, event: Event) -> tuple[float, float]:
        k = self.rank[event.order]
        return k / self.steps, (k + 1) / self.steps

    def moment(self, event: Event) -> float:
        """When something appears or disappears."""
        if self.steps == 1:
            return 0.5
        k = self.rank[event.order]
        return k / self.steps if k else 0.5 / self.steps


def visible_of(thing: ThingDraft, events: list[Event], timing: Timing) -> tuple[float, float]:
    """The part of the video in which the thing is seen."""
    start, end = 0.0, 1.0
    spans = [e for e in events if e.span is not None]
    moving = any(displaces(e) for e in events)
    for event in events:
        kind, span = event.verb.kind, event.span
        if kind == "appear":
            start, end = span if span else (timing.moment(event), end)
        elif kind == "disappear":
            if span:
                start, end = 0.0, span[0] or span[1] / 2
            else:
                end = 0.875 if event.implied and moving else timing.moment(event)
                end = end if end > start else 1.0
        elif span and kind not in ("enter", "leave"):
            told = event.only or not displaces(event) or not (is_explicit(event) or len(spans) > 1)
            if told and len(spans) == 1 and kind not in ("change", "grow", "shrink"):
                start, end = span
    return start, end


def moves_of(
    thing: ThingDraft,
    events: list[Event],
    timing: Timing,
    reader: Mentions,
    index: dict[int, int],
) -> tuple[tuple[Move, ...], list[Relation]]:
    """The stages of a thing's motion, and the relations at their ends."""
    stages = [e for e in events if displaces(e) or _in_place(e)]
    strong = [e for e in stages if displaces(e) and (is_explicit(e) or e.manner)]
    if strong:
        _join_landings(strong)
        stages = [e for e in stages if e in strong and not _is_echo(e, strong)] or strong[:1]
    elif any(displaces(e) for e in stages):
        stages = [e for e in stages if displaces(e)][:1]
        if _is_held(thing, reader) and not stages[0].manner and stages[0].verb.manner == "straight":
            return (), []
    else:
        stages = stages[:1]
    moves, relations = [], []
    for event in stages:
        begin, finish = timing.share(event)
        same = [e for e in stages if e.order == event.order]
        if len(same) > 1 and event.span is None:
            k, width = same.index(event), (finish - begin) / len(same)
            begin, finish = begin + k * width, begin + (k + 1) * width
        if event.span is not None and (len(stages) > 1 or not event.only):
            begin, finish = event.span
        move, ends = _move(thing, event, begin, finish, reader, index)
        moves.append(move)
        relations += ends
    return tuple(moves), relations


def _in_place(event: Event) -> bool:
    manner = event.manner or event.verb.manner
    return event.verb.kind == "jiggle" and manner != "still" or bool(event.manner)


def _join_landings(strong: list[Event]) -> None:
    """ "falls down, landing on a bed": one motion with a goal."""
    for event, landing in zip(strong, strong[1:], strict=False):
        alike = landing.implied and landing.order == event.order and landing.goal is not None
        picked = event.origin is not None and event.direction is None and landing.goal is not None
        if (alike or picked) and event.goal is None and landing.origin is None:
            event.goal, landing.goal, landing.direction = landing.goal, None, None
            landing.implied = True


def _is_echo(event: Event, strong: list[Event]) -> bool:
    """Whether an event only repeats another: "descends downward, landing softly"."""
    for other in strong[: strong.index(event)]:
        if other.order != event.order or other.span != event.span:
            continue
        same = _heading(other) == _heading(event)
        if event.goal is None and event.origin is None and (event.implied or same):
            return not event.direction or same
    return False


def _heading(event: Event) -> Direction | None:
    """The direction that an event states in any way."""
    direction = event.direction or event.verb.direction
    if direction is None and event.goal is not None and event.goal.target is None:
        direction = (event.goal.x or 0, event.goal.y or 0)
    return direction


def _is_held(thing: ThingDraft, reader: Mentions) -> bool:
    return any(
        r.subject is thing and r.kind != "with" and r.words != "over" and not r.together
        for r in reader.relations
    )


def _move(
    thing: ThingDraft,
    event: Event,
    begin: float,
    finish: float,
    reader: Mentions,
    index: dict[int, int],
) -> tuple[Move, list[Relation]]:
    verb = event.verb
    manner = event.manner or verb.manner
    direction = event.direction
    origin, goal = _resolved(event, thing, reader)
    if manner == "hop" and not displaces(event):
        manner = "bounce"
    if direction is None and goal is None:
        direction = verb.direction
    if verb.kind in ("enter", "leave"):
        origin, goal, direction = _through_the_edge(event, origin, goal, direction)
    elif origin is not None and origin.target is None and direction is not None:
        goal, direction = Spot(direction[0] or None, direction[1] or None), None
    elif origin is not None and goal is None and origin.target is None and direction is None:
        goal = Spot(_flip(origin.x), _flip(origin.y))
    if direction is None and goal is None and displaces(event):
        if manner in ("straight", "hop", "zigzag", "fall") and event.around is None:
            direction = (1, 0)
            if event.away:
                direction = (1, -1)
    crossing = event.crossing or _opposite_sides(origin, goal)
    move = Move(
        begin, finish, manner, event.pace or verb.pace, direction, origin, goal, crossing,
        around=index.get(id(event.around)) if event.around is not None else None,
    )  # fmt: skip
    relations = [
        Relation(spot.relation, index[id(thing)], spot.target, when)
        for spot, when in ((origin, "start"), (goal, "end"))
        if spot is not None and spot.target is not None
    ]
    return _indexed(move, index), relations


def _indexed(move: Move, index: dict[int, int]) -> Move:
    return move


def _flip(value: int | None) -> int | None:
    return -value if value else value


def _opposite_sides(origin: Spot | None, goal: Spot | None) -> bool:
    if origin is None or goal is None or origin.target is not None or goal.target is not None:
        return False
    return bool(origin.x and goal.x == -origin.x) or bool(origin.y and goal.y == -origin.y)


def _through_the_edge(
    event: Event, origin: Spot | None, goal: Spot | None, direction: Direction | None
) -> tuple[Spot | None, Spot | None, Direction | None]:
    """Where something enters or leaves the frame."""
    if event.verb.kind == "enter":
        side = (
            origin or Spot(*(_flip(v) or None for v in direction)) if origin or direction else None
        )
        side = side or Spot(x=-1)
        return Spot(side.x, side.y, outside=True), goal or Spot(0, None), None
    side = goal or (Spot(*(v or None for v in direction)) if direction else None) or origin
    side = side or Spot(x=1)
    return None, Spot(side.x, side.y, outside=True), None


def _resolved(event: Event, thing: ThingDraft, reader: Mentions) -> tuple[Spot | None, Spot | None]:
    """Origin and goal with their targets: "from the left of a box to its right"."""
    index = {id(t): i for i, t in enumerate(reader.things)}

    def spot(draft: SpotDraft | None, other: SpotDraft | None) -> Spot | None:
        if draft is None:
            return None
        if draft.relation is not None:
            if id(draft.target) not in index or draft.target is thing:
                return None
            return Spot(relation=draft.relation, target=index[id(draft.target)])
        target = other.target if other is not None and other.relation is not None else None
        if target is None and draft.of_it:
            others = [t for t in reader.mentioned if isinstance(t, ThingDraft) and t is not thing]
            target = others[-1] if others else None
        if target is not None and id(target) in index and (draft.x or draft.y):
            kind = _RELATION_TO[draft.x] if draft.x else {-1: "above", 1: "below"}[draft.y]
            return Spot(relation=kind, target=index[id(target)])
        return Spot(draft.x, draft.y)

    origin, goal = spot(event.origin, event.goal), spot(event.goal, event.origin)
    bare = event.direction if event.origin is not None and event.origin.relation else None
    if origin is not None and origin.target is not None and goal is None and bare and bare[0]:
        if event.origin.relation in _OPPOSITE:  # "from the left of a box to the right"
            goal = Spot(relation=_RELATION_TO[bare[0]], target=origin.target)
    return origin, goal
