"""What tracks show: their nouns and attributes, the changes asked for, and no others."""

from collections.abc import Iterator
from itertools import pairwise

from flowzero_jax.planner.checks.findings import Finding, severity_of
from flowzero_jax.planner.checks.matching import Case, same_noun
from flowzero_jax.planner.checks.tracks import Track, head_of, words_of
from flowzero_jax.planner.intent import Label, Thing
from flowzero_jax.planner.words import lexicon

_PLAIN = frozenset({"bright", "dark", "light", "deep", "pale", "vivid", "vibrant", "soft", "rich"})
_SLIGHT = _PLAIN | {"fully", "turning"}


def check_identity(case: Case) -> Iterator[Finding]:
    """Tracks that become something else, or take another colour, without being asked to."""
    for track in case.tracks:
        index = case.thing_of(track)
        thing = case.intent.things[index] if index is not None else None
        if thing is not None and len(thing.labels) > 1:
            continue
        first = track.phrases[0]
        for phrase in track.phrases[1:]:
            frame = next(f for f in track.frames if track.phrase(f) == phrase)
            before, after = colors_of(first), colors_of(phrase)
            if not same_noun(head_of(first), head_of(phrase)):
                what = f"was {first!r} and is now {phrase!r}"
                hint = "keep the phrase, or give the new thing its own id"
            elif before != after and before and after:
                what, hint = f"changes from {first!r} to {phrase!r}", "keep its colour"
            else:
                continue
            unasked = "which the prompt does not ask for"
            message = f"frame {frame}: {track.id!r} {what}, {unasked}; {hint}"
            yield Finding("identity-change", "hard", message, frame, track.id)
            break


def check_attributes(case: Case) -> Iterator[Finding]:
    """The adjectives that the prompt gives to things that do not change."""
    for thing, track in case.shown:
        if len(thing.labels) == 1:
            yield from _attributes(thing.labels[0], track)


def _attributes(label: Label, track: Track) -> Iterator[Finding]:
    wanted = set(words_of(" ".join(label.words[:-1]))) - _PLAIN
    for frame in track.frames:
        phrase = track.phrase(frame)
        missing = sorted(wanted - set(words_of(phrase)))
        if not missing:
            continue
        wrong = colors_of(phrase) - wanted
        colors = [word for word in missing if word in lexicon.COLORS]
        message = (
            f"frame {frame}: {track.id!r} is {phrase!r}; the prompt says {label.phrase!r}, "
            f"so its phrase needs {' and '.join(map(repr, missing))}"
        )
        severity = severity_of(colors or wrong)
        yield Finding("wrong-attribute", severity, message, frame, track.id, len(missing))
        return


def check_changes(case: Case) -> Iterator[Finding]:
    """Things that turn into something else: the start first, the end last, on one track."""
    for index, thing in enumerate(case.intent.things):
        tracks = case.matched[index]
        if len(thing.labels) < 2 or not tracks or case.num_frames < 2:
            continue
        if len(tracks) > thing.count and thing.count == 1:
            yield from _split_track(case, index)
            continue
        for track in tracks:
            yield from _change(thing, track)


def _split_track(case: Case, index: int) -> Iterator[Finding]:
    """A caterpillar that ends and a butterfly that begins, as two ids."""
    tracks = sorted(case.matched[index], key=lambda track: track.first)
    if all(a.last <= b.first + 1 for a, b in pairwise(tracks)):
        names, later = " and ".join(repr(track.id) for track in tracks), tracks[1]
        message = (
            f"{names} are one and the same thing that changes; give them one id and let its "
            "phrase change"
        )
        yield Finding("identity-change", "hard", message, later.first, later.id, len(tracks))


def _change(thing: Thing, track: Track) -> Iterator[Finding]:
    start, end = thing.labels[0], thing.labels[-1]
    first, last = track.phrase(track.first), track.phrase(track.last)
    old, new = words_of_change(thing)
    if not (old | new):
        return
    shows_old = not old or bool(old & set(words_of(first)))
    shows_new = not new or bool(new & set(words_of(last)))
    keeps_old = bool(old & set(words_of(last))) and not shows_new
    both_at_first = bool(new) and new <= set(words_of(first)) and not shows_old
    if first == last:
        message = (
            f"{track.id!r} is {first!r} from beginning to end; it should begin as "
            f"{start.phrase!r} and end as {end.phrase!r}"
        )
        yield Finding("missing-change", "hard", message, object_id=track.id)
        return
    # Whether the states differ in plain words: another noun, or another colour.
    sure = start.noun != end.noun or {*start.words, *end.words} & lexicon.COLORS
    if not shows_old:
        did, should = f"begins as {first!r}", f"begin as {start.phrase!r}"
        message = f"frame {track.first}: {track.id!r} {did}; it should {should}"
        severity = severity_of(both_at_first or sure)
        yield Finding("missing-change", severity, message, track.first, track.id)
    if not shows_new:
        did, should = f"ends as {last!r}", f"end as {end.phrase!r}"
        message = f"frame {track.last}: {track.id!r} {did}; it should {should}"
        severity = severity_of(keeps_old or sure)
        yield Finding("missing-change", severity, message, track.last, track.id)


def words_of_change(thing: Thing) -> tuple[set[str], set[str]]:
    """The words that only its first state has, and only its last; not those that say little."""
    labels = (thing.labels[0], thing.labels[-1])
    start, end = (set(words_of(" ".join(label.words))) - _SLIGHT for label in labels)
    return start - end, end - start


def colors_of(phrase: str) -> set[str]:
    """The colours that a phrase gives to its noun."""
    return (set(words_of(phrase)) - {head_of(phrase)}) & lexicon.COLORS
