"""Warnings about a plan that will run, but not show what its author expects."""

import difflib
import re
import warnings
from collections.abc import Callable, Collection

from flowzero_jax.scene import SceneSyntax


def warn_of_unknown_nouns(scene: SceneSyntax, nouns: Collection[str]) -> None:
    """Warns of phrases that end in none of the `nouns` a model was trained on, with near ones."""
    phrases = {thing.phrase: None for frame in scene.frames for thing in frame.objects}
    for phrase in phrases:
        words = re.sub(r"^(a|an|the) ", "", phrase.lower().strip())
        if any(words == noun or words.endswith(f" {noun}") for noun in nouns):
            continue
        near = nearest_nouns(words, nouns)
        hint = f"nearest: {', '.join(near)}" if near else "flowzero-jax inspect lists what it can"
        warnings.warn(f"{phrase!r}: the model does not know this noun; {hint}", stacklevel=2)


def nearest_nouns(words: str, nouns: Collection[str]) -> list[str]:
    """Up to three nouns spelt like the words or their last one, best first."""
    by_word = {noun.lower(): noun for noun in nouns}
    whole = difflib.get_close_matches(words, by_word, n=3, cutoff=0.6)
    last = difflib.get_close_matches(words.split(" ")[-1], by_word, n=3, cutoff=0.6)
    return [by_word[word] for word in dict.fromkeys([*whole, *last])][:3]


def warn_of_truncated_texts(
    scene: SceneSyntax, negative_prompt: str, truncated: Callable[[str], str | None]
) -> None:
    """Warns of texts longer than the text encoder reads, with the part that is lost.

    `truncated` gives the part of a text that does not fit, None if all of it does.
    """
    texts = {negative_prompt: None}
    for frame in scene.frames:
        texts |= dict.fromkeys([frame.description, *(thing.phrase for thing in frame.objects)])
    for text in texts:
        if lost := truncated(text):
            warnings.warn(
                f"{text[:30]!r}… is too long: the model does not see {lost!r}", stacklevel=2
            )
