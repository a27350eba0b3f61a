"""What a prompt was understood as, clause by clause, for people."""

from flowzero_jax.planner.english.clauses import Attachment, Clause, Object, Subject
from flowzero_jax.planner.english.sentences import read_sentence
from flowzero_jax.planner.words.text import clean_prompt, tokenize

_MEANINGS = {
    "Subject": "subject", "Object": "object", "Attachment": "beside what", "Way": "where",
    "Span": "when", "Change": "from what to what", "How": "how",
}  # fmt: skip
_KINDS = {"thing": "box", "place": "scenery", "nothing": "no box", "camera": "camera"}


def explain(prompt: str) -> tuple[str, ...]:
    """A line for each clause: its words, each with what it was taken as.

    Raises: InputError for a prompt that is empty, too long or holds control characters.
    """
    lines = []
    for tokens in tokenize(clean_prompt(prompt)):
        words = [token.word for token in tokens]
        here = read_sentence(words)
        lines += [", ".join(pieces) for c in here.clauses if (pieces := _pieces(words, c))]
        lines += [f"{word} (passed over)" for word in here.passed]
    return tuple(lines)


def _pieces(words: list[str], clause: Clause) -> list[str]:
    said = []
    if clause.verb is not None:
        verb = clause.verb.verb
        said.append((clause.verb.end - 1, f"{verb.lemma} (verb, {verb.kind})"))
    for part in clause.parts:
        named = part.named if isinstance(part, Subject | Object | Attachment) else None
        kind = f", {_KINDS[named.kind]}" if named is not None else ""
        text = " ".join(words[part.start : part.end])
        said.append((part.start, f"{text} ({_MEANINGS[type(part).__name__]}{kind})"))
    return [text for _, text in sorted(said)]
