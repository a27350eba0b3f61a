"""Keeps the things and the scenery that a prompt has named, and finds what it refers back to."""

from flowzero_jax.planner import lexicon, nouns, sizes
from flowzero_jax.planner.drafts import (
    Camera,
    Event,
    Mention,
    Nothing,
    PlaceDraft,
    RelationDraft,
    ThingDraft,
)
from flowzero_jax.planner.intent import RelationKind, label_of
from flowzero_jax.planner.noun_phrases import NounPhrase

_PLACE_ROLES = frozenset(
    "in at across through throughout along amid during inside within on over into to".split()
)
_GENERIC = frozenset("animal creature vehicle object thing bird car insect flower".split())
_PLURAL_PRONOUNS = frozenset("they them themselves".split())
#: How a caption says where a way leads: "runs across the beach" is "on the beach".
_STATIC = {"across": "in", "through": "in", "along": "on", "down": "on", "up": "on", "into": "in",
           "onto": "on", "throughout": "in", "past": "by", "toward": "", "towards": "", "to": "",
           "from": "", "off": "", "out of": "", "around": "in", "up into": "in"}  # fmt: skip


_TOLD_INTANGIBLES = frozenset("wind breeze light sunshine air darkness shade cold heat".split())
_WAYS = frozenset("across along down up through".split())
_TOWARDS = frozenset("to toward towards from off into onto".split())
_ABOVE = frozenset("sky skies clouds space air".split())


class Mentions:
    """Things and scenery named so far, in order."""

    RELATION_OF: dict[str, RelationKind] = {
        "above": "above", "over": "above", "below": "below", "under": "below", "beneath": "below",
        "underneath": "below", "beside": "next_to", "besides": "next_to", "near": "next_to",
        "by": "next_to", "alongside": "next_to", "against": "next_to", "opposite": "next_to",
        "behind": "behind", "upon": "on", "atop": "on", "on": "on", "onto": "on", "in": "in",
        "inside": "in", "within": "in", "into": "in", "with": "with", "between": "in_front_of",
        "among": "next_to", "past": "next_to", "at": "next_to", "around": "around",
        "along": "next_to", "through": "in", "across": "on",
    }  # fmt: skip

    def __init__(self) -> None:
        self.things: list[ThingDraft] = []
        self.places: list[PlaceDraft] = []
        self.mentioned: list[Mention] = []
        self.relations: list[RelationDraft] = []
        self.style: list[str] = []
        self.restless = False
        self.following = False
        self.split_group: ThingDraft | None = None
        self.pending_span: tuple[tuple[float, float], bool] | None = None
        self.words: list[str] = []
        self.subjects: list[Mention] = []
        self.order = 0

    def known_thing(self, phrase: NounPhrase) -> bool:
        """Whether the noun is one of those with a known size, and no part or garment."""
        return sizes.is_known(phrase.noun) and phrase.written[-1] not in lexicon.PARTS

    def _mention(self, phrase: NounPhrase, start: int, end: int, role: str) -> Mention:
        """The thing, place or nothing that a noun phrase at `words[start:end]` names.

        `role`: `subject`, `object`, `list`, or the preposition before it.
        """
        mention = self._find_or_make(phrase, " ".join(self.words[start:end]), role)
        if not isinstance(mention, Nothing | Camera):
            if mention in self.mentioned:
                self.mentioned.remove(mention)
            self.mentioned.append(mention)
        return mention

    def _find_or_make(self, phrase: NounPhrase, text: str, role: str) -> Mention:
        written, noun = phrase.written[-1], phrase.noun
        text = text.replace(" 's", "'s")
        self.restless |= any(word in lexicon.RESTLESS for word in phrase.written)
        if noun in ("camera", "cameraman", "viewer", "pan", "tilt", "zoom") and noun != "pan":
            return Camera()
        if phrase.count == 0:
            return Nothing(text)
        if self._is_attribute(phrase, role):
            self._attach(f"{role} {text}" if role not in ("subject", "object", "list") else text)
            return Nothing(text)
        old = self._find(phrase)
        if old is not None:
            return old
        if self._is_scenery(phrase, role):
            return self._place(phrase, text, role)
        if self._is_nothing(phrase, role):
            return Nothing(text)
        return self._thing(phrase)

    def _is_attribute(self, phrase: NounPhrase, role: str) -> bool:
        """Clothes and parts: "in a red suit", "with curly hair"."""
        written = phrase.written[-1]
        if written in lexicon.CLOTHES and role in ("in",):
            return True
        if written in lexicon.PARTS and role == "with":
            return True
        return False

    def _attach(self, text: str) -> None:
        """Adds words to the caption of the last thing."""
        thing = next((m for m in reversed(self.mentioned) if isinstance(m, ThingDraft)), None)
        if thing is not None:
            from dataclasses import replace

            extra = f"{thing.label.extra} {text}".strip()
            thing.label = replace(thing.label, extra=extra)

    def _find(self, phrase: NounPhrase) -> Mention | None:
        """An earlier mention: "the cat" after "a black cat"."""
        if phrase.determiner not in ("the", "this", "that", "these", "those", "both"):
            return None
        if phrase.counted and phrase.determiner == "the":
            return None
        for mention in reversed(self.mentioned):
            if isinstance(mention, PlaceDraft):
                if mention.noun == phrase.noun:
                    return mention
            elif isinstance(mention, ThingDraft) and self._matches(mention, phrase):
                return mention
        return None

    def _matches(self, thing: ThingDraft, phrase: NounPhrase) -> bool:
        new, old = set(phrase.words[:-1]), set(thing.label.words[:-1])
        labels = [thing.label.noun, *self.later_nouns(thing)]
        same = phrase.noun in labels or (
            phrase.noun in _GENERIC and not new and len(self.things) == 1
        )
        return same and (new <= old or old <= new)

    def later_nouns(self, thing: ThingDraft) -> list[str]:
        """What the thing has become so far."""
        events = getattr(self, "events", [])
        states = [e.end_state for e in events if thing in e.subjects and e.end_state]
        return [state.label.noun for state in states if state.label]

    def _is_scenery(self, phrase: NounPhrase, role: str) -> bool:
        written = phrase.written[-1]
        if written in lexicon.MEDIA:
            return any(w in lexicon.SCENERY for w in phrase.written[:-1])
        if phrase.noun in ("sun", "moon") and role in (
            "under", "in", "on", "below", "from", "across", "over", "to",
        ):  # fmt: skip
            return True
        if role == "object" and written in lexicon.INTANGIBLE:
            return False
        if lexicon.is_scenery(written, phrase.counted):
            return not (phrase.plural and phrase.counted and written in lexicon.SCENERY_IN_PLURAL)
        if written in lexicon.TIMES:
            return True
        if written in lexicon.INTANGIBLE - _TOLD_INTANGIBLES:
            return False
        if role in _PLACE_ROLES - {"on", "over", "into", "to"}:
            return not sizes.is_known(phrase.noun) and written not in lexicon.CONTAINERS
        return False

    def _is_nothing(self, phrase: NounPhrase, role: str) -> bool:
        written = phrase.written[-1]
        if written in lexicon.INTANGIBLE or written in lexicon.MEDIA or written in lexicon.STYLE:
            return not phrase.counted or phrase.count == 1
        owned = phrase.determiner in lexicon.POSSESSIVES
        if written in lexicon.PARTS | lexicon.CLOTHES and (owned or not phrase.determiner):
            return not phrase.counted and role != "subject" or owned
        if owned and not self.known_thing(phrase):
            return True
        bare = not phrase.determiner and not phrase.counted
        if role in lexicon.PREPOSITIONS and bare and phrase.noun in nouns.MASS_NOUNS:
            return True
        if phrase.determiner in ("each", "every") and role not in ("subject", "list"):
            return True
        if role == "with" and bare and not phrase.plural and not sizes.is_known(phrase.noun):
            return True
        return role == "object" and bare and not phrase.plural and not sizes.is_known(phrase.noun)

    def _place(self, phrase: NounPhrase, text: str, role: str) -> PlaceDraft:
        for place in self.places:
            if place.noun == phrase.noun and phrase.noun not in lexicon.TIMES:
                return place
        preposition = role if role in lexicon.PREPOSITIONS else ""
        if preposition in _STATIC:
            flat = phrase.noun in lexicon.FLAT_PLACES or phrase.noun not in lexicon.SCENERY
            preposition = "on" if flat and preposition in _WAYS else _STATIC[preposition]
        place = PlaceDraft(phrase.noun, text, preposition)
        place.told = role not in _TOWARDS or phrase.noun in _ABOVE
        self.places.append(place)
        return place

    def _thing(self, phrase: NounPhrase) -> ThingDraft:
        determined = bool(phrase.determiner) or phrase.counted
        label = label_of(phrase.words, phrase.written, determined)
        if phrase.tail:
            from dataclasses import replace

            label = replace(label, extra=phrase.tail)
        thing = ThingDraft(label, phrase.count, phrase.plural and not phrase.counted, phrase.part)
        self.things.append(thing)
        return thing

    def take_one(self, group: ThingDraft) -> ThingDraft:
        """Splits one thing off a group: "one of them"."""
        group.count -= 1
        one = ThingDraft(group.label, 1, False)
        self.things.insert(self.things.index(group), one)
        return one

    def refer(self, pronoun: str) -> list[Mention]:
        """What `it` or `they` means: the subject before, else the last thing named."""
        plural = pronoun in _PLURAL_PRONOUNS
        before = getattr(self, "topics", [])
        if before and (plural or len(before) == 1):
            return before
        things = [m for m in self.mentioned if isinstance(m, ThingDraft)]
        if plural and len(things) > 1 and things[-1].count == 1:
            return things
        return things[:1] if not plural and things else things[-1:]

    def place(self, thing: ThingDraft, event: Event, region) -> None:
        """Sets where a thing stands; for a mover it is where it begins."""
        thing.region = (region.x, region.y)

    def add_relation(
        self,
        kind: RelationKind,
        words: str,
        target: ThingDraft,
        event: Event | None,
        together: bool = False,
    ) -> None:
        """Relates the clause's subjects (or the last thing) to `target`."""
        subjects = event.subjects if event is not None else self.subjects or [self.last]
        for subject in subjects:
            if isinstance(subject, ThingDraft) and subject is not target:
                self.relations.append(
                    RelationDraft(kind, subject, target, words, self.order, together, event)
                )

    def vertical_goal(self, event: Event, preposition: str, place: PlaceDraft) -> None:
        """ "into the sky" is up, "to the ground" is down."""
        if event.direction or event.goal or event.verb.kind not in ("travel", "jiggle", "other"):
            return
        if preposition.split()[0] in ("to", "into", "toward", "towards", "onto", "up", "down"):
            step = lexicon.VERTICAL_PLACES.get(place.noun)
            if step and event.verb.direction is None:
                event.direction = (0, step)
