"""Passes over what a prompt says about the video itself and not about what it shows."""

from flowzero_jax.planner.english.drafts import Draft
from flowzero_jax.planner.english.noun_phrases import read
from flowzero_jax.planner.words import lexicon, nouns

_INTRODUCERS = frozenset(
    {"of", "with", "showing", "featuring", "depicting", "capturing", "containing", "where"}
)
_COMMANDS = frozenset(
    {"create", "generate", "make", "show", "imagine", "draw", "render", "animate", "there", "i"}
)
_COMMAND_ENDS = frozenset({"me", "is", "are", "see", "want"})
_SHOTS = frozenset({"shot", "view", "video", "clip", "footage"})
_FOLLOWS = frozenset({"follows", "tracks", "following", "tracking"})
_SEEN = frozenset({"seen", "viewed", "shown", "filmed", "shot", "captured", "watched"})
_VIEWPOINTS = frozenset(
    {"above", "afar", "behind", "below", "far", "space", "overhead", "side", "air", "top", "front",
     "sky", "ground", "distance", "back"}
)  # fmt: skip


def skip_introduction(draft: Draft) -> None:
    """ "A lively video of", "Create a scene in which", "There is"."""
    for k in range(4):
        if draft.word(k) in _SHOTS and draft.word(k + 1) in _FOLLOWS:  # "a tracking shot follows"
            draft.following, draft.i = True, draft.i + k + 2
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


def skip_viewpoint(draft: Draft) -> bool:
    """ "seen from above", "filmed from the side"."""
    there = 3 if draft.word(2) in ("the", "a") else 2
    if draft.word() not in _SEEN or draft.word(1) != "from" or draft.word(there) not in _VIEWPOINTS:
        return False
    draft.i += there + 1
    return True
