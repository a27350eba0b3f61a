"""The motion of the background and of the camera, and the states of the scenery."""

from flowzero_jax.planner import lexicon
from flowzero_jax.planner.changes import time_text
from flowzero_jax.planner.drafts import Camera, Event, PlaceDraft, StateDraft, ThingDraft
from flowzero_jax.planner.intent import Background, Scenery
from flowzero_jax.planner.labels import is_about_time
from flowzero_jax.planner.reader import Reader

_SPEEDS = {"slow": 0.2, "normal": 0.4, "fast": 0.75}
_FOLLOWING = {"slow": 0.3, "normal": 0.5, "fast": 0.75}
_RESTLESS_SPEED = 0.15
_BACKDROPS = frozenset("background backdrop scenery landscape surroundings".split())


def background_of(reader: Reader) -> tuple[Background, list[ThingDraft]]:
    """How the background moves, and the things that the camera follows."""
    for event in reader.events:
        if isinstance(event.subjects[0], Camera):
            found = _camera_motion(event, reader)
            if found is not None:
                return found
    if reader.following:
        movers = [t for t in reader.things if _motion_of(t, reader)]
        return _follow(movers[:1] or reader.things[:1], reader)
    for event in reader.events:
        place = event.subjects[0]
        if isinstance(place, PlaceDraft) and event.verb.kind in ("travel", "jiggle", "other"):
            direction = _direction(event) or event.verb.direction
            if direction:
                return Background(direction, _SPEEDS[event.pace or event.verb.pace]), []
            if event.verb.kind == "travel" and event.pace != "":
                return Background(None, _RESTLESS_SPEED), []
    if reader.restless:
        return Background(None, _RESTLESS_SPEED), []
    return Background(), []


def _direction(event: Event) -> tuple[int, int] | None:
    if event.direction:
        return event.direction
    for spot, sign in ((event.goal, 1), (event.origin, -1)):
        if spot is not None and (spot.x or spot.y):
            return (sign * (spot.x or 0), sign * (spot.y or 0))
    return None


def _camera_motion(event: Event, reader: Reader) -> tuple[Background, list[ThingDraft]] | None:
    verb, speed = event.verb, _SPEEDS[event.pace or event.verb.pace]
    direction = _direction(event) or verb.direction
    if verb.lemma in ("follow", "track", "chase", "trail", "pursue") and event.obj is not None:
        if isinstance(event.obj, ThingDraft):
            return _follow([event.obj], reader)
    if verb.lemma in ("shake", "wobble", "tremble", "vibrate"):
        return Background(None, _RESTLESS_SPEED, camera=True), []
    if direction is not None:
        return Background((-direction[0], -direction[1]), speed, camera=True), []
    if verb.lemma in ("zoom", "dolly", "pull", "push", "move", "back") or verb.kind in (
        "grow", "shrink", "travel",
    ):  # fmt: skip
        outwards = event.away or verb.kind == "shrink" or event.outwards
        inwards = verb.kind == "grow" or event.goal is not None or event.inwards
        if outwards or inwards:
            return Background(zoom=0.6 if outwards else 1.6, camera=True), []
    if verb.lemma in ("pan", "circle", "orbit", "rotate", "spin", "turn", "revolve"):
        return Background((-1, 0), speed, camera=True), []
    if verb.lemma == "tilt":
        return Background((0, 1), speed, camera=True), []
    return None


def _motion_of(thing: ThingDraft, reader: Reader) -> Event | None:
    return next((e for e in reader.events if thing in e.subjects and e.verb.kind == "travel"), None)


def _follow(things: list[ThingDraft], reader: Reader) -> tuple[Background, list[ThingDraft]]:
    """Followed things stay in place; the background passes the other way."""
    event = _motion_of(things[0], reader) if things else None
    direction, pace = (1, 0), "normal"
    if event is not None:
        direction = _direction(event) or event.verb.direction or direction
        pace = event.pace or event.verb.pace
    return Background((-direction[0], -direction[1]), _FOLLOWING[pace]), things


def scenery_of(reader: Reader) -> tuple[Scenery, ...]:
    """The places named, with what they change from and to."""
    result: list[Scenery] = []
    changed: list[PlaceDraft] = []
    for place in reader.places:
        texts = [place.text]
        for event in reader.events:
            if event.verb.kind == "change" and place in event.subjects:
                texts = _changed_texts(place, event, texts)
        if not place.told and len(texts) == 1:
            continue
        if place.noun in _BACKDROPS and len(texts) == 1 and len(place.text.split()) < 3:
            continue
        if len(texts) == 1 and not place.preposition and place.noun in lexicon.TIMES:
            words = [w for w in texts[0].split() if w not in lexicon.DETERMINERS]
            texts = [time_text(tuple(words)) or texts[0]]
        timed = len(texts) > 1 and texts[0].split()[0] in ("at", "in", "on", "by")
        if (place.preposition or len(texts) == 1) and not timed:
            result.append(Scenery(place.noun, tuple(texts), place.preposition))
        else:
            result.append(Scenery(place.noun, tuple(texts)))
        changed.append(place)
    for event in reader.events:
        on_place = any(isinstance(subject, PlaceDraft) for subject in event.subjects)
        if event.verb.kind == "change" and is_about_time(event) and not on_place:
            result.append(Scenery("time", tuple(_times(event))))
    return tuple(result)


def _times(event: Event) -> list[str]:
    states = [s for s in (event.start_state, event.end_state) if s is not None]
    return [_time_text(state) or f"in {state.text}" for state in states]


def _time_text(state: StateDraft) -> str:
    return time_text(state.label.words if state.label else state.attribute)


def _changed_texts(place: PlaceDraft, event: Event, texts: list[str]) -> list[str]:
    """ "the sky" from blue to red; "a city" from day to night; "day" to night."""
    base = texts[-1]
    own_time = time_text(tuple(w for w in base.split() if w not in ("the", "a", "an")))
    start, end = event.start_state, event.end_state
    if own_time:
        first = own_time
        last = (_time_text(end) or f"in {end.text}") if end is not None else first
        return [*texts[:-1], first, last]
    first = _with_state(base, start) if start is not None else base
    last = _with_state(base, end) if end is not None else base
    return [*texts[:-1], first, last]


def _with_state(base: str, state: StateDraft) -> str:
    time = _time_text(state)
    if time:
        return f"{base} {time}"
    if state.label is not None:
        return state.text
    words = base.split()
    attribute = " ".join(state.attribute)
    if not (lexicon.is_adjective(state.attribute[-1]) or state.attribute[-1] in lexicon.COLORS):
        return f"{base}, {attribute}"
    kept = [w for w in words[:-1] if w not in lexicon.COLORS]
    determiner = kept[:1] if kept and kept[0] in lexicon.DETERMINERS else []
    rest = kept[len(determiner) :]
    return " ".join([*determiner, attribute, *rest, words[-1]])
