"""The prompt's own words as descriptions, without what only the boxes and the camera show.

Left out are introductions, the camera and what it does, directions, and parts of the video. Where
one act follows another, each step is told in its own clauses.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flowzero_jax.planner.english import clauses
from flowzero_jax.planner.english.clauses import Attachment, Here, Object
from flowzero_jax.planner.words import lexicon
from flowzero_jax.planner.words.tables import GRAMMAR
from flowzero_jax.planner.words.text import Token

_JOINTS = lexicon.CONJUNCTIONS | lexicon.THEN | lexicon.SUBORDINATORS | {",", "that", "which"}
_TIDY = (
    (r"\s+", " "),
    (r"\s+(?=[,.;:!?])", ""),
    (r"[,;:]\s*(?=[,.;:!?])", ""),
    (r"^[\s,.;:]+|[\s,;:]+$", ""),
)


@dataclass(frozen=True)
class Told:
    """A sentence with what its clauses mean; for each clause its step, and who acts."""

    tokens: Sequence[Token]
    here: Here
    steps: Sequence[int]
    names: Sequence[str]

    def extent(self, number: int) -> range:
        """The positions of the words of a clause."""
        starts = [*(clause.start for clause in self.here.clauses), len(self.here.words)]
        return range(starts[number], starts[number + 1])


def own_words(prompt: str, sentences: Sequence[Told], nouns: Sequence[str]) -> tuple[str, ...]:
    """The prompt, but for the words that are understood and need no telling.

    Several texts where it tells of several steps, each of them of all things (`nouns`).
    """
    kept = [_kept(sentence) for sentence in sentences]
    steps = sorted({step for sentence in sentences for step in sentence.steps})
    texts = tuple(_text_of_step(prompt, sentences, kept, step) for step in steps[1:] and steps)
    if texts and all(re.search(rf"\b{noun}", text.lower()) for noun in nouns for text in texts):
        return texts
    starts = [*(sentence.tokens[0].start for sentence in sentences[1:]), len(prompt)]
    pieces = [
        _joined(prompt, sentence, told, {}) + prompt[sentence.tokens[-1].end : start]
        for sentence, told, start in zip(sentences, kept, starts, strict=False)
        if told
    ]
    return (_tidy("".join(pieces)),)


def _tidy(text: str) -> str:
    for pattern, replacement in _TIDY:
        text = re.sub(pattern, replacement, text)
    return text


def _text_of_step(
    prompt: str, sentences: Sequence[Told], kept: Sequence[Sequence[int]], step: int
) -> str:
    """What the clauses of a step tell, with a name for "it" or where a subject is only meant."""
    texts: list[str] = []
    for sentence, told in zip(sentences, kept, strict=True):
        own: list[int] = []
        put: dict[int, str] = {}
        for number, clause in enumerate(sentence.here.clauses):
            mine = [i for i in sentence.extent(number) if i in told]
            if sentence.steps[number] != step or not mine:
                continue
            name, word = sentence.names[number], sentence.tokens[mine[0]]
            if name and word.word in lexicon.PRONOUNS:
                put[mine[0]] = name
            elif name and clause.shares == "same" and not (own or texts):
                put[mine[0]] = f"{name} {prompt[word.start : word.end]}"
            own += mine
        own = _without_joints(sentence.here.words, own)
        texts += [_joined(prompt, sentence, own, put)] if own else []
    return _tidy(". ".join(texts))


def _joined(prompt: str, sentence: Told, kept: Sequence[int], put: Mapping[int, str]) -> str:
    """The words at the kept positions as the prompt writes them, those in `put` replaced."""
    text, tokens = "", sentence.tokens
    for before, i in zip([kept[0], *kept], kept, strict=False):
        gap = prompt[tokens[before].end : tokens[i].start] if i == before + 1 else " "
        text += gap + put.get(i, prompt[tokens[i].start : tokens[i].end])
    return text


def _kept(sentence: Told) -> list[int]:
    """The positions of the words that are told."""
    here = sentence.here
    told = set(range(here.start, len(here.words)))
    for number, clause in enumerate(here.clauses):
        _leave_out(here, clause, sentence.extent(number), told)
    return _without_joints(here.words, sorted(told))


def _without_joints(words: list[str], kept: list[int]) -> list[int]:
    """The positions without conjunctions at both ends."""
    while kept and words[kept[-1]] in _JOINTS:
        kept = kept[:-1]
    while kept and words[kept[0]] in _JOINTS:
        kept = kept[1:]
    return kept


def _leave_out(here: Here, clause: clauses.Clause, extent: range, told: set[int]) -> None:
    """Takes what needs no telling in a clause out of the positions that are told."""
    parts = [part for part in clause.parts if not isinstance(part, clauses.Subject)]
    dropped = [part for part in parts if _is_shown(part)]
    kept = [part for part in parts if part not in dropped]
    phrases = [named.phrase for named in clause.subjects]
    moves = any(named.kind == "camera" for named in clause.subjects)
    scrolls = any(p is not None and p.noun in GRAMMAR["own_words_backdrops"] for p in phrases)
    scrolls = moves or (scrolls and clause.verb is not None)
    again = clause.shares == "same" or (phrases and not any(phrases))
    idle = clause.verb is None or clause.verb.verb.lemma in GRAMMAR["moves"]
    if scrolls or (again and idle and dropped):
        start = extent.start
        while start > 0 and here.words[start - 1] in _JOINTS:
            start -= 1
        told -= set(range(start, extent.stop if scrolls or not kept else extent.start))
    for part in kept if moves else []:  # "the camera pans over a city"
        if isinstance(part, Object | Attachment):
            told |= set(range(part.end - len(part.named.text.split()), part.end))
    for part in dropped:
        told -= set(range(part.start, part.end))


def _is_shown(part: clauses.Part) -> bool:
    """Whether boxes and background show what a part says."""
    if isinstance(part, clauses.Way):
        return part.path.at is None and not part.path.manner
    if isinstance(part, Object | Attachment):
        led = isinstance(part, Attachment) and part.to and part.named.phrase is None
        return part.named.kind == "camera" or led
    return isinstance(part, clauses.Span)
