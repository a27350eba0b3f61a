"""What a sentence is made of: clauses with subjects, a verb and what is said of it, in order.

A clause is written down once and never changed. `Here` is a place in a sentence with the clauses up
to it; every step of reading makes a new one.
"""

from dataclasses import dataclass, replace
from typing import Any, Literal

from flowzero_jax.planner.english.boundaries import word_at
from flowzero_jax.planner.english.changes import State
from flowzero_jax.planner.english.noun_phrases import Kind, NounPhrase, kind_of
from flowzero_jax.planner.english.places import Path
from flowzero_jax.planner.english.verb_groups import VerbGroup
from flowzero_jax.planner.intent import RelationKind


@dataclass(frozen=True)
class Named:
    """What a noun phrase or pronoun names.

    `role`: `subject`, `object`, or the preposition before it. `phrase` is None for a pronoun, whose
    word (or "another", "one", "the other") is `text`.
    """

    text: str
    role: str
    phrase: NounPhrase | None = None

    @property
    def kind(self) -> Kind:
        """What it can be, as far as its words tell."""
        return kind_of(self.phrase, self.role) if self.phrase is not None else "thing"


@dataclass(frozen=True)
class Part:
    """Something that is said in a clause beside its verb; `start`, `end`: of its words."""

    start: int
    end: int


@dataclass(frozen=True)
class Subject(Part):
    """Who acts."""

    named: Named


@dataclass(frozen=True)
class Object(Part):
    """What the verb is done to."""

    named: Named


@dataclass(frozen=True)
class Attachment(Part):
    """A preposition and its noun: "off a table", "to the left of it".

    `kind`: the relation that several words name; `to`: it is where a motion ends. `side`: a region,
    in "the left side of the room".
    """

    preposition: str
    words: str
    named: Named
    kind: RelationKind | None = None
    to: bool = False
    side: Path | None = None


@dataclass(frozen=True)
class Way(Part):
    """A direction, a place in the frame, a manner of motion; `of_last`: of what was just named."""

    path: Path
    of_last: bool = False


@dataclass(frozen=True)
class Span(Part):
    """A part of the video; `only`: with that word."""

    span: tuple[float, float]
    only: bool


@dataclass(frozen=True)
class Change(Part):
    """What something changes from and to."""

    before: State | None
    after: State | None


@dataclass(frozen=True)
class How(Part):
    """A word that tells how or where: slowly, back, away, overhead, bigger, past each other."""

    word: str


@dataclass(frozen=True)
class Clause:
    """A subject, a verb, and what is said about them in `parts`, as they stand in the sentence.

    `shares`: without subjects of its own it has the `same` as the clause before, or what that one
    named `last`; without a verb it goes on with that of the clause before.
    `then`: it begins a new step.
    """

    start: int = 0
    shares: Literal["", "same", "last"] = ""
    then: bool = False
    verb: VerbGroup | None = None
    parts: tuple[Part, ...] = ()

    @property
    def subjects(self) -> tuple[Named, ...]:
        return tuple(part.named for part in self.parts if isinstance(part, Subject))

    @property
    def begun(self) -> bool:
        """Whether it has a subject."""
        return bool(self.subjects or self.shares)


@dataclass(frozen=True)
class Here:
    """A position in a sentence, and the clauses up to it, the last one still open.

    `joint`: the comma or conjunction just passed; `then`: a word such as "then".
    `start`: where the introduction ends. `latest`: what was named last in the sentence. `fresh`: it
    has just been named, so that a verb may follow. `passed`: the words that were not understood.
    """

    words: list[str]
    i: int = 0
    clauses: tuple[Clause, ...] = (Clause(),)
    joint: str = ""
    then: bool = False
    latest: Named | None = None
    fresh: bool = False
    start: int = 0
    passed: tuple[str, ...] = ()

    @property
    def clause(self) -> Clause:
        return self.clauses[-1]

    @property
    def verb(self) -> VerbGroup | None:
        """The verb that goes on here, if any."""
        own = (c for c in reversed(self.clauses) if c.verb is not None or c.shares != "same")
        return next((clause.verb for clause in own), None)

    @property
    def subjects(self) -> tuple[Named, ...]:
        """Those of the clause, or of the one whose subjects it shares."""
        own = (c for c in reversed(self.clauses) if c.subjects or c.shares != "same")
        return next((clause.subjects for clause in own), ())

    @property
    def role(self) -> str:
        """As what the latest was named."""
        return self.latest.role if self.latest is not None else "subject"

    def word(self, ahead: int = 0) -> str:
        """The word at the position, or `ahead` of it; "" past the end."""
        return word_at(self.words, self.i + ahead)

    def text(self, end: int) -> str:
        """The words from the position to `end`."""
        return " ".join(self.words[self.i : end])

    def move(self, i: int, **changes: Any) -> "Here":
        """Goes on at `i`, the joint behind it."""
        return replace(self, i=i, **{"joint": "", **changes})

    def skip(self, number: int = 1) -> "Here":
        """Goes on after words that say nothing, the joint still open."""
        return replace(self, i=self.i + number)

    def change(self, **changes: Any) -> "Here":
        """The open clause with changes."""
        return replace(self, clauses=(*self.clauses[:-1], replace(self.clause, **changes)))

    def begin(self, **fields: Any) -> "Here":
        """Opens a clause, in place of one that says nothing."""
        old, before = self.clause, self.clauses
        idle = not (old.verb or old.parts)
        clause = Clause(self.i, then=self.then or (idle and old.then), **fields)
        return replace(self, clauses=(*before[: len(before) - idle], clause), then=False)

    def add(self, part: Part, named: Named | None = None, fresh: bool = True) -> "Here":
        """Adds what is said to the clause.

        After "then" it begins a clause that goes on with the verb before.
        """
        here = self.begin(shares="same") if self.then and self.clause.begun else self
        here = here.change(parts=(*here.clause.parts, part))
        return here.move(part.end, fresh=fresh, latest=named or here.latest)
