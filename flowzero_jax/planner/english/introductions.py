"""Passes over what a prompt says about the video itself and not about what it shows."""

from dataclasses import replace

from flowzero_jax.planner.english.boundaries import opens
from flowzero_jax.planner.english.clauses import Here
from flowzero_jax.planner.english.noun_phrases import read
from flowzero_jax.planner.words import lexicon
from flowzero_jax.planner.words.tables import GRAMMAR


def skip_introduction(here: Here) -> Here:
    """ "A lively video of", "Create a scene in which", "There is"."""
    for k in range(4):
        if (
            here.word(k) in GRAMMAR["shots"] and here.word(k + 1) in GRAMMAR["follows"]
        ):  # "a tracking shot follows"
            here = replace(here.skip(k + 2), following=True)
    while here.word() in GRAMMAR["commands"] and (
        opens(here.word(1)) or here.word(1) in GRAMMAR["command_ends"]
    ):
        here = here.skip(1 if opens(here.word(1)) else 2)
    found = read(here.words, here.i)
    if found is None or found[0].head not in lexicon.MEDIA:
        return here
    phrase, ahead = found[0], found[1] - here.i
    two = here.at("in", "which", ahead=ahead) or here.at("that", "shows", ahead=ahead)
    one = here.word(ahead) in GRAMMAR["introducers"]
    if lexicon.SCENERY.intersection(phrase.written[:-1]) or not (one or two):
        return here
    follows = phrase.doing in ("follow", "track") or {"tracking", "following"} & set(phrase.written)
    following = here.following or bool(follows)
    return skip_introduction(replace(here.skip(ahead + 1 + two), following=following))


def skip_viewpoint(here: Here) -> Here | None:
    """ "seen from above", "filmed from the side"."""
    there = 3 if here.word(2) in ("the", "a") else 2
    if (
        here.word() in GRAMMAR["seen"]
        and here.word(1) == "from"
        and here.word(there) in GRAMMAR["viewpoints"]
    ):
        return here.skip(there + 1)
    return None
