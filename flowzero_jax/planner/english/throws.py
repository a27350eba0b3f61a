"""What is thrown, where it flies, who catches it, and where a motion ends that hits something."""

from dataclasses import replace

from flowzero_jax.planner.english.drafts import Draft, Event, SpotDraft, ThingDraft
from flowzero_jax.planner.intent import RelationKind
from flowzero_jax.planner.words.verbs import Verb


def throw(draft: Draft, event: Event, thing: ThingDraft) -> None:
    """ "kicks a ball to the right": the ball moves, the kicker does not."""
    told = event.direction or event.origin or event.goal or event.crossing
    if event.verb.kind != "travel" and not told:
        return
    if event.manner == "swing" and sum(t.count for t in event.things) == 2:
        shuttle(draft, event, [thing], event.things)
        return
    verb = event.verb
    moved = Event(
        Verb(verb.lemma, "travel", verb.direction, verb.manner, verb.pace, verb.airborne),
        [thing], event.order, passive=True, direction=event.direction, origin=event.origin,
        goal=event.goal, manner=event.manner, pace=event.pace, crossing=event.crossing,
        span=event.span, implied=event.implied, free=event.free, returns=event.returns,
    )  # fmt: skip
    held_before = any(e.passive and thing in e.subjects for e in draft.events)
    if moved.origin is None and event.things and not held_before:
        leftwards = event.direction is not None and event.direction[0] < 0
        side: RelationKind = "left_of" if leftwards else "right_of"
        moved.origin = SpotDraft(relation=side, target=event.things[0], implied=True)
    draft.events.insert(draft.events.index(event) + 1, moved)
    event.direction = event.origin = event.goal = None
    event.crossing, event.manner, event.verb = False, "", Verb(verb.lemma, "other")


def catch(draft: Draft, event: Event, thing: ThingDraft) -> None:
    """What was thrown before flies to its catcher."""
    flights = [e for e in draft.events if e.things == [thing] and e.passive and e is not event]
    if flights and event.things and flights[-1].goal is None:
        flights[-1].goal = SpotDraft(relation="next_to", target=event.things[0])
        flights[-1].direction = None
        draft.relations = [
            r for r in draft.relations if r.event is not event or r.target is not thing
        ]
    elif not flights:
        touch(draft, event, thing)


def ends_there(draft: Draft, event: Event, thing: ThingDraft) -> bool:
    """ "rolls down a ramp and hits a box": the motion before ends at the box."""
    for before in reversed(draft.events[: draft.events.index(event)]):
        if not set(before.things) & set(event.things):
            continue
        on_its_way = before.verb.kind == "travel" and before.goal is None and not before.around
        if before.order != event.order or not on_its_way:
            return False
        before.goal = SpotDraft(relation="next_to", target=thing)
        draft.events.remove(event)
        return True
    return False


def touch(draft: Draft, event: Event, thing: ThingDraft) -> None:
    """Who does not come from elsewhere just touches: only then both belong together."""
    if ends_there(draft, event, thing):
        draft.relations = [
            r for r in draft.relations if r.event is not event or r.target is not thing
        ]


def shuttle(
    draft: Draft, event: Event, movers: list[ThingDraft], between: list[ThingDraft]
) -> None:
    """ "back and forth between two players": from one to the other and back."""
    if len(between) == 1 and between[0].count == 2:
        between = [draft.take_one(between[0]), between[0]]
    if len(between) < 2:
        return
    verb = Verb(event.verb.lemma, "travel", manner=event.verb.manner)
    there = Event(
        verb, list(movers), event.order, pace=event.pace, span=event.span,
        origin=SpotDraft(relation="right_of", target=between[0], implied=True),
        goal=SpotDraft(relation="left_of", target=between[1], implied=True),
    )  # fmt: skip
    back = replace(there, origin=None, goal=None, returns=True)
    draft.events[draft.events.index(event) + 1 : 0] = [there, back]
    event.subjects = [subject for subject in event.subjects if subject not in movers]
    event.manner, event.between, event.verb = "", [], Verb(event.verb.lemma, "other")
    if not event.subjects:
        draft.events.remove(event)


def push_off(draft: Draft, event: Event, thing: ThingDraft) -> None:
    """ "pushes a cup off a table": it falls."""
    event.verb = replace(event.verb, direction=(0, 1), manner="fall")
    throw(draft, event, thing)
