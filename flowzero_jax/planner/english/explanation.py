"""What a prompt was understood as, clause by clause, for people."""

from collections.abc import Iterator

from flowzero_jax.planner.english.clauses import Attachment, Clause, Object
from flowzero_jax.planner.english.sentences import read_sentence
from flowzero_jax.planner.words.text import clean_prompt, sentences

_MEANINGS = {
    "Object": "object", "Attachment": "beside what", "Way": "where", "Span": "when",
    "Change": "from what to what", "How": "how", "Look": "look", "Told": "told in words",
}  # fmt: skip
_KINDS = {"thing": "box", "place": "scenery", "nothing": "no box", "camera": "camera",
          "adornment": "told in words"}  # fmt: skip


def explain(prompt: str) -> tuple[str, ...]:
    """A line for each clause: its words, each with what it was taken as.

    Raises: InputError for a prompt that is empty, too long or holds control characters.
    """
    lines = []
    for words in sentences(clean_prompt(prompt)):
        here = read_sentence(words)
        lines += [", ".join(pieces) for c in here.clauses if (pieces := [*_pieces(words, c)])]
        lines += [f"{word} (passed over)" for word in here.passed]
    return tuple(lines)


def _pieces(words: list[str], clause: Clause) -> Iterator[str]:
    for subject in clause.subjects:
        yield f"{subject.named.text} (subject, {_KINDS[subject.named.kind]})"
    if clause.verb is not None:
        yield f"{clause.verb.verb.lemma} (verb, {clause.verb.verb.kind})"
    for part in (*clause.fronted, *(p for s in clause.subjects for p in s.parts), *clause.parts):
        kind = f", {_KINDS[part.named.kind]}" if isinstance(part, Object | Attachment) else ""
        yield f"{' '.join(words[part.start : part.end])} ({_MEANINGS[type(part).__name__]}{kind})"
