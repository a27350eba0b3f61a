"""The prompt's own words as descriptions, without what only the boxes and the camera show.

Left out are introductions, the camera and what it does, directions, and parts of the video. Where
one act follows another, each step is told in its own clauses.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flowzero_jax.planner.english.clauses import Attachment, Clause, Here, Object, Part, Span, Way
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
        clauses = self.here.clauses
        ends = [*(clause.start for clause in clauses[1:]), len(self.here.words)]
        return range(clauses[number].start, ends[number])


def own_words(prompt: str, sentences: Sequence[Told], nouns: Sequence[str]) -> tuple[str, ...]:
    """The prompt, but for the words that are understood and need no telling.

    Several texts where it tells of several steps, each of them of all things (`nouns`).
    """
    kept = [_kept(sentence) for sentence in sentences]
    steps = sorted({step for sentence in sentences for step in sentence.steps})
    if len(steps) > 1:
        texts = tuple(_text_of_step(prompt, sentences, kept, step) for step in steps)
        if all(re.search(rf"\b{noun}", text.lower()) for noun in nouns for text in texts):
            return texts
    text = ""
    for number, (sentence, told) in enumerate(zip(sentences, kept, strict=True)):
        after = sentences[number + 1 :][:1]
        end = after[0].tokens[0].start if after else len(prompt)
        if told:
            text += _joined(prompt, sentence, told, {}) + prompt[sentence.tokens[-1].end : end]
    return (_tidy(text),)


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
            name, pronoun = sentence.names[number], sentence.here.words[mine[0]] in lexicon.PRONOUNS
            if name and (pronoun or (clause.shares == "same" and not (own or texts))):
                here = prompt[sentence.tokens[mine[0]].start : sentence.tokens[mine[0]].end]
                put[mine[0]] = name if pronoun else f"{name} {here}"
            own += mine
        own = _without_joints(sentence.here.words, own)
        texts += [_joined(prompt, sentence, own, put)] if own else []
    return _tidy(". ".join(texts))


def _joined(prompt: str, sentence: Told, kept: Sequence[int], put: Mapping[int, str]) -> str:
    """The words at the kept positions as the prompt writes them, those in `put` replaced."""
    text, tokens = "", sentence.tokens
    for k, i in enumerate(kept):
        before = kept[k - 1] if k else i
        gap = prompt[tokens[before].end : tokens[i].start] if i == before + 1 else " " * bool(k)
        text += gap + put.get(i, prompt[tokens[i].start : tokens[i].end])
    return text


def _kept(sentence: Told) -> list[int]:
    """The positions of the words that are told."""
    here = sentence.here
    told = set(range(here.start, len(here.words)))
    for number, clause in enumerate(here.clauses):
        _leave_out(here, clause, sentence.extent(number).stop, told)
    return _without_joints(here.words, sorted(told))


def _without_joints(words: list[str], kept: list[int]) -> list[int]:
    """The positions without conjunctions at both ends."""
    while kept and words[kept[-1]] in _JOINTS:
        kept = kept[:-1]
    while kept and words[kept[0]] in _JOINTS:
        kept = kept[1:]
    return kept


def _leave_out(here: Here, clause: Clause, end: int, told: set[int]) -> None:
    """Takes what needs no telling in a clause out of the positions that are told."""
    parts = [*clause.fronted, *(p for s in clause.subjects for p in s.parts), *clause.parts]
    of_camera = any(subject.named.kind == "camera" for subject in clause.subjects)
    phrases = [subject.named.phrase for subject in clause.subjects]
    backdrop = clause.verb and any(
        p is not None and p.noun in GRAMMAR["own_words_backdrops"] for p in phrases
    )
    again = clause.shares == "same" or (phrases and not any(phrases))
    dropped = [part for part in parts if _is_shown(part)]
    idle = clause.verb is None or clause.verb.verb.lemma in GRAMMAR["moves"]
    start = clause.start
    if of_camera or backdrop or (again and idle and dropped):
        while start > 0 and here.words[start - 1] in _JOINTS:
            start -= 1
        kept = [p for p in parts if p not in dropped]
        told -= set(range(start, end if of_camera or backdrop or not kept else clause.start))
        for part in kept if of_camera else []:
            told |= _target(part)
    for part in dropped:
        told -= set(range(part.start, part.end))


def _target(part: Part) -> set[int]:
    """The positions of what a part of a camera's clause names."""
    if not isinstance(part, Object | Attachment):
        return set()
    return set(range(part.end - len(part.named.text.split()), part.end))


def _is_shown(part: Part) -> bool:
    """Whether boxes and background show what a part says."""
    if isinstance(part, Way):
        return part.path.at is None and not part.path.manner
    if isinstance(part, Object | Attachment):
        return part.named.kind == "camera"
    return isinstance(part, Span)
