"""What a sentence is made of: clauses with subjects, a verb and what is said of it, in order.

A clause is written down once and never changed. `Here` is a place in a sentence with the clauses up
to it; every step of reading makes a new one.
"""

from dataclasses import dataclass, replace
from typing import Any, Literal

from flowzero_jax.planner.english.boundaries import word_at
from flowzero_jax.planner.english.changes import State
from flowzero_jax.planner.english.kinds import Kind, kind_of
from flowzero_jax.planner.english.noun_phrases import NounPhrase
from flowzero_jax.planner.english.places import Path
from flowzero_jax.planner.english.verb_groups import VerbGroup
from flowzero_jax.planner.intent import RelationKind


@dataclass(frozen=True)
class Named:
    """What a noun phrase or pronoun names.

    `role`: `subject`, `object`, or the preposition before it. `phrase` is None for a pronoun, whose
    word (or "another", "one", "the other", "three white") is `text`.
    `many`: how many of a group, in "three white and two black"; `look`: which.
    """

    text: str
    role: str
    phrase: NounPhrase | None = None
    many: int = 0
    look: str = ""

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
class Object(Part):
    """What the verb is done to."""

    named: Named


@dataclass(frozen=True)
class Attachment(Part):
    """A preposition and its noun: "off a table", "to the left of it".

    `kind`: the relation that several words name; `to`: it is where a motion ends. `side`: a region,
    in "the left side of the room". `holds`: "with a cactus in it".
    """

    preposition: str
    words: str
    named: Named
    kind: RelationKind | None = None
    to: bool = False
    side: Path | None = None
    holds: bool = False


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
class Look(Part):
    """ "is red": adjectives that could as well stand before the noun."""

    words: tuple[str, ...]


@dataclass(frozen=True)
class Told(Part):
    """What captions tell: a `style` of the picture, what someone has on (`worn`)."""

    kind: Literal["style", "worn"]
    text: str


@dataclass(frozen=True)
class Subject:
    """Who acts, with what is said of it before the verb."""

    named: Named
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Clause:
    """A subject, a verb, and what is said about them.

    `shares`: without subjects of its own it has the `same` as the clause before, or what that one
    named `last`; without a verb it goes on with that of the clause before.
    `then`: it begins a new step. `implied`: its verb is a participle after a comma.
    `fronted`: what is said before the subject.
    """

    start: int = 0
    shares: Literal["", "same", "last"] = ""
    then: bool = False
    implied: bool = False
    fronted: tuple[Part, ...] = ()
    subjects: tuple[Subject, ...] = ()
    verb: VerbGroup | None = None
    parts: tuple[Part, ...] = ()

    @property
    def begun(self) -> bool:
        """Whether it has a subject."""
        return bool(self.subjects or self.shares)

    @property
    def inverted(self) -> bool:
        """Whether its subject is still to come: "above the house flies"."""
        return self.verb is not None and not self.begun

    @property
    def described(self) -> bool:
        """Whether it says all: "the ball is red"."""
        said = self.subjects[-1].parts if self.subjects and not self.parts else self.parts
        return bool(said) and isinstance(said[-1], Look)


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
    following: bool = False
    passed: tuple[str, ...] = ()

    @property
    def clause(self) -> Clause:
        return self.clauses[-1]

    @property
    def verb(self) -> VerbGroup | None:
        """The verb that goes on here, if any."""
        for clause in reversed(self.clauses):
            if clause.verb is not None or clause.shares != "same":
                return clause.verb
        return None

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """Those of the clause, or of the one whose subjects it shares."""
        for clause in reversed(self.clauses):
            if clause.subjects or clause.shares != "same":
                return clause.subjects
        return ()

    @property
    def role(self) -> str:
        """As what the latest was named."""
        return self.latest.role if self.latest is not None else "subject"

    def word(self, ahead: int = 0) -> str:
        """The word at the position, or `ahead` of it; "" past the end."""
        return word_at(self.words, self.i + ahead)

    def at(self, *words: str, ahead: int = 0) -> bool:
        """Whether these words stand at the position."""
        i = self.i + ahead
        return self.words[i : i + len(words)] == list(words)

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
        clause = Clause(self.i, then=self.then or (self._idle and self.clause.then), **fields)
        before = self.clauses[:-1] if self._idle else self.clauses
        return replace(self, clauses=(*before, clause), then=False)

    @property
    def _idle(self) -> bool:
        clause = self.clause
        return not (clause.subjects or clause.verb or clause.parts or clause.fronted)

    def add(self, part: Part, named: Named | None = None, fresh: bool = True) -> "Here":
        """Adds what is said to the clause, or to its subject where no verb has come yet.

        After "then" it begins a clause that goes on with the verb before.
        """
        here = self.begin(shares="same") if self.then and self.clause.begun else self
        clause = here.clause
        if clause.verb is None and clause.subjects:
            last = clause.subjects[-1]
            last = replace(last, parts=(*last.parts, part))
            here = here.change(subjects=(*clause.subjects[:-1], last))
        elif clause.begun or clause.verb is not None:
            here = here.change(parts=(*clause.parts, part))
        else:
            here = here.change(fronted=(*clause.fronted, part))
        return here.move(part.end, fresh=fresh, latest=named or here.latest)
