"""The motion of the background and of the camera, and the states of the scenery."""

from typing import cast

from flowzero_jax.planner.english.changes import time_text
from flowzero_jax.planner.english.drafts import (
    Camera,
    Draft,
    Event,
    PlaceDraft,
    StateDraft,
    ThingDraft,
)
from flowzero_jax.planner.english.labels import is_about_time, time_of
from flowzero_jax.planner.intent import Background, Direction, Scenery
from flowzero_jax.planner.words import lexicon
from flowzero_jax.planner.words.tables import word_set
from flowzero_jax.planner.words.verbs import CHASES

_SPEEDS = {"slow": 0.2, "normal": 0.4, "fast": 0.75}
_FOLLOWING = {"slow": 0.3, "normal": 0.5, "fast": 0.75}
_RESTLESS = Background(None, 0.15)
_ZOOM = 1.6
#: Of these only one can be at a time: "in spring, summer and autumn" is a sequence.
_FAMILIES = (
    word_set("spring summer autumn winter"),
    word_set("day night morning evening noon midnight dawn dusk sunrise sunset"),
)
_BACKDROPS = frozenset({"background", "backdrop", "scenery", "landscape", "foreground"})
_SHAKING = frozenset({"shake", "wobble", "tremble", "vibrate"})
_TURNING = frozenset({"pan", "circle", "orbit", "rotate", "spin", "turn", "revolve"})


def background_of(draft: Draft) -> tuple[Background, list[ThingDraft]]:
    """How the background moves, and the things that the camera follows."""
    cameras = [event for event in draft.events if isinstance(event.subjects[0], Camera)]
    for event in cameras:
        if event.verb.lemma in CHASES | {"track"} and isinstance(event.obj, ThingDraft):
            return _follow(event.obj, draft), [event.obj]
        draft.following |= event.verb.lemma in CHASES | {"track"} and event.obj is None
        motion = _camera_motion(event)
        if motion is not None:
            return motion, []
    if draft.following and draft.things:
        movers = [thing for thing in draft.things if _motion_of(thing, draft)]
        followed = (movers or draft.things)[0]
        return _follow(followed, draft), [followed]
    for event in draft.events:
        direction = _direction(event) or event.verb.direction
        place = event.subjects[0]
        moves = direction and event.verb.kind in ("travel", "jiggle", "other")
        if moves and isinstance(place, PlaceDraft) and place.noun not in lexicon.TIMES:
            return Background(direction, _SPEEDS[event.pace or event.verb.pace]), []
    stirred = any(
        event.verb.kind in ("travel", "jiggle")
        and isinstance(event.subjects[0], PlaceDraft)
        and event.subjects[0].noun not in lexicon.TIMES
        for event in draft.events
    )
    return (_RESTLESS if draft.restless or stirred else Background()), []


def _direction(event: Event) -> Direction | None:
    if event.direction:
        return event.direction
    for spot, sign in ((event.goal, 1), (event.origin, -1)):
        if spot is not None and (spot.x or spot.y):
            return cast(Direction, (sign * (spot.x or 0), sign * (spot.y or 0)))
    return None


def _camera_motion(event: Event) -> Background | None:
    """What the picture does when the camera moves: the opposite."""
    verb, speed = event.verb, _SPEEDS[event.pace or event.verb.pace]
    direction = _direction(event) or verb.direction
    free = direction is None
    if direction is None and verb.lemma in _TURNING:
        direction = (1, 0)
    if direction is None and verb.lemma == "tilt":
        direction = (0, -1)
    if direction is not None:
        return Background((-direction[0], -direction[1]), speed, camera=True, free=free)
    if verb.lemma in _SHAKING:
        return Background(None, _RESTLESS.speed, camera=True)
    if event.away or event.zoom < 0 or verb.kind == "shrink":
        return Background(zoom=1 / _ZOOM, camera=True)
    if event.zoom > 0 or verb.kind == "grow" or event.goal is not None:
        return Background(zoom=_ZOOM, camera=True)
    return None


def _motion_of(thing: ThingDraft, draft: Draft) -> Event | None:
    return next((e for e in draft.events if thing in e.subjects and e.verb.kind == "travel"), None)


def _follow(thing: ThingDraft, draft: Draft) -> Background:
    """A followed thing stays in place; the background passes the other way."""
    event = _motion_of(thing, draft)
    said, pace = None, "normal"
    if event is not None:
        said, pace = _direction(event) or event.verb.direction, event.pace or event.verb.pace
    direction = said or (1, 0)
    return Background((-direction[0], -direction[1]), _FOLLOWING[pace], free=said is None)


def scenery_of(draft: Draft) -> tuple[Scenery, ...]:
    """The places named, with what they change from and to."""
    result: list[Scenery] = []
    times = [p for p in draft.places if p.noun in lexicon.TIMES and p.preposition]
    for family in _FAMILIES:  # "in spring, summer and autumn"
        listed = [place for place in draft.places if place.noun in family]
        if times and len({place.noun for place in listed}) > 1 and times[0] in listed:
            for place in listed:
                place.preposition = place.preposition or times[0].preposition
            result.append(Scenery("time", tuple(f"{p.preposition} {p.text}" for p in listed)))
            times = listed
            break
    if not result and len({place.order for place in times}) > 1:  # "at day, then at night"
        result.append(Scenery("time", tuple(f"{p.preposition} {p.text}" for p in times)))
    steps = [p for p in draft.places if p.preposition and p.told and p not in times]
    if not result and len({p.order for p in steps}) > 1 and len(steps) == len(set(_orders(steps))):
        result.append(Scenery("place", tuple(f"{p.preposition} {p.text}" for p in steps)))
        times = steps  # "in a park, then on a beach"
    dated = _dated(draft)
    taken = set(map(id, dated.values())) | (set(map(id, times)) if result else set())
    for place in [place for place in draft.places if id(place) not in taken]:
        texts, preposition = [place.text], place.preposition
        if id(place) in dated:
            time = dated[id(place)]
            texts = [f"{place.text} {time.preposition} {time.text}"]
        for event in draft.events:
            if id(place) in dated and place in event.subjects and event.end_state:
                texts = [*texts, event.end_state.text]
            elif event.verb.kind == "change" and place in event.subjects:
                texts = [*texts[:-1], *_states(texts[-1], event)]
        if len(texts) == 1 and (not place.told or _says_nothing(place)):
            continue
        if texts == [place.noun] and place.noun in lexicon.TIMES and not preposition:
            texts = [_own_time(place.noun) or place.noun]
        if (_own_time(place.text) or id(place) in dated) and len(texts) > 1:
            preposition = ""
        if place.noun in lexicon.MEDIA and draft.things:
            preposition = "in"  # "a beach scene with a dog"
        result.append(Scenery(place.noun, tuple(texts), preposition))
    for event in draft.events:
        placed = any(isinstance(subject, PlaceDraft) for subject in event.subjects)
        if event.verb.kind == "change" and is_about_time(event) and not placed:
            states = [s for s in (event.start_state, event.end_state) if s is not None]
            result.append(Scenery("time", tuple(_when(state) for state in states)))
    return tuple(result)


def _orders(places: list[PlaceDraft]) -> list[int]:
    return [place.order for place in places]


def _dated(draft: Draft) -> dict[int, PlaceDraft]:
    """Places whose time changes with them: "a beach at sunrise turns into a beach at sunset"."""
    found = {}
    for event in draft.events:
        if event.verb.kind != "change" or event.end_state is None or event.end_state.label is None:
            continue
        end = _own_time(event.end_state.text.split(" ")[-1])
        places = [p for p in event.subjects if isinstance(p, PlaceDraft)]
        times = [p for p in draft.places if p.noun in lexicon.TIMES and p.preposition]
        if end and len(places) == 1 and len(times) == 1:
            found[id(places[0])] = times[0]
    return found


def _says_nothing(place: PlaceDraft) -> bool:
    """ "the background", as in "the background moves left"."""
    return place.noun in _BACKDROPS and len(place.text.split()) < 3


def _own_time(text: str) -> str:
    return time_text(tuple(w for w in text.split() if w not in lexicon.DETERMINERS))


def _when(state: StateDraft) -> str:
    words = state.label.words if state.label else state.attribute
    return time_text(words) or f"in {state.text}"


def _states(text: str, event: Event) -> list[str]:
    """The sky from blue to red, a city from day to night, winter to spring."""
    start, end = event.start_state, event.end_state
    if _own_time(text):
        return [_own_time(text), _when(end)] if end is not None else [_own_time(text)]
    first = _in_state(text, start) if start is not None else text
    return [first, _in_state(text, end)] if end is not None else [first]


def _in_state(text: str, state: StateDraft) -> str:
    if state.label is None or time_of(state):
        time = time_text(state.label.words if state.label else state.attribute)
        if time:
            return f"{text} {time}"
    if state.label is not None:
        return state.text
    last = state.attribute[-1]
    attribute = " ".join(state.attribute)
    if not (lexicon.is_adjective(last) or last in lexicon.COLORS):
        return f"{text}, {attribute}"
    words = [word for word in text.split() if word not in lexicon.COLORS]
    opening = 1 if words[0] in lexicon.DETERMINERS else 0
    return " ".join([*words[:opening], attribute, *words[opening:]])
