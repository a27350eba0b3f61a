"""The motion of the background and of the camera, and the states of the scenery."""

from typing import cast

from flowzero_jax.planner.english.changes import State, time_text
from flowzero_jax.planner.english.labels import is_about_time, time_of
from flowzero_jax.planner.english.story import Event, PlaceDraft, Story, ThingDraft
from flowzero_jax.planner.intent import Background, Direction, Scenery
from flowzero_jax.planner.words import lexicon
from flowzero_jax.planner.words.tables import GRAMMAR, word_set
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
_FOLLOWS = CHASES | {"track"}


def background_of(story: Story) -> tuple[Background, list[ThingDraft]]:
    """How the background moves, and the things that the camera follows."""
    for event in [event for event in story.events if event.of_camera]:
        follows = event.verb.lemma in _FOLLOWS
        if follows and isinstance(event.obj, ThingDraft):
            return _follow(event.obj, story), [event.obj]
        story.following |= follows and event.obj is None
        motion = _camera_motion(event)
        if motion is not None:
            return motion, []
    if story.following and story.things:
        movers = [thing for thing in story.things if _motion_of(thing, story)]
        followed = (movers or story.things)[0]
        return _follow(followed, story), [followed]
    stirred = False
    for event in story.events:
        place, direction = event.subjects[0], _direction(event)
        if isinstance(place, PlaceDraft) and place.noun not in lexicon.TIMES:
            stirred |= event.verb.kind in ("travel", "jiggle")
            if direction and event.verb.kind in ("travel", "jiggle", "other"):
                return Background(direction, _SPEEDS[event.pace or event.verb.pace]), []
    return (_RESTLESS if story.restless or stirred else Background()), []


def _direction(event: Event) -> Direction | None:
    if event.direction:
        return event.direction
    for spot, sign in ((event.goal, 1), (event.origin, -1)):
        if spot is not None and (spot.x or spot.y):
            return cast(Direction, (sign * (spot.x or 0), sign * (spot.y or 0)))
    return event.verb.direction


def _camera_motion(event: Event) -> Background | None:
    """What the picture does when the camera moves: the opposite."""
    verb, direction = event.verb, _direction(event)
    free = direction is None
    if direction is None and verb.lemma in GRAMMAR["turning"]:
        direction = (1, 0)
    if direction is None and verb.lemma == "tilt":
        direction = (0, -1)
    if direction is not None:
        speed = _SPEEDS[event.pace or verb.pace]
        return Background((-direction[0], -direction[1]), speed, camera=True, free=free)
    if verb.lemma in GRAMMAR["shaking"]:
        return Background(None, _RESTLESS.speed, camera=True)
    if event.away or event.zoom < 0 or verb.kind == "shrink":
        return Background(zoom=1 / _ZOOM, camera=True)
    if event.zoom > 0 or verb.kind == "grow" or event.goal is not None:
        return Background(zoom=_ZOOM, camera=True)
    return None


def _motion_of(thing: ThingDraft, story: Story) -> Event | None:
    return next((e for e in story.events if thing in e.subjects and e.verb.kind == "travel"), None)


def _follow(thing: ThingDraft, story: Story) -> Background:
    """A followed thing stays in place; the background passes the other way."""
    event = _motion_of(thing, story)
    said = _direction(event) if event is not None else None
    pace = event.pace or event.verb.pace if event is not None else "normal"
    direction = said or (1, 0)
    return Background((-direction[0], -direction[1]), _FOLLOWING[pace], free=said is None)


def scenery_of(story: Story) -> tuple[Scenery, ...]:
    """The places named, with what they change from and to."""
    dated = _dated(story)
    sequence = _sequence(story)
    result = [Scenery("time", tuple(f"{p.preposition} {p.text}" for p in sequence))]
    result = result if sequence else []
    for place in story.places:
        if place not in sequence and place not in dated.values():
            result += _states_of(place, dated.get(place), story)
    for event in story.events:
        placed = any(isinstance(subject, PlaceDraft) for subject in event.subjects)
        if event.verb.kind == "change" and is_about_time(event) and not placed:
            states = [s for s in (event.start_state, event.end_state) if s is not None]
            result.append(Scenery("time", tuple(_when(state) for state in states)))
    return tuple(result)


def _sequence(story: Story) -> list[PlaceDraft]:
    """Times of which one follows the other: "in spring, summer and autumn"."""
    times = [p for p in story.places if p.noun in lexicon.TIMES and p.preposition]
    for family in _FAMILIES:  # "in spring, summer and autumn"
        listed = [place for place in story.places if place.noun in family]
        if len({place.noun for place in listed}) > 1 and times and times[0] in listed:
            for place in listed:
                place.preposition = place.preposition or times[0].preposition
            return listed
    if len({place.order for place in times}) > 1:  # "at day, then at night"
        return times
    return []


def _states_of(place: PlaceDraft, time: PlaceDraft | None, story: Story) -> list[Scenery]:
    """A place with its states, at its `time` first if that changes; nothing if it says nothing."""
    texts, preposition = [place.text], place.preposition
    if time is not None:
        texts = [f"{place.text} {time.preposition} {time.text}"]
    for event in [event for event in story.events if place in event.subjects]:
        if time is not None and event.end_state:
            texts.append(event.end_state.text)
        elif event.verb.kind == "change":
            texts = [*texts[:-1], *_states(texts[-1], event)]
    says_nothing = place.noun in GRAMMAR["backgrounds_backdrops"] and len(place.text.split()) < 3
    if len(texts) == 1 and (not place.told or says_nothing):
        return []
    if texts == [place.noun] and place.noun in lexicon.TIMES and not preposition:
        texts = [_own_time(place.noun) or place.noun]
    if (_own_time(place.text) or time is not None) and len(texts) > 1:
        preposition = ""
    if place.noun in lexicon.MEDIA and story.things:
        preposition = "in"  # "a beach scene with a dog"
    return [Scenery(place.noun, tuple(texts), preposition)]


def _dated(story: Story) -> dict[PlaceDraft, PlaceDraft]:
    """Places whose time changes with them: "a beach at sunrise turns into a beach at sunset"."""
    found = {}
    times = [p for p in story.places if p.noun in lexicon.TIMES and p.preposition]
    for event in story.events:
        places = [p for p in event.subjects if isinstance(p, PlaceDraft)]
        end = event.end_state if event.verb.kind == "change" else None
        dated = end is not None and end.label and _own_time(end.text.split(" ")[-1])
        if dated and len(places) == len(times) == 1:
            found[places[0]] = times[0]
    return found


def _own_time(text: str) -> str:
    return time_text(tuple(w for w in text.split() if w not in lexicon.DETERMINERS))


def _when(state: State) -> str:
    return time_text(state.words) or f"in {state.text}"


def _states(text: str, event: Event) -> list[str]:
    """The sky from blue to red, a city from day to night, winter to spring."""
    start, end = event.start_state, event.end_state
    if _own_time(text):
        return [_own_time(text), _when(end)] if end is not None else [_own_time(text)]
    first = _in_state(text, start) if start is not None else text
    return [first, _in_state(text, end)] if end is not None else [first]


def _in_state(text: str, state: State) -> str:
    time = time_text(state.words) if state.label is None or time_of(state) else ""
    if time or state.label is not None:
        return f"{text} {time}" if time else state.text
    last, look = state.attribute[-1], " ".join(state.attribute)
    if not (lexicon.is_adjective(last) or last in lexicon.COLORS):
        return f"{text}, {look}"
    words = [word for word in text.split() if word not in lexicon.COLORS]
    opening = words[0] in lexicon.DETERMINERS
    return " ".join([*words[:opening], look, *words[opening:]])
