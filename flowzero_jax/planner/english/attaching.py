"""What a preposition says of the clause's event: goal, origin, relation, height.

`ROWS` is the table of meanings, the first row that fits is taken: the prepositions (none: any), a
condition, and what is done. `REST`, `GOALS` and `ORIGINS` tell the relation that each names.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from flowzero_jax.planner.english.clauses import Attachment
from flowzero_jax.planner.english.story import (
    Camera,
    Event,
    Mention,
    Nothing,
    PlaceDraft,
    SpotDraft,
    ThingDraft,
)
from flowzero_jax.planner.english.teller import Teller
from flowzero_jax.planner.intent import RelationKind
from flowzero_jax.planner.words import lexicon, sizes
from flowzero_jax.planner.words.tables import GRAMMAR, by_word, load, word_set
from flowzero_jax.planner.words.verbs import BOTH_MOVE, CHASES, OBJECT_MOVES, RIDES, Verb

_LISTS = load("phrases")
#: Of two things at rest.
REST: dict[str, RelationKind] = by_word(_LISTS["rest"])  # type: ignore[assignment]
#: Of a goal: how the mover stands to it in the end; of an origin: at first.
GOALS: dict[str, RelationKind] = _LISTS["goals"]
ORIGINS: dict[str, RelationKind] = _LISTS["origins"]


@dataclass(frozen=True)
class Said:
    """An attachment, what it names, and the event to which it belongs."""

    teller: Teller
    part: Attachment
    thing: ThingDraft
    event: Event

    @property
    def verb(self) -> Verb:
        return self.event.verb

    @property
    def lemma(self) -> str:
        return self.event.verb.lemma

    @property
    def kind(self) -> RelationKind | None:
        """The relation of two things at rest."""
        return self.part.kind or REST.get(self.part.preposition)

    @property
    def lifted(self) -> bool:
        """Whether the mover may leave the ground."""
        verb, event = self.verb, self.event
        in_air = verb.airborne or verb.direction or verb.manner != "straight" or event.passive
        return bool(in_air or verb.lemma in GRAMMAR["rolling"] or event.obj is not None)

    @property
    def rests(self) -> bool:
        """Whether the event leaves everything where it is."""
        still = self.verb.kind == "other" and self.lemma not in OBJECT_MOVES
        return still and not self.event.passive and self.event.direction is None

    @property
    def puts(self) -> bool:
        """Whether something comes to lie where the preposition says."""
        put = self.lemma in GRAMMAR["put"] and self.event.obj is not None
        return put or self.lemma in GRAMMAR["landing"]

    def ends(self, kind: RelationKind) -> None:
        self.event.goal = self.event.goal or SpotDraft(relation=kind, target=self.thing)

    def starts(self, kind: RelationKind, implied: bool = False) -> None:
        spot = SpotDraft(relation=kind, target=self.thing, implied=implied)
        self.event.origin = self.event.origin or spot

    def relate(self, kind: RelationKind, words: str, together: bool = False) -> None:
        self.teller.relate(kind, words, self.thing, together)


def attach(teller: Teller, part: Attachment) -> Mention | None:
    """Adds what "to the house", "off a table" or "next to a tree" says; returns what is named."""
    if part.holds and _contains(teller, part):
        return None
    target, event = teller.target_of(part), teller.event
    if isinstance(target, ThingDraft):
        if part.kind is not None:
            _relative(teller, part, part.kind, target)
        elif event is None or event.verb.kind in ("still", "auxiliary"):
            _at_rest(teller, part, target)
        else:
            _apply(Said(teller, part, target, event))
    elif event is not None and isinstance(target, Camera):
        kind = "shrink" if "from" in part.preposition else "grow"
        event.verb = Verb(event.verb.lemma, kind)
    elif event is not None and isinstance(target, PlaceDraft):
        _at_place(event, part.preposition, target)
    elif event is not None and isinstance(target, Nothing) and part.preposition != "with":
        event.away |= part.preposition == "into" and "distance" in part.named.text
    if isinstance(target, ThingDraft | PlaceDraft):
        teller.last = target
    return target


def _apply(said: Said) -> None:
    for prepositions, fits, act in ROWS:
        if (not prepositions or said.part.preposition in prepositions) and fits(said):
            act(said)
            return


def _contains(teller: Teller, part: Attachment) -> bool:
    """ "a pot with a cactus in it": the cactus is in the pot."""
    thing, holder = teller.last, teller.subjects[-1] if teller.subjects else None
    if not (isinstance(thing, ThingDraft) and isinstance(holder, ThingDraft)) or thing is holder:
        return False
    kind: RelationKind = "on" if part.preposition == "on" else "in"
    story = teller.story
    story.relations = [r for r in story.relations if (r.subject, r.target) != (holder, thing)]
    story.relate(kind, kind, [thing], holder)
    teller.last = holder
    return True


def _relative(teller: Teller, part: Attachment, kind: RelationKind, target: ThingDraft) -> None:
    """ "next to a tree", "from the left of a box"."""
    event = teller.event
    if part.words in ("in the middle of", "in the center of") and target.count > 1:
        flank(teller, target)
        return
    moves = event is not None and (event.verb.kind not in GRAMMAR["rest_kinds"] or event.passive)
    if part.to and event is not None and moves:
        event = teller.next_stage(event) if event.goal is not None else event
        event.goal = SpotDraft(relation=kind, target=target)
    elif part.preposition == "from" and event is not None:
        event.origin = SpotDraft(relation=kind, target=target)
    else:
        teller.relate(kind, part.words, target)


def _at_rest(teller: Teller, part: Attachment, target: ThingDraft) -> None:
    kind = REST.get(part.preposition)
    if part.preposition in ("up", "down") and teller.event is not None:
        _slope(teller.event, part.preposition, target.label.noun)
        teller.relate("in_front_of", "on", target)
    elif part.preposition == "between":
        flank(teller, target)
    elif kind is not None:
        teller.relate(kind, part.words, target)


def flank(teller: Teller, target: ThingDraft) -> None:
    """ "between two trees", "between a tree and a house": they stand on both sides."""
    story, event = teller.story, teller.event
    acting: list[Mention | None] = [*(event.subjects if event is not None else teller.subjects)]
    for subject in acting or [teller.last]:
        if not isinstance(subject, ThingDraft) or subject is target:
            continue
        if target.count > 1:
            story.relate("around", "on both sides of", [target], subject)
        else:
            flanked = any(r.target is subject and r.words == "left of" for r in story.relations)
            kind: RelationKind = "right_of" if flanked else "left_of"
            story.relate(kind, kind.replace("_", " "), [target], subject)


def _slope(event: Event, preposition: str, noun: str) -> None:
    """ "down the stairs", "up a tree"."""
    vertical = 1 if preposition == "down" else -1
    event.direction = event.direction or (int(noun in GRAMMAR["slopes"]), vertical)


def _at_place(event: Event, preposition: str, place: PlaceDraft) -> None:
    """ "into the sky" is up, "to the ground" is down, "across the lawn" is a long way."""
    if preposition in ("up", "down"):
        if place.noun not in lexicon.LEVEL_WAYS:  # "down the street" is a way along
            _slope(event, preposition, place.noun)
    elif event.verb.kind in GRAMMAR["moving"] | {"other"}:
        event.crossing |= preposition == "across" and event.direction is None
        vertical = lexicon.VERTICAL_PLACES.get(place.noun)
        told = event.direction or event.goal or event.verb.direction
        if preposition in GOALS and vertical and not told:
            event.direction = (0, vertical)


def _climb(said: Said) -> None:
    if said.thing.label.noun not in lexicon.LEVEL_WAYS:
        _slope(said.event, said.part.preposition, said.thing.label.noun)
        said.relate("in_front_of", "on")


def _hunted(said: Said) -> None:
    """ "followed by a dog"."""
    hunt = said.teller.begin(said.verb, [said.thing])
    hunt.obj, hunt.direction = said.event.things[0], said.event.direction


def _pushed_off(said: Said) -> None:
    """ "pushed off a table by a cat"."""
    said.event.verb = replace(said.verb, direction=(0, 1), manner="fall")
    said.relate("next_to", "by")


def _carried(said: Said) -> None:
    """ "carried by a balloon"."""
    flies = sizes.build_of(said.thing.label.words).home == "sky"
    said.relate("below" if flies else "next_to", "with", together=True)
    said.event.subjects = [*said.event.subjects, said.thing]


def _leads(said: Said) -> None:
    """ "to a table": beside it, but what flies or is put lands on top."""
    kind = GOALS[said.part.preposition]
    lands = said.lifted and said.thing.label.noun in lexicon.LANDING_PLACES
    said.ends("on" if lands and kind == "next_to" else kind)


def _comes(said: Said) -> None:
    stands = said.part.preposition == "from" and not said.lifted
    said.starts("next_to" if stands else ORIGINS[said.part.preposition])
    if said.part.preposition == "away from" and said.event.direction is None:
        said.event.direction = (1, 0)


def _over(said: Said) -> None:
    said.starts("left_of")
    said.ends("right_of")


def _ride(said: Said) -> None:
    """ "rides in a rocket"."""
    assert said.kind is not None
    said.relate(said.kind, said.part.words, together=True)
    said.event.subjects = [*said.event.subjects, said.thing]


def _around(said: Said) -> None:
    said.event.around, said.event.manner = said.thing, said.event.manner or "circle"


def _stand(said: Said) -> None:
    kind = said.kind
    assert kind is not None
    said.relate(kind, said.part.words)
    said.event.crossing |= said.part.preposition == "across" and said.verb.kind == "travel"


def _passed(said: Said) -> None:
    """ "runs past a tree": nearer to the viewer than the tree."""
    said.event.crossing = True
    if not said.verb.airborne:
        said.relate("in_front_of", "past")


Row = tuple[frozenset[str], Callable[[Said], bool], Callable[[Said], object]]
_ANY: frozenset[str] = frozenset()
_TO, _FROM = frozenset(GOALS), frozenset(ORIGINS)
_BY = frozenset({"by"})
ROWS: tuple[Row, ...] = (
    (word_set("up down"), lambda s: True, _climb),
    # passive, by whom
    (_BY, lambda s: s.event.passive and s.lemma in CHASES, _hunted),
    (_BY, lambda s: s.event.passive and s.lemma in BOTH_MOVE
     and s.event.origin is not None and s.event.origin.relation == "on", _pushed_off),
    (_BY, lambda s: s.event.passive and s.lemma in BOTH_MOVE, _carried),
    (_BY, lambda s: s.event.passive and s.lemma in OBJECT_MOVES,
     lambda s: s.starts("right_of", implied=True)),
    (_BY, lambda s: s.event.passive, lambda s: None),
    # where it leads
    (word_set("on in inside under beside near by"), lambda s: s.puts,
     lambda s: s.ends(s.kind or "on")),
    (_TO | {"with", "against"}, lambda s: s.lemma in GRAMMAR["crashes"],
     lambda s: setattr(s.event, "obj", s.thing)),
    (word_set("at"), lambda s: s.lemma in OBJECT_MOVES and isinstance(s.event.obj, ThingDraft),
     lambda s: s.ends("next_to")),  # "throws it at"
    (_TO, lambda s: True, _leads),
    # whence it comes
    (word_set("from"), lambda s: s.rests,
     lambda s: s.relate("next_to", s.part.words)),  # "eats leaves from a tree"
    (_FROM, lambda s: True, _comes),
    # what it passes, and what goes along
    (word_set("over across"), lambda s: s.verb.manner == "hop", _over),
    (word_set("on upon atop onto in inside within into aboard"), lambda s: s.lemma in RIDES, _ride),
    (word_set("between"), lambda s: s.event.manner == "swing" and s.verb.kind == "travel",
     lambda s: s.event.between.append(s.thing)),
    (word_set("between"), lambda s: True, lambda s: flank(s.teller, s.thing)),
    (word_set("around round"), lambda s: s.verb.kind in GRAMMAR["moving"], _around),
    (word_set("past"), lambda s: s.verb.kind in GRAMMAR["moving"], _passed),
    (_ANY, lambda s: s.kind is not None and s.verb.kind != "disappear", _stand),
)  # fmt: skip
