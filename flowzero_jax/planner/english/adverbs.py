"""Words that say how and whereabouts: slowly, apart, back, overhead, in place, one by one."""

from flowzero_jax.planner.english.changes import COMPARATIVES
from flowzero_jax.planner.english.drafts import Draft
from flowzero_jax.planner.words import lexicon
from flowzero_jax.planner.words.verbs import Verb

_UNDERNEATH = frozenset({"below", "underneath", "beneath"})
_OVERHEAD = frozenset({"overhead", "above", "aloft", "high"})
_IN_TURN = (
    ("one", "by", "one"), ("one", "after", "another"), ("one", "after", "the", "other"),
    ("one", "at", "a", "time"), ("in", "a", "line"), ("in", "a", "row"), ("in", "single", "file"),
    ("side", "by", "side"),
)  # fmt: skip


def read_in_place(draft: Draft) -> bool:
    """ "runs in place": it goes nowhere."""
    here = draft.at("in", "place") or draft.at("on", "the", "spot")
    if not here or draft.event is None:
        return False
    draft.event.verb = Verb(draft.event.verb.lemma, "other")
    draft.i += 2 + draft.at("on")
    return True


def read_one_by_one(draft: Draft) -> bool:
    """ "one by one", "one after the other": no new things."""
    for words in _IN_TURN:
        if draft.at(*words):
            draft.i += len(words)
            return True
    return False


def read_adverb(draft: Draft) -> None:
    """A word that says how: slowly, apart, overhead. Unknown words are passed over."""
    word, event = draft.word(), draft.event
    if event is not None:
        if word == "back" and draft.word(1) not in ("and", "to"):
            _back(draft)
        elif word in lexicon.SLOW | lexicon.FAST:
            event.pace = "slow" if word in lexicon.SLOW else "fast"
        elif word == "apart" and event.verb.kind == "travel":
            event.mutual = "apart"
        elif word in COMPARATIVES and event.verb.kind in ("auxiliary", "travel", "grow", "shrink"):
            event.verb = Verb(word, "grow" if COMPARATIVES[word] > 1 else "shrink")
        overhead(draft)
    draft.i += 1


def _back(draft: Draft) -> None:
    """ "comes back", "hits it back"; "there, then back": to where it began."""
    event = draft.event
    assert event is not None
    if draft.joined and event.verb.kind in ("travel", "jiggle"):
        draft.event = event = draft.begin(event.verb, event.subjects)
        draft.joined = ""
    event.returns = event.verb.kind in ("travel", "jiggle") or event.obj is not None


def overhead(draft: Draft) -> bool:
    """ "flies overhead": the subjects are high up."""
    if draft.word() in _UNDERNEATH and draft.word(1) in ("", ","):
        return _underneath(draft)
    if draft.word() not in _OVERHEAD or draft.event is None:
        return False
    if draft.event.verb.kind in ("travel", "jiggle", "other"):
        for thing in draft.event.things:
            own = [e.direction or e.verb.direction for e in draft.events if thing in e.subjects]
            if not any(direction and direction[1] for direction in own):
                thing.region = thing.region or (None, -1)
    return True


def _underneath(draft: Draft) -> bool:
    """ "while the earth spins below": low in the frame."""
    for thing in draft.event.things if draft.event is not None else []:
        thing.region = thing.region or (None, 1)
    return draft.event is not None
