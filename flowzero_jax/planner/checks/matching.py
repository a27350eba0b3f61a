"""Which tracks of a scene are which things of its prompt, however they are named."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flowzero_jax.planner.checks.tracks import Track, head_of, tracks_of, words_of
from flowzero_jax.planner.intent import Intent, Label, Move, Thing
from flowzero_jax.planner.words import lexicon, nouns, sizes
from flowzero_jax.scene import SceneSyntax

#: Nouns that planners use for each other.
_SYNONYMS = tuple(
    frozenset(group.split())
    for group in (
        "dog puppy pup hound retriever", "cat kitten kitty", "rabbit bunny hare", "bike bicycle",
        "motorcycle motorbike", "plane airplane aeroplane aircraft jet airliner", "car automobile",
        "child kid boy girl toddler", "person man woman people human figure", "ship boat vessel",
        "sofa couch", "sailboat boat ship", "duck duckling", "spaceship spacecraft rocket",
        "butterfly moth", "bird seagull gull sparrow pigeon dove parrot", "tv television",
        "ball football basketball soccer", "stone rock boulder pebble", "picture painting photo",
        "mug cup", "lantern lamp", "bear teddy", "flower rose tulip blossom", "bag handbag",
        "truck lorry", "taxi cab", "horse pony", "cow bull", "chick chicken hen", "road street",
    )
)  # fmt: skip
_SAME, _SYNONYM, _NAMED, _PART = 10.0, 7.0, 6.0, 4.0


@dataclass(frozen=True)
class Case:
    """A scene beside what its prompt asks for."""

    scene: SceneSyntax
    intent: Intent
    tracks: tuple[Track, ...]  # all of the scene
    matched: tuple[tuple[Track, ...], ...]  # for every thing of the intent its own

    @property
    def num_frames(self) -> int:
        return len(self.scene.frames)

    def thing_of(self, track: Track) -> int | None:
        """The index of the thing that a track shows, if the prompt names it."""
        found = (i for i, tracks in enumerate(self.matched) if track in tracks)
        return next(found, None)

    def moves_of(self, track: Track) -> Sequence[Move]:
        """What the prompt lets a track do, if it names it."""
        index = self.thing_of(track)
        return () if index is None else self.intent.things[index].moves

    @property
    def shown(self) -> Iterator[tuple[Thing, Track]]:
        """Every thing with each of its tracks."""
        for thing, tracks in zip(self.intent.things, self.matched, strict=True):
            yield from ((thing, track) for track in tracks)

    def name(self, index: int) -> str:
        """A thing as messages name it."""
        return self.intent.things[index].labels[0].phrase


def make_case(scene: SceneSyntax, intent: Intent) -> Case:
    """Matches a scene's tracks with what its prompt asks for."""
    tracks = tracks_of(scene)
    scores = sorted(
        (-_score(thing, track, len(scene.frames)), i, k)
        for i, thing in enumerate(intent.things)
        for k, track in enumerate(tracks)
    )
    owner: dict[int, int] = {}
    for allowed in (True, False):  # first within the number asked for, then beyond it
        for score, i, k in scores:
            if k in owner or -score < (_PART if allowed else _SYNONYM):
                continue
            mine = [tracks[other] for other, index in owner.items() if index == i]
            if not allowed or _at_once(tracks[k], mine) < intent.things[i].count:
                owner[k] = i
    matched = tuple(
        tuple(track for k, track in enumerate(tracks) if owner.get(k) == i)
        for i in range(len(intent.things))
    )
    return Case(scene, intent, tracks, matched)


def is_sure(thing: Thing) -> bool:
    """Whether the noun is one that surely names an object, so that the prompt is not misread."""
    noun = thing.noun
    return sizes.is_known(noun) or noun in lexicon.PEOPLE or noun.endswith(("ball", "fish", "man"))


def same_noun(a: str, b: str) -> bool:
    """Whether two nouns can name the same thing: a puppy is a dog."""
    return a == b or any({a, b} <= group for group in _SYNONYMS)


def _score(thing: Thing, track: Track, num_frames: int) -> float:
    score = max(_label_score(label, track) for label in thing.labels)
    return score + _fitness(thing, track, num_frames) if score else 0.0


def _fitness(thing: Thing, track: Track, num_frames: int) -> float:
    """What tells two things of the same words apart: when, where and whereto; less than 1."""
    start, end = (part * num_frames for part in thing.visible)
    fitness = 0.4 * sum(start <= frame < end for frame in track.frames) / len(track.frames)
    x, y = track.centre(track.first)
    spot = thing.region or (thing.moves[0].origin if thing.moves else None)
    if spot is not None and spot.target is None:
        fitness += 0.2 * ((spot.x or 0) * (x - 0.5) >= 0 and (spot.y or 0) * (y - 0.5) >= 0)
    direction = thing.moves[0].direction if thing.moves else None
    if direction:
        x1, y1 = track.centre(track.frames[len(track.frames) // len(thing.moves) - 1])
        fitness += 0.2 * (direction[0] * (x1 - x) + direction[1] * (y1 - y) > 0)
    elif not thing.moves:
        fitness += 0.2 * (max(track.reach) < 0.02)
    return fitness


def _label_score(label: Label, track: Track) -> float:
    noun = nouns.singular(label.noun)
    heads = {head_of(phrase) for phrase in track.phrases}
    named = {*track.words, *words_of(track.id.replace("_", " ").rstrip("0123456789 -"))}
    modifiers = set(words_of(" ".join(label.words))) - {noun}
    if noun in heads:
        score = _SAME
    elif any(noun in group and heads & group for group in _SYNONYMS):
        score = _SYNONYM
    elif noun in named:
        score = _NAMED
    elif modifiers & heads:
        score = _PART
    else:
        return 0.0
    colors = (track.words - heads) & lexicon.COLORS
    wanted = modifiers & lexicon.COLORS
    return score + 0.5 * len(modifiers & track.words) - bool(wanted and colors - wanted)


def _at_once(track: Track, others: list[Track]) -> int:
    """How many of the other tracks are seen together with this one, at most."""
    return max(sum(frame in other.objects for other in others) for frame in track.objects)
