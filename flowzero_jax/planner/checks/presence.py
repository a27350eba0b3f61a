"""Who is there: every thing of the prompt, as many as it says, when it says."""

import statistics
from collections.abc import Iterator

from flowzero_jax.planner.checks.findings import Finding, severity_of
from flowzero_jax.planner.checks.matching import Case, is_sure
from flowzero_jax.planner.checks.tracks import Track
from flowzero_jax.planner.intent import Thing
from flowzero_jax.planner.words import lexicon, nouns


def check_counts(case: Case) -> Iterator[Finding]:
    """Missing things, and wrong numbers of them."""
    for index, thing in enumerate(case.intent.things):
        tracks = case.matched[index]
        if not tracks and case.num_frames == 1 and thing.visible != (0.0, 1.0):
            continue
        if not tracks:
            asked = is_sure(thing) or thing.count > 1 or thing.moves or len(thing.labels) > 1
            message = (
                f"no object shows {case.name(index)!r}, which the prompt names; add a track with "
                "that phrase"
            )
            yield Finding("missing-object", severity_of(asked), message, amount=thing.count)
            continue
        plural = _plural_phrase(tracks) if thing.count > 1 else ""
        if plural:
            name, number = tracks[0].id, thing.count
            hint = "give each of them its own id and box"
            message = f"{name!r} shows {plural!r} in one box; {hint}"
            yield Finding("wrong-count", "hard", message, object_id=name, amount=number)
        elif thing.vague:
            if max(_numbers(case, tracks)) < 2:
                message = f"there is one {thing.noun}; the prompt speaks of several"
                yield Finding("wrong-count", "soft", message, object_id=tracks[0].id, amount=1)
        else:
            yield from _count(case, index)


def _numbers(case: Case, tracks: tuple[Track, ...]) -> list[int]:
    """How many of the tracks each frame shows."""
    return [sum(f in track.objects for track in tracks) for f in range(case.num_frames)]


def _count(case: Case, index: int) -> Iterator[Finding]:
    thing, tracks = case.intent.things[index], case.matched[index]
    numbers = _numbers(case, tracks)
    most = max(numbers)
    if most != thing.count:
        message = (
            f"there {'is' if most == 1 else 'are'} {most} of {case.name(index)!r}; the prompt "
            f"says {nouns.number_word(thing.count)}"
        )
        frame, more = numbers.index(most), most - thing.count
        yield Finding("wrong-count", "hard", message, frame, tracks[0].id, more)
        return
    usual = statistics.mode(filter(None, numbers))
    if usual != thing.count and not _comes_or_goes(thing):
        frame = numbers.index(usual)
        message = (
            f"frame {frame} and most others show {usual} of {case.name(index)!r}; the prompt "
            f"says {nouns.number_word(thing.count)} throughout"
        )
        yield Finding("wrong-count", "hard", message, frame, tracks[0].id, usual - thing.count)


def _plural_phrase(tracks: tuple[Track, ...]) -> str:
    """A phrase that names several things at once, if a track has one."""
    for track in tracks:
        for phrase in track.phrases:
            words = phrase.lower().split()
            number = nouns.number(words[0])
            vague = words[0] in lexicon.VAGUE_COUNTS and words[0] not in ("all", "other")
            if (number or 1) > 1 or vague:
                return phrase
    return ""


def _comes_or_goes(thing: Thing) -> bool:
    return thing.visible != (0.0, 1.0) or any(move.crosses_edge for move in thing.moves)


def check_visibility(case: Case) -> Iterator[Finding]:
    """Appearing and disappearing: not before, not after, and in the half that the prompt says."""
    for index, thing in enumerate(case.intent.things):
        for track in case.matched[index]:
            if thing.visible != (0.0, 1.0):
                yield from _visibility(case, thing, track)
            elif not _comes_or_goes(thing) and len(case.matched[index]) <= thing.count:
                yield from _lasting(case, track)


def _visibility(case: Case, thing: Thing, track: Track) -> Iterator[Finding]:
    n = case.num_frames
    if n < 2:
        return
    start, end = thing.visible
    first, stop = int(start * n + 1e-9), int(end * n + 1e-9)
    if not thing.timed:  # the moment is free, the order is not
        begins, ends = start > 0, end < 1
        early = [0] if begins and 0 in track.objects else []
        # What moves may vanish where its way ends.
        late = [n - 1] if ends and n - 1 in track.objects and (begins or not thing.moves) else []
        lacking = [n - 1] if begins and not ends and n - 1 not in track.objects else []
        lacking += [0] if ends and not begins and 0 not in track.objects else []
        slack = 0
    else:
        early = [f for f in range(first) if f in track.objects]
        late = [f for f in range(stop, n) if f in track.objects]
        lacking = [f for f in range(first, stop) if f not in track.objects]
        slack = 1 if n > 3 else 0
    for frames, text in (
        (early, f"is seen too early; it should appear in frame {first}"),
        (late, f"is seen too late; it should be gone from frame {stop}"),
        (lacking, f"is not seen although the prompt shows it in frames {first} to {stop - 1}"),
    ):
        if frames:
            message = f"frame {frames[0]}: {track.id!r} {text}"
            severity = severity_of(len(frames) > slack)
            yield Finding("wrong-visibility", severity, message, frames[0], track.id, len(frames))


def _lasting(case: Case, track: Track) -> Iterator[Finding]:
    """What neither appears nor disappears is there from beginning to end."""
    missing = [f for f in range(case.num_frames) if f not in track.objects]
    if missing:
        message = (
            f"frame {missing[0]}: {track.id!r} is missing in {len(missing)} of {case.num_frames} "
            "frames; the prompt shows it all the time"
        )
        severity = severity_of(len(missing) > max(1, case.num_frames // 4))
        yield Finding("wrong-visibility", severity, message, missing[0], track.id, len(missing))
