"""Walks through a prompt, clause by clause, and collects things, scenery and events.

The grammar is small: a clause is a subject, a verb and any number of prepositional phrases,
directions and parts of the video. What it does not understand it passes over.
"""

from flowzero_jax.planner import lexicon, nouns, places
from flowzero_jax.planner.changes import COMPARATIVES, read_change
from flowzero_jax.planner.drafts import (
    Camera,
    Event,
    Mention,
    Nothing,
    PlaceDraft,
    SpotDraft,
    ThingDraft,
)
from flowzero_jax.planner.mentions import Mentions
from flowzero_jax.planner.noun_phrases import NounPhrase, read
from flowzero_jax.planner.verb_groups import VerbGroup, read_verb
from flowzero_jax.planner.verbs import BOTH_MOVE, CHASES, OBJECT_MOVES, RIDES, VERBS, Verb

_INTRODUCERS = frozenset("of with showing featuring depicting capturing containing where".split())
_OVERHEAD = frozenset("overhead above aloft high".split())
_CAMERA_WORDS = frozenset("pan tilt dolly zoom".split())
_INWARDS = frozenset("in closer forward forwards".split())
_OUTWARDS = frozenset("out back away backward backwards".split())
_PLACING = frozenset("place put set lay drop hang".split())
_ACROSS = frozenset("across through over past".split())


class Reader(Mentions):
    """The state of the walk; `sentence` is called once for each sentence, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Event] = []
        self.order = 0
        self.number = -1
        self.topics: list[Mention] = []

    def sentence(self, words: list[str]) -> None:
        """Reads one sentence."""
        self.words, self.i = words, 0
        self.number += 1
        self.subjects: list[Mention] = []
        self.event: Event | None = None
        self.last: Mention | None = None
        self.role = "subject"
        self.joined = ""  # the comma or conjunction just passed
        self.fresh = False  # a noun phrase has just ended: a verb may follow
        self._skip_introduction()
        while self.i < len(words):
            before = self.i
            self._step()
            if self.i == before:
                self.i += 1

    # Steps: each either moves on and returns True, or leaves everything as it was.

    def _step(self) -> None:
        word = self.words[self.i]
        if word == "," or word in lexicon.CONJUNCTIONS:
            self.joined = word if not self.joined or word != "," else self.joined
            self.fresh = False
            self.i += 1
            return
        for reader in (
            self._time,
            self._order,
            self._clause_opener,
            self._camera_command,
            self._verb,
            self._one_of_them,
            self._pronoun,
            self._relation_or_path,
            self._preposition,
            self._style,
            self._noun,
        ):
            if reader(word):
                return
        self._adverb(word)

    def _skip_introduction(self) -> None:
        """ "A lively video of", "A scene in which", "Create an animation where"."""
        while True:
            start = self.i
            if self.words[start : start + 1] and self.words[start] in (
                "create", "generate", "make", "show", "imagine", "draw", "render", "animate",
                "there", "i",
            ):  # fmt: skip
                follower = self.words[start + 1 : start + 2]
                if follower and (
                    follower[0] in lexicon.DETERMINERS
                    or follower[0] in ("me", "is", "are", "see", "want")
                    or nouns.number(follower[0])
                ):
                    self.i += 2 if follower[0] in ("me", "is", "are", "see", "want") else 1
                    continue
            found = read(self.words, start)
            if found is None or found[0].written[-1] not in lexicon.MEDIA:
                return
            phrase, end = found
            following = self.words[end : end + 2]
            if any(w in lexicon.SCENERY for w in phrase.written[:-1]):
                return
            if following[:1] and following[0] in _INTRODUCERS:
                self.i = end + 1
            elif following in (["in", "which"], ["that", "shows"], ["that", "features"]):
                self.i = end + 2
            else:
                return
            if "tracking" in phrase.written or "following" in phrase.written or (
                phrase.doing in ("follow", "track")
            ):  # fmt: skip
                self.following = True

    def _time(self, word: str) -> bool:
        found = places.read_time(self.words, self.i)
        if found is None:
            return False
        span, only, self.i = found
        if self.event is not None and not isinstance(self.event.subjects[0], Camera):
            self.event.span, self.event.only = span, self.event.only or only
        else:
            self.pending_span = (span, only)
            for subject in self.subjects:
                self._begin(Verb("be", "still"), [subject], implied=True).span = span
        return True

    def _order(self, word: str) -> bool:
        if word == "after" and self.words[self.i + 1 : self.i + 2] in (["that"], ["which"]):
            self.i += 1
        elif word == "before" and self.words[self.i + 1 : self.i + 2] and self.words[
            self.i + 1
        ].endswith("ing"):  # fmt: skip
            pass
        elif word not in lexicon.THEN or (word == "next" and self._next_word() == "to"):
            return False
        if self.events:
            self.order += 1
        self.joined = self.joined or "then"
        self.i += 1
        return True

    def _clause_opener(self, word: str) -> bool:
        if word in lexicon.RELATIVES and (word != "that" or self.last is not None):
            if self.last is not None and self.words[self.i - 1] != "in":
                self.subjects, self.event = [self.last], None
                self.fresh = True
            self.i += 1
            return True
        if word not in lexicon.SUBORDINATORS:
            return False
        if word == "as" and self._next_word() in ("if", "well", "seen"):
            self.i += 2
            return True
        if word in ("before", "after", "until") and not self._noun_then_verb(self.i + 1):
            found = read(self.words, self.i + 1)  # "after the rain"
            self.i = found[1] if found else self.i + 1
            return True
        self.subjects, self.event, self.role, self.joined = [], None, "subject", ""
        self.i += 1
        return True

    def _camera_command(self, word: str) -> bool:
        """ "pan left", "zoom in", without a subject."""
        group = read_verb(self.words, self.i, bare=False)
        lemma = group.verb.lemma if group else ""
        if lemma not in _CAMERA_WORDS or self.fresh and self.subjects:
            return False
        self.subjects, self.event = [Camera()], None
        self._start_verb(group)
        return True

    def _verb(self, word: str) -> bool:
        """A verb group, where one may stand."""
        if not self.subjects and self.last is None:
            return False
        start = self.fresh or self.event is None
        group = read_verb(self.words, self.i, bare=start and self.fresh)
        if group is None:
            return False
        if not self.fresh:
            joined_ok = self.joined and group.known and not self._names_new_thing()
            chained = self.event is not None and group.form == "ing" and not self.joined
            if not (joined_ok or chained or group.auxiliary):
                return False
        if self.event is not None and self.fresh and not self._finite_after_object(group):
            self.subjects = [self.last] if self.last is not None else self.subjects
        if self.fresh and self.role == "with" and isinstance(self.last, PlaceDraft):
            self.subjects = [self.last]  # "with the sunrise changing"
        if not self.subjects:
            return False
        self._start_verb(group)
        return True

    def _finite_after_object(self, group: VerbGroup) -> bool:
        """Whether a verb right after a noun phrase still belongs to the clause's subject."""
        if self.role == "with":
            return False
        if group.form == "ing" and not group.auxiliary:
            return not isinstance(self.last, ThingDraft) or self.role in ("on", "in")
        return True

    def _names_new_thing(self) -> bool:
        found = read(self.words, self.i)
        return found is not None and self._noun_then_verb(self.i)

    def _start_verb(self, group: VerbGroup) -> None:
        self.i = group.end
        verb = group.verb
        subjects = list(self.subjects)
        joined, self.joined, self.fresh = self.joined, "", False
        if isinstance(subjects[0], Camera) or verb.lemma == "be":
            pass
        else:
            if verb.lemma == "set" and getattr(getattr(subjects[0], "label", None), "unique", False):
                verb = Verb("set", "travel", direction=(0, 1))  # the sun sets
            known = verb.kind == "change"
            change = read_change(self.words, self.i, verb.lemma, known)
            if change:
                start, end, self.i = change
                self.event = self._begin(Verb(verb.lemma, "change"), subjects)
                self.event.start_state, self.event.end_state = start, end
                return
            change = self._read_causative(verb)
            if change:
                return
        event = self._begin(verb, subjects)
        event.passive = group.passive
        event.pace = group.pace
        event.participle = group.participle
        event.implied = group.form == "ing" and joined == "," and not group.auxiliary
        self._read_particle(event)
        self.event = event

    def _begin(self, verb: Verb, subjects: list[Mention], implied: bool = False) -> Event:
        event = Event(verb, subjects, self.order, self.number, implied=implied)
        if self.pending_span:
            event.span, event.only = self.pending_span
            self.pending_span = None
        self.events.append(event)
        things = [s for s in subjects if isinstance(s, ThingDraft)]
        self.topics = things or self.topics
        return event

    def _read_causative(self, verb: Verb) -> bool:
        """ "turns a frog into a prince": the object changes."""
        if verb.lemma not in ("turn", "transform", "change", "convert", "morph"):
            return False
        found = read(self.words, self.i)
        if found is None or self.words[found[1] : found[1] + 1] != ["into"]:
            return False
        change = read_change(self.words, found[1], "change", True)
        thing = self._mention(found[0], self.i, found[1], "object")
        if change is None or not isinstance(thing, ThingDraft):
            return False
        self.event = self._begin(Verb("change", "change"), [thing])
        self.event.start_state, self.event.end_state, self.i = change
        self.last = thing
        return True

    def _read_particle(self, event: Event) -> None:
        """Words that belong to the verb: "come in", "fly away", "take off", "fade out"."""
        lemma, kind = event.verb.lemma, event.verb.kind
        two, one = " ".join(self.words[self.i : self.i + 3]), self.words[self.i : self.i + 1]
        after = self.words[self.i + 1 : self.i + 2]
        bare = not after or after[0] in lexicon.CONJUNCTIONS | lexicon.THEN | {
            ",",
            "from",
            "to",
            "on",
            "at",
        }
        one = one[0] if one else ""
        new = None
        if two.startswith(("into view", "into sight")):
            new, self.i = (
                "enter" if lemma in ("come", "move", "drive", "walk") else "appear",
                self.i + 2,
            )
        elif two.startswith(("into the frame", "into the scene", "into frame", "into the picture")):
            new, self.i = "enter", self.i + (2 if two.startswith("into frame") else 3)
        elif two.startswith(("out of view", "out of sight", "out of frame")) or two == "out of the":
            new = "leave"
            self.i += (
                4
                if two == "out of the"
                and self.words[self.i + 3 : self.i + 4]
                and self.words[self.i + 3] in lexicon.FRAME_NOUNS
                else 3
            )
            if two == "out of the" and self.words[self.i - 1] not in lexicon.FRAME_NOUNS:
                new, self.i = None, self.i - 3
        elif one in ("up", "in", "out") and lemma in ("pop", "show", "fade", "come", "go") and bare:
            new = {"up": "appear", "in": "enter", "out": "leave"}[one]
            if lemma in ("fade", "show", "pop"):
                new = "disappear" if one == "out" else "appear"
            self.i += 1
        elif isinstance(event.subjects[0], Camera) and one in _INWARDS | _OUTWARDS:
            event.inwards, event.outwards = one in _INWARDS, one in _OUTWARDS
            self.i += 1
        elif lemma == "turn" and one in ("up", "down", "on", "off"):
            self.i += 1
        elif one in ("away", "off") and (bare or one == "away"):
            self.i += 1
            if lemma in ("fade", "melt"):
                new = "disappear"
            elif one == "off" and lemma in ("take", "blast", "lift"):
                event.verb = Verb(
                    lemma, "travel", direction=(1 if lemma == "take" else 0, -1), airborne=True
                )
            elif kind in ("travel", "jiggle") or lemma in ("go", "get"):
                event.away = True
        elif one in ("up", "down") and (
            kind in ("still", "change", "grow", "shrink", "auxiliary")
            or (kind == "other" and lemma in VERBS)
        ):
            self.i += 1
        elif kind in ("still", "other") and one in ("tall", "open", "still"):
            self.i += 1
        if new:
            event.verb = Verb(lemma, new)

    def _one_of_them(self, word: str) -> bool:
        """ "two cats, one moving left and the other moving right"."""
        two = self.words[self.i : self.i + 2]
        if word in ("one", "another") or two in (
            ["the", "other"], ["the", "others"], ["the", "first"], ["the", "second"], ["the", "rest"],
        ):  # fmt: skip
            end = self.i + (1 if word in ("one", "another") else 2)
            group = self.split_group
            if group is None:
                group = next((t for t in reversed(self.things) if t.count > 1), None)
            follows = read_verb(self.words, end, bare=False) or self.words[end : end + 1] in (
                ["on"], ["in"], ["at"], ["to"], [","], ["of"], ["from"],
            )  # fmt: skip
            if (
                group is None
                or not follows
                or read(self.words, self.i) is not None
                and word == "one"
            ):
                return False
            if self.words[end : end + 2] == ["of", "them"]:
                end += 2
            self.split_group = group
            member = group
            if group.count > 1 and two != ["the", "rest"] and two != ["the", "others"]:
                member = self.take_one(group)
            self._new_subject(member, end)
            return True
        return False

    def _pronoun(self, word: str) -> bool:
        if word not in lexicon.PRONOUNS:
            return False
        self.i += 1
        if self.event is None or self.joined or read_verb(self.words, self.i, bare=False):
            referents = self.refer(word)
            if referents:
                self.subjects, self.event, self.role = referents, None, "subject"
                self.last, self.fresh, self.joined = referents[-1], True, ""
        elif self.event.obj is None and self.event.verb.lemma in OBJECT_MOVES | BOTH_MOVE:
            others = [t for t in self.mentioned if isinstance(t, ThingDraft)]
            objects = [e.obj for e in self.events if isinstance(e.obj, ThingDraft)]
            self.event.obj = (objects or [t for t in others if t not in self.subjects] or [None])[-1]
        return True

    def _relation_or_path(self, word: str) -> bool:
        if word == "from" and self._verbless_change():
            return True
        relation = places.read_relation(self.words, self.i)
        longer = relation and relation[2] > self.i + 1
        path = places.read_path(self.words, self.i)
        if path and not (longer and not self._is_scene_edge(path)):
            self._apply_path(path)
            self.i, self.fresh = path.end, not path.direction
            return True
        if longer:
            kind, goal, end = relation
            if word == "from":
                return self._relative(kind, "from", end)
            return self._relative(kind, "goal" if goal else "at", end)
        if word in ("up", "down") and self._next_word() in lexicon.DETERMINERS:
            return self._along_slope(word)
        return False

    def _is_scene_edge(self, path: places.Path) -> bool:
        region = path.origin or path.goal or path.at
        return region is not None and not region.of

    def _verbless_change(self) -> bool:
        """ "a bench from foggy morning to sunny afternoon"; "rusting from smooth to rough"."""
        lemma = self.event.verb.lemma if self.event is not None else ""
        change = read_change(self.words, self.i, lemma, False)
        if change is None or not (self.subjects or self.last):
            return False
        if self.event is None or self.event.verb.kind not in ("change",):
            subjects = self.subjects or [self.last]
            if self.event is not None:
                subjects = self.event.subjects
            self.event = self._begin(Verb("change", "change"), subjects)
        self.event.start_state, self.event.end_state, self.i = change
        return True

    def _apply_path(self, path: places.Path) -> None:
        event = self._event_for_path(path)
        if event is None:
            return
        if path.manner:
            event.manner = path.manner
        if path.direction:
            moves = event.direction is not None and event.origin is None and self.joined
            if moves:  # "moves left, then right"
                event = self.event = self._begin(event.verb, event.subjects)
                self.joined = ""
            event.direction = path.direction
        if path.origin:
            event.origin = self._spot(path.origin)
        if path.goal:
            if event.goal is not None:  # "to the left and then to the bottom"
                event = self.event = self._begin(event.verb, event.subjects)
            event.goal = self._spot(path.goal)
        if path.at:
            self._apply_place(event, path.at)
        event.crossing |= path.crossing

    def _event_for_path(self, path: places.Path) -> Event | None:
        if self.event is None and (self.subjects or self.last):
            subjects = self.subjects or [self.last]
            self.event = self._begin(VERBS["be"] if path.at else Verb("move", "travel"), subjects)
        return self.event

    def _spot(self, region: places.Region) -> SpotDraft:
        return SpotDraft(region.x, region.y, of_it=region.of_it)

    def _apply_place(self, event: Event, region: places.Region) -> None:
        """ "on the left": where the last thing stands."""
        thing = self.last if isinstance(self.last, ThingDraft) else None
        if event.verb.kind in ("appear", "enter", "leave", "disappear"):
            event.origin = self._spot(region)
        elif thing is not None and self.fresh:
            self.place(thing, event, region)
        else:
            for subject in event.subjects:
                if isinstance(subject, ThingDraft):
                    self.place(subject, event, region)

    def _relative(self, kind: str, role: str, end: int) -> bool:
        """A relation to a thing: "next to a tree", "to the left of it"."""
        start, words = self.i, self.words
        target: Mention | None = None
        if words[end : end + 1] and words[end] in lexicon.PRONOUNS:
            others = [s for s in self.mentioned if s not in self.subjects]
            target, after = (others[-1] if others else None), end + 1
        else:
            found = read(words, end)
            if found is None:
                return False
            after = found[1]
            target = self._mention(found[0], end, after, kind if kind in ("on", "in") else "near")
        self.i = after
        region = places.read_region(words, start + (words[start] in ("to", "on", "at", "from", "in")))
        if isinstance(target, PlaceDraft) and region and region[0].of:
            target.preposition = target.preposition.replace("near", "in")
            self._apply_path(_as_path(role, region[0], after))
        self._relate(kind, role, " ".join(words[start:end]), target, after)
        return True

    def _relate(self, kind: str, role: str, text: str, target: Mention | None, after: int) -> None:
        event = self.event
        self.joined = ""
        if isinstance(target, ThingDraft):
            self.fresh, self.role = True, kind
            movable = event is not None and event.verb.kind not in ("still", "auxiliary", "other")
            if role == "goal" and event is not None and (movable or event.passive):
                if event.goal is not None:
                    event = self.event = self._begin(event.verb, event.subjects)
                event.goal = SpotDraft(relation=kind, target=target)
            elif role == "from" and event is not None:
                event.origin = SpotDraft(relation=kind, target=target)
            else:
                self.add_relation(kind, text, target, event)
            self.last = target
        elif isinstance(target, PlaceDraft):
            self.fresh, self.last = True, target

    def _along_slope(self, word: str) -> bool:
        """ "down the stairs", "up a hill", but "down the street" is a way along."""
        found = read(self.words, self.i + 1)
        if found is None or self.event is None:
            return False
        phrase, end = found
        level = phrase.noun in lexicon.LEVEL_WAYS
        mention = self._mention(phrase, self.i + 1, end, "on")
        self.i, self.fresh = end, True
        if not level:
            vertical = 1 if word == "down" else -1
            tilt = phrase.noun in (
                "hill",
                "slope",
                "ramp",
                "mountain",
                "stairs",
                "staircase",
                "steps",
            )
            self.event.direction = self.event.direction or (int(tilt), vertical)
            if isinstance(mention, ThingDraft):
                self.event.goal = self.event.goal or SpotDraft(relation="next_to", target=mention)
        self.last = mention
        return True

    def _preposition(self, word: str) -> bool:
        """Any other preposition and its noun."""
        if word not in lexicon.PREPOSITIONS or word in lexicon.SUBORDINATORS:
            return False
        end = self.i + 1
        if word in ("upon", "by", "after", "for", "without") and _is_ing(self._next_word()):
            while self.i < len(self.words) and self.words[self.i] != ",":
                self.i += 1  # "upon reaching the edge"
            return True
        two = " ".join(self.words[self.i : self.i + 2])
        if two in ("out of", "away from", "off of", "up to", "on to", "up into", "down to", "down into",
                   "down from", "up from", "out from", "from behind", "from under", "down onto",
                   "from above", "from below", "into the"):  # fmt: skip
            if two == "into the":
                two = word
            else:
                end += 1
        else:
            two = word
        if self.words[end : end + 2] == ["each", "other"] or self.words[end : end + 2] == [
            "one",
            "another",
        ]:
            if self.event is not None:
                self.event.mutual = "apart" if "from" in two else "toward"
            self.i = end + 2
            return True
        if self.words[end : end + 1] and self.words[end] in lexicon.PRONOUNS:
            others = [s for s in self.mentioned if s not in self.subjects]
            target, after = (others[-1] if others else None), end + 1
        else:
            found = read(self.words, end)
            if found is None:
                return self._stranded(word)
            phrase, after = found
            role = {"into": "in", "onto": "on", "on to": "on"}.get(two, two)
            target = self._mention(phrase, end, after, role)
        text = " ".join(self.words[self.i : end])
        self.i = after
        self._use(two, text, target)
        return True

    def _stranded(self, word: str) -> bool:
        """A preposition without a noun: "flies above"."""
        if word in _OVERHEAD and self.event is not None:
            for subject in self.event.subjects:
                if isinstance(subject, ThingDraft) and self.event.verb.kind in (
                    "travel",
                    "jiggle",
                    "other",
                ):
                    subject.region = subject.region or (None, -1)
        self.i += 1
        return True

    def _use(self, preposition: str, text: str, target: Mention | None) -> None:
        """Applies "to the house", "off a table", "around a tree" to the event."""
        event = self.event
        moving = event is not None and event.verb.kind not in ("still", "auxiliary")
        if preposition == "with" and not isinstance(target, ThingDraft | PlaceDraft):
            return
        self.joined = ""
        if preposition == "with" and isinstance(target, PlaceDraft):
            self.role, self.last, self.fresh = "with", target, True
            return
        if isinstance(target, Camera):
            if event is not None:
                event.verb = Verb(event.verb.lemma, "shrink" if "from" in preposition else "grow")
            return
        if isinstance(target, Nothing) or target is None:
            if isinstance(target, Nothing) and moving and event.verb.kind == "other":
                event.obj_text = event.obj_text or f"{text} {target.text}"
            return
        self.fresh, self.role = True, preposition
        if isinstance(target, PlaceDraft):
            self.last = target
            if moving:
                self.vertical_goal(event, preposition, target)
                event.crossing |= preposition == "across" and event.direction is None
            return
        self.last = target
        if self._puts_down(preposition, target):
            return
        if event is None or not moving:
            kinds = dict(self.RELATION_OF, **{"toward": "next_to", "towards": "next_to"})
            if preposition in kinds:
                self.add_relation(kinds[preposition], text, target, event)
            return
        if preposition in ("to", "toward", "towards", "into", "onto", "on to", "up to", "down to",
                           "up into", "down into", "down onto"):  # fmt: skip
            kind = "in" if "into" in preposition else "on" if "on" in preposition else "next_to"
            if kind == "next_to" and target.label.noun in lexicon.LANDING_PLACES:
                kind = "on"
            event.goal = event.goal or SpotDraft(relation=kind, target=target)
        elif preposition in ("from", "off", "off of", "out of", "down from", "up from", "out from",
                             "from behind", "from under"):  # fmt: skip
            kind = "in" if "out" in preposition else "on"
            kind = {"from behind": "behind", "from under": "below"}.get(preposition, kind)
            event.origin = event.origin or SpotDraft(relation=kind, target=target)
        elif preposition == "away from":
            event.origin = event.origin or SpotDraft(relation="next_to", target=target)
        elif preposition in ("over", "across") and event.verb.manner == "hop":
            event.origin = event.origin or SpotDraft(relation="left_of", target=target)
            event.goal = event.goal or SpotDraft(relation="right_of", target=target)
        elif preposition in ("around", "round", "about"):
            event.around, event.manner = target, event.manner or "circle"
        elif (
            preposition in _ACROSS | {"under", "below", "behind", "along"}
            and event.verb.kind == "travel"
        ):
            kind = self.RELATION_OF.get(preposition, "in_front_of")
            if preposition == "across":
                kind = "on"
            self.add_relation(kind, text, target, event)
            event.crossing |= preposition in ("across", "past")
        elif preposition in self.RELATION_OF and not (preposition == "by" and event.passive):
            self.add_relation(self.RELATION_OF[preposition], text, target, event)

    def _puts_down(self, preposition: str, target: ThingDraft) -> bool:
        """ "puts a hat on a snowman": where the object goes."""
        event = self.event
        if event is None or event.verb.lemma not in _PLACING or event.obj is None or event.goal:
            return False
        kind = self.RELATION_OF.get(preposition)
        if kind is None:
            return False
        event.goal = SpotDraft(relation=kind, target=target)
        return True

    def _style(self, word: str) -> bool:
        """ ", cinematic lighting, 4k": words about the picture."""
        stop = self.i
        while stop < len(self.words) and self.words[stop] != ",":
            stop += 1
        piece = self.words[self.i : stop]
        opened = self.i == 0 or self.words[self.i - 1] == ","
        if (
            not opened
            or not any(w in lexicon.STYLE or "style" in w for w in piece)
            or len(piece) > 6
        ):
            return False
        if any(w in lexicon.DETERMINERS for w in piece) and self.i == 0:
            return False
        self.style.append(" ".join(piece))
        self.i = stop
        return True

    def _noun(self, word: str) -> bool:
        many = self.joined == "and" and self.event is None
        found = read(self.words, self.i, many)
        if found is None:
            return False
        phrase, end = found
        new_clause = self.event is None or bool(self.joined) and self._noun_then_verb(self.i)
        if new_clause and self.event is not None and self._is_decoration(phrase):
            while self.i < len(self.words) and self.words[self.i] != ",":
                self.i += 1
            return True
        if self.event is None:
            together = (
                bool(self.subjects) and self.joined in ("and", ",") and self.role == "subject"
            )
            role = "subject"
        elif new_clause:
            together, role = False, "subject"
        else:
            together, role = False, "object"
        if (
            self.joined
            and not new_clause
            and self.event is not None
            and self.role not in ("subject", "object")
        ):
            role = "list"
        mention = self._mention(phrase, self.i, end, role)
        self.i, joined, self.joined = end, self.joined, ""
        if isinstance(mention, Nothing) and role != "subject":
            if self.event is not None:
                self.event.obj_text = self.event.obj_text or mention.text
            return True
        if role == "object":
            self._object(mention)
        elif role == "list":
            self._use(self.role, self.role, mention)
        else:
            self.subjects = [*self.subjects, mention] if together else [mention]
            self.event, self.role = None, "subject"
            if self.subjects and isinstance(mention, ThingDraft) and phrase.doing:
                self._begin(VERBS[phrase.doing], [mention], implied=True)
        self.last, self.fresh = mention, True
        return True

    def _is_decoration(self, phrase: NounPhrase) -> bool:
        """ ", its wheels spinning", ", tires squealing": parts of what was said."""
        owned = phrase.determiner in lexicon.POSSESSIVES
        bare = not phrase.determiner and not phrase.counted
        participle = _is_ing(self.words[self.i + len(phrase.written)]) if self.i + len(
            phrase.written
        ) < len(self.words) else False  # fmt: skip
        part = phrase.written[-1] in lexicon.PARTS
        if phrase.written[-1] in lexicon.SCENERY and not part:
            return False
        return not self.known_thing(phrase) and (owned or bare and (participle or part))

    def _object(self, mention: Mention) -> None:
        event = self.event
        self.role = "object"
        lemma = event.verb.lemma
        if event.verb.kind == "leave" and (event.implied or isinstance(mention, Nothing)):
            event.verb = Verb(lemma, "other")  # "leaving a trail"
        if isinstance(mention, ThingDraft):
            event.obj = event.obj or mention
            if lemma in RIDES:
                self.add_relation(
                    "in" if lemma in ("drive", "steer") else "on",
                    "in" if lemma == "drive" else "on",
                    mention,
                    event,
                    True,
                )
            elif lemma not in OBJECT_MOVES | BOTH_MOVE | CHASES and event.verb.kind in (
                "other",
                "auxiliary",
                "still",
            ):
                words = "with" if event.verb.kind == "auxiliary" else event.verb.ing
                self.add_relation("with", words, mention, event)
        elif isinstance(mention, PlaceDraft):
            event.obj = event.obj or mention
        else:
            event.obj_text = event.obj_text or getattr(mention, "text", "")

    def _adverb(self, word: str) -> None:
        if self.event is not None:
            if word in lexicon.SLOW:
                self.event.pace = "slow"
            elif word in lexicon.FAST:
                self.event.pace = "fast"
            elif (
                word in ("together", "apart")
                and self.event.verb.kind == "travel"
                and word == "apart"
            ):
                self.event.mutual = "apart"
            elif word in _OVERHEAD:
                self._stranded(word)
                self.i -= 1
            elif word in ("away", "back") and isinstance(self.event.subjects[0], Camera):
                self.event.away = True
            elif word in COMPARATIVES and self.event.verb.kind in ("auxiliary", "travel", "grow"):
                self.event.verb = Verb(word, "grow" if COMPARATIVES[word] > 1 else "shrink")
            elif word in ("upside",):
                self.i += 1
        self.i += 1

    # Looking ahead.

    def _next_word(self) -> str:
        return self.words[self.i + 1] if self.i + 1 < len(self.words) else ""

    def _noun_then_verb(self, i: int) -> bool:
        """Whether a noun phrase at `i`, with its prepositional phrases, is followed by a verb."""
        if i < len(self.words) and self.words[i] in lexicon.PRONOUNS:
            return read_verb(self.words, i + 1, bare=True) is not None
        found = read(self.words, i, self.joined == "and")
        while found is not None:
            end = found[1]
            if read_verb(self.words, end, bare=True) is not None:
                return True
            if end >= len(self.words) or self.words[end] not in lexicon.PREPOSITIONS:
                return False
            found = read(self.words, end + 1)
        return False


def _is_ing(word: str) -> bool:
    return word.endswith("ing") and word not in lexicon.ING_NOUNS and len(word) > 4


def _as_path(role: str, region: places.Region, end: int) -> places.Path:
    """A region of a place ("the left side of the room") is that region of the frame."""
    region = places.Region(region.x, region.y, True)
    if role == "goal":
        return places.Path(end, goal=region)
    return places.Path(end, origin=region) if role == "from" else places.Path(end, at=region)
