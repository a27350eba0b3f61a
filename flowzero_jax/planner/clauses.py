"""Walks through a prompt clause by clause and drafts what it says.

The grammar is small: a clause is a subject, a verb and any number of prepositional phrases,
directions and parts of the video. What it does not understand it passes over.
"""

from flowzero_jax.planner import lexicon, nouns, sizes, times
from flowzero_jax.planner.attachments import attach, overhead, read_attachment
from flowzero_jax.planner.changes import COMPARATIVES
from flowzero_jax.planner.drafts import Camera, Draft, Nothing, PlaceDraft, ThingDraft
from flowzero_jax.planner.mentions import adorn, is_known_thing, mention, refer, weather
from flowzero_jax.planner.noun_phrases import NounPhrase, read
from flowzero_jax.planner.predicates import start_verb, take_object
from flowzero_jax.planner.verb_groups import VerbGroup, read_verb
from flowzero_jax.planner.verbs import BOTH_MOVE, OBJECT_MOVES, VERBS, Verb

_INTRODUCERS = frozenset(
    {"of", "with", "showing", "featuring", "depicting", "capturing", "containing", "where"}
)
_COMMANDS = frozenset(
    {"create", "generate", "make", "show", "imagine", "draw", "render", "animate", "there", "i"}
)
_COMMAND_ENDS = frozenset({"me", "is", "are", "see", "want"})
_CAMERA_VERBS = frozenset({"pan", "tilt", "dolly", "zoom"})
_STILL_KINDS = frozenset({"still", "auxiliary"})
_OTHERS = (("the", "other"), ("the", "others"), ("the", "rest"), ("the", "first"),
           ("the", "second"))  # fmt: skip


def read_sentence(draft: Draft, words: list[str]) -> None:
    """Reads one sentence into the draft."""
    draft.words, draft.i = words, 0
    draft.subjects, draft.event, draft.last = [], None, None
    draft.role, draft.joined, draft.fresh = "subject", "", False
    _skip_introduction(draft)
    while draft.word():
        before = draft.i
        _step(draft)
        draft.i += draft.i == before


def _step(draft: Draft) -> None:
    word = draft.word()
    if word == "," or word in lexicon.CONJUNCTIONS:
        draft.joined = word if word != "," else draft.joined or word
        draft.fresh = False
        draft.i += 1
        return
    for reader in (
        _time, _sequence, _clause_opener, _camera_command, _verb, _one_of_them, _pronoun,
        read_attachment, _style, _noun,
    ):  # fmt: skip
        if reader(draft):
            return
    _adverb(draft)


def _skip_introduction(draft: Draft) -> None:
    """ "A lively video of", "Create a scene in which", "There is"."""
    while True:
        following = draft.word(1)
        opens = following in lexicon.DETERMINERS or nouns.number(following) is not None
        if draft.word() in _COMMANDS and (opens or following in _COMMAND_ENDS):
            draft.i += 1 if opens else 2
            continue
        found = read(draft.words, draft.i)
        if found is None or found[0].written[-1] not in lexicon.MEDIA:
            return
        phrase, end = found
        if any(word in lexicon.SCENERY for word in phrase.written[:-1]):
            return
        ahead = end - draft.i
        if draft.word(ahead) in _INTRODUCERS:
            ahead += 1
        elif draft.at("in", "which", ahead=ahead) or draft.at("that", "shows", ahead=ahead):
            ahead += 2
        else:
            return
        follows = phrase.doing in ("follow", "track")
        draft.following |= follows or bool({"tracking", "following"} & set(phrase.written))
        draft.i += ahead


def _time(draft: Draft) -> bool:
    """ "only in the second half of the video"."""
    found = times.read_time(draft.words, draft.i)
    if found is None:
        return False
    span, only, draft.i = found
    event = draft.event
    if draft.joined and draft.word(draft.word() == ",") in lexicon.OPENERS:
        draft.pending_span = (span, only)  # "and, in the second half, a moth"
        return True
    if event is not None and not isinstance(event.subjects[0], Camera):
        event.span, event.only = span, event.only or only
    elif draft.subjects:
        event = draft.begin(Verb("be", "still"), draft.subjects, stated=False)
        event.span, event.only = span, only
    else:
        draft.pending_span = (span, only)
    return True


def _sequence(draft: Draft) -> bool:
    """ "then", "after that", "before bouncing"."""
    word = draft.word()
    if word == "after" and draft.word(1) in ("that", "which"):
        draft.i += 1
    elif word == "before":
        if not lexicon.is_ing_verb(draft.word(1)):
            return False
    elif word not in lexicon.THEN or (word == "next" and draft.word(1) == "to"):
        return False
    draft.order += bool(draft.events or draft.places)
    draft.joined = draft.joined or "then"
    draft.i += 1
    return True


def _clause_opener(draft: Draft) -> bool:
    """ "that", "which", "while", "as": another clause."""
    word = draft.word()
    if word in lexicon.RELATIVES and (word != "that" or draft.last is not None):
        if draft.last is not None and draft.word(-1) != "in":
            draft.subjects, draft.event, draft.fresh = [draft.last], None, True
        draft.i += 1
        return True
    if word not in lexicon.SUBORDINATORS:
        return False
    if word == "as" and draft.word(1) in ("if", "well", "seen"):
        draft.i += 2
        return True
    if word in ("before", "after", "until", "once") and not _noun_then_verb(draft, draft.i + 1):
        found = read(draft.words, draft.i + 1)  # "after the rain"
        draft.i = found[1] if found else draft.i + 1
        return True
    draft.subjects, draft.event, draft.role, draft.joined = [], None, "subject", ""
    draft.i += 1
    return True


def _camera_command(draft: Draft) -> bool:
    """ "pan left", "zoom in", without a subject; also "a slow pan to the left"."""
    if draft.fresh and draft.subjects:
        return False
    group = read_verb(draft.words, draft.i, bare=False)
    if group is None or group.verb.lemma not in _CAMERA_VERBS:
        found = read(draft.words, draft.i)
        if found is None or found[0].noun not in _CAMERA_VERBS - {"pan"}:
            return False
        group = VerbGroup(VERBS[found[0].noun], "base", found[1])
    draft.subjects, draft.event = [Camera()], None
    start_verb(draft, group)
    return True


def _verb(draft: Draft) -> bool:
    """A verb group, where one may stand."""
    if not draft.subjects and draft.last is None:
        return False
    event = draft.event
    inverted = draft.pending_relation is not None and not draft.subjects
    bare = draft.fresh or _is_second_verb(draft)
    group = read_verb(draft.words, draft.i, bare=bare)
    if group is None:
        return False
    if inverted:  # "above the house flies a bird"
        draft.i = group.end
        return True
    if not draft.fresh:
        goes_on = draft.joined and group.known and not _noun_then_verb(draft, draft.i)
        chained = event is not None and group.form == "ing" and not draft.joined
        if not (goes_on or chained or group.auxiliary):
            return False
    elif event is not None and _belongs_to_last(draft, group):
        draft.subjects = [draft.last]
    elif draft.role == "with" and isinstance(draft.last, PlaceDraft):
        draft.subjects = [draft.last]  # "with the sun setting"
    elif draft.role == "with" and isinstance(draft.subjects[0], PlaceDraft):
        draft.subjects = [draft.last]  # "a lake with a duck swimming"
    if not draft.subjects:
        return False
    start_verb(draft, group)
    return True


def _is_second_verb(draft: Draft) -> bool:
    """Whether an unknown word in -s after "and" is a verb: "floats up and pops"."""
    word, event = draft.word(), draft.event
    return bool(
        draft.joined
        and event is not None
        and event.obj is None
        and draft.role == "subject"
        and word.endswith("s")
        and not sizes.is_known(nouns.singular(word))
    )


def _belongs_to_last(draft: Draft, group: VerbGroup) -> bool:
    """Whether a verb right after a noun phrase is that noun's: "watches a bird flying"."""
    if draft.last is None:
        return False
    if draft.role == "with" or (draft.role == "object" and group.form == "base"):
        return True
    if group.form != "ing" or group.auxiliary:
        return False
    return isinstance(draft.last, ThingDraft) and draft.role not in ("on", "in")


def _one_of_them(draft: Draft) -> bool:
    """ "two cats, one moving left and the other moving right"."""
    word, two = draft.word(), (draft.word(), draft.word(1))
    if word not in ("one", "another") and two not in _OTHERS:
        return False
    length = 1 if word in ("one", "another") else 2
    group = draft.group or next((t for t in reversed(draft.things) if t.count > 1), None)
    if group is None:
        return False
    if draft.at("of", "them", ahead=length):
        length += 2
    following = draft.word(length)
    verb = read_verb(draft.words, draft.i + length, bare=False)
    if verb is None and following not in lexicon.PREPOSITIONS:
        return False
    draft.group = group
    rest = two[1] in ("others", "rest") or group.count == 1
    draft.subjects = [group if rest else draft.take_one(group)]
    draft.event, draft.last, draft.role = None, draft.subjects[0], "subject"
    draft.joined, draft.fresh = "", True
    draft.i += length
    return True


def _pronoun(draft: Draft) -> bool:
    word, event = draft.word(), draft.event
    if draft.at("each", "other") or draft.at("one", "another"):
        if event is not None:
            event.mutual = "past" if event.verb.lemma in ("pass", "cross") else "toward"
        draft.i += 2
        return True
    if word not in lexicon.PRONOUNS:
        return False
    draft.i += 1
    if event is None or draft.joined or read_verb(draft.words, draft.i, bare=False):
        referents = refer(draft, word)
        if referents:
            draft.subjects, draft.event, draft.role = list(referents), None, "subject"
            draft.last, draft.fresh, draft.joined = referents[-1], True, ""
    elif event.obj is None and event.verb.lemma in OBJECT_MOVES | BOTH_MOVE:
        objects = [e.obj for e in draft.events if isinstance(e.obj, ThingDraft)]
        event.obj = objects[-1] if objects else None
    return True


def _style(draft: Draft) -> bool:
    """ ", cinematic lighting, 4k": words about the picture."""
    if draft.i and draft.word(-1) != ",":
        return False
    piece = draft.words[draft.i :]
    piece = piece[: piece.index(",")] if "," in piece else piece
    styled = any(word in lexicon.STYLE or "style" in word for word in piece)
    if not styled or len(piece) > 6 or (not draft.i and piece[0] in lexicon.DETERMINERS):
        return False
    draft.style.append(" ".join(piece))
    draft.i += len(piece)
    return True


def _noun(draft: Draft) -> bool:
    """A noun phrase without a preposition: a subject, an object, or one more of a list."""
    found = read(draft.words, draft.i, many=draft.joined == "and" and draft.event is None)
    if found is None:
        return False
    phrase, end = found
    event, start = draft.event, draft.i
    unstated = event is not None and not event.stated and bool(draft.joined)
    new_clause = event is None or unstated or (draft.joined and _noun_then_verb(draft, start))
    if new_clause and event is not None and _is_decoration(draft, phrase, end):
        while draft.word() not in ("", ","):
            draft.i += 1
        return True
    if not new_clause and event.verb.lemma in ("wear", "dress"):
        adorn(draft, event, " ".join(draft.words[start:end]))
        draft.i, draft.joined, draft.fresh = end, "", True
        return True
    in_list = draft.joined and not new_clause and draft.role not in ("subject", "object")
    role = "subject" if new_clause else "list" if in_list else "object"
    named = mention(draft, phrase, start, end, role)
    together = event is None and draft.subjects and draft.joined and draft.role == "subject"
    draft.i, draft.joined = end, ""
    if role == "list":
        attach(draft, draft.role, draft.role, named)
    elif role == "object":
        take_object(draft, named)
    else:
        draft.subjects = [*draft.subjects, named] if together else [named]
        draft.event, draft.role = None, "subject"
        if isinstance(named, ThingDraft):
            _settle_pending(draft, named)
            if phrase.doing:
                draft.begin(VERBS[phrase.doing], [named], stated=False)
    if role == "subject" or not isinstance(named, Nothing):
        draft.last, draft.fresh = named, True
    return True


def _settle_pending(draft: Draft, thing: ThingDraft) -> None:
    """Gives a subject the place that was said before it: "on the left a ball"."""
    if draft.pending_region is not None:
        thing.region, draft.pending_region = draft.pending_region, None
    if draft.pending_span and read_verb(draft.words, draft.i, bare=True) is None:
        draft.begin(Verb("be", "still"), [thing], stated=False)
    if draft.pending_relation is not None:
        kind, words, target = draft.pending_relation
        draft.subjects, draft.pending_relation = [thing], None
        draft.relate(kind, words, target, None)


def _is_decoration(draft: Draft, phrase: NounPhrase, end: int) -> bool:
    """ ", its wheels spinning", ", tires squealing": a part of what was said."""
    if is_known_thing(phrase) or phrase.written[-1] in lexicon.SCENERY - lexicon.PARTS:
        return False
    if phrase.determiner in lexicon.POSSESSIVES:
        return True
    verb = draft.words[end] if end < len(draft.words) else ""
    bare = not phrase.determiner and not phrase.counted
    return bare and (lexicon.is_ing_verb(verb) or phrase.written[-1] in lexicon.PARTS)


def _adverb(draft: Draft) -> None:
    """A word that says how: slowly, apart, overhead. Unknown words are passed over."""
    word, event = draft.word(), draft.event
    if word in ("snowing", "raining"):
        weather(draft, word.removesuffix("ing"))
    if event is not None:
        if word in lexicon.SLOW | lexicon.FAST:
            event.pace = "slow" if word in lexicon.SLOW else "fast"
        elif word == "apart" and event.verb.kind == "travel":
            event.mutual = "apart"
        elif word in COMPARATIVES and event.verb.kind in ("auxiliary", "travel", "grow", "shrink"):
            event.verb = Verb(word, "grow" if COMPARATIVES[word] > 1 else "shrink")
        overhead(draft)
    draft.i += 1


def _noun_then_verb(draft: Draft, i: int) -> bool:
    """Whether a noun phrase at `i`, with its prepositional phrases, is followed by a verb."""
    words = draft.words
    if i < len(words) and words[i] in lexicon.PRONOUNS:
        return read_verb(words, i + 1, bare=True) is not None
    found = read(words, i, many=draft.joined == "and")
    if found is not None and found[1] == i + 1 and lexicon.is_ing_verb(words[i]):
        return False
    while found is not None:
        end = found[1]
        if read_verb(words, end, bare=True) is not None:
            return True
        if end >= len(words) or words[end] not in lexicon.PREPOSITIONS:
            return False
        found = read(words, end + 1)
    return False
