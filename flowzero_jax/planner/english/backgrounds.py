"""The motion of the background and of the camera, and the states of the scenery."""

import re

from flowzero_jax.planner.english.changes import State, time_text
from flowzero_jax.planner.english.labels import is_about_time
from flowzero_jax.planner.english.story import Event, PlaceDraft, Story, ThingDraft
from flowzero_jax.planner.intent import Background, Scenery
from flowzero_jax.planner.words import lexicon
from flowzero_jax.planner.words.tables import GRAMMAR
from flowzero_jax.planner.words.verbs import CHASES

_SPEEDS = {"slow": 0.2, "normal": 0.4, "fast": 0.75}
_RESTLESS = Background(None, 0.15)
_ZOOM = 1.6
_FOLLOWS = CHASES | {"track"}


def background_of(story: Story) -> tuple[Background, list[ThingDraft]]:
    """How the background moves, and the things that the camera follows."""
    for event in [event for event in story.events if event.of_camera]:
        follows = event.verb.lemma in _FOLLOWS
        if follows and isinstance(event.obj, ThingDraft):
            return _follow(event.obj, story), [event.obj]
        motion = _camera_motion(event)
        if motion is not None:
            return motion, []
    stirred = False
    for event in story.events:
        place, direction = event.subjects[0], event.heading
        if isinstance(place, PlaceDraft) and place.noun not in lexicon.TIMES:
            stirred |= event.verb.kind in ("travel", "jiggle")
            if direction and event.verb.kind in ("travel", "jiggle", "other"):
                return Background(direction, _SPEEDS[event.pace or event.verb.pace]), []
    return (_RESTLESS if story.restless or stirred else Background()), []


def _camera_motion(event: Event) -> Background | None:
    """What the picture does when the camera moves: the opposite."""
    verb, direction = event.verb, event.heading
    free = direction is None
    if direction is None and verb.lemma in GRAMMAR["turning"]:
        direction = (1, 0)
    if direction is not None:
        speed = _SPEEDS[event.pace or verb.pace]
        return Background((-direction[0], -direction[1]), speed, camera=True, free=free)
    if event.away or verb.kind == "shrink":
        return Background(zoom=1 / _ZOOM, camera=True)
    if verb.kind == "grow" or event.goal is not None:
        return Background(zoom=_ZOOM, camera=True)
    return None


def _follow(thing: ThingDraft, story: Story) -> Background:
    """A followed thing stays in place; the background passes the other way."""
    ways = [e for e in story.events if thing in e.subjects and e.verb.kind == "travel"]
    said = ways[0].heading if ways else None
    pace = ways[0].pace or ways[0].verb.pace if ways else "normal"
    dx, dy = said or (1, 0)
    return Background((-dx, -dy), _SPEEDS[pace], free=said is None)


def scenery_of(story: Story) -> tuple[Scenery, ...]:
    """The places named, with what they change from and to."""
    result: list[Scenery] = []
    for place in story.places:
        result += _states_of(place, story)
    for event in [event for event in story.events if event.things and is_about_time(event)]:
        states = [s for s in (event.start_state, event.end_state) if s is not None]
        result.append(Scenery("time", tuple(_when(state) for state in states)))
    return tuple(result)


def _states_of(place: PlaceDraft, story: Story) -> list[Scenery]:
    """A place with its states; nothing if it says nothing."""
    texts = [place.text]
    for event in [e for e in story.events if place in e.subjects and e.verb.kind == "change"]:
        texts = [*texts[:-1], *_states(texts[-1], event)]
    timed = _own_time(place.text) if place.noun in lexicon.TIMES else ""
    if len(texts) == 1:
        says_nothing = place.noun in GRAMMAR["backgrounds_backdrops"] and place.text.count(" ") < 2
        if says_nothing:
            return []
        texts = [timed] if texts == [place.noun] and timed and not place.preposition else texts
    changes = len(texts) > 1 and timed
    return [Scenery(place.noun, tuple(texts), "" if changes else place.preposition)]


def _own_time(text: str) -> str:
    words = tuple(word for word in text.split() if word not in lexicon.DETERMINERS)
    return time_text(words) if lexicon.PREPOSITIONS.isdisjoint(words) else ""


def _when(state: State) -> str:
    return time_text(state.words) or f"in {state.text}"


def _states(text: str, event: Event) -> list[str]:
    """The sky from blue to red, a city from day to night, winter to spring."""
    start, end, time = event.start_state, event.end_state, _own_time(text)
    first = time or (_in_state(text, start) if start is not None else text)
    if end is None:
        return [first]
    return [first, _when(end) if time else _in_state(text, end)]


def _in_state(text: str, state: State) -> str:
    time, look = time_text(state.words), " ".join(state.attribute)
    if time:  # in place of the time before
        return f"{re.split(' (?:at|in|on|during) ', text)[0]} {time}"
    if state.label is not None:
        return state.text
    words = [word for word in text.split() if word not in lexicon.COLORS]
    opening = words[0] in lexicon.DETERMINERS
    return " ".join([*words[:opening], look, *words[opening:]])
