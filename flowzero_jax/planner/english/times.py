"""Reads which part of the video a phrase means: "only in the second half"."""

import re

_VIDEO = r"(?: of (?:the |this )?(?:video|clip|movie|film|scene|animation|footage|sequence|shot))?"
_IN = r"(?:in|during|for|throughout|within) (?:only )?(?:the )?"
_SPANS: tuple[tuple[re.Pattern[str], tuple[float, float]], ...] = tuple(
    (re.compile(rf"(?:only )?{pattern}{_VIDEO}(?: only)?(?= |$)"), span)
    for pattern, span in (
        (rf"{_IN}first half", (0.0, 0.5)),
        (rf"{_IN}(?:second|last|latter|other) half", (0.5, 1.0)),
        (rf"{_IN}first (?:third|part)", (0.0, 1 / 3)),
        (rf"{_IN}(?:middle|second) (?:third|part)", (1 / 3, 2 / 3)),
        (rf"{_IN}(?:last|final|third) (?:third|part)", (2 / 3, 1.0)),
        (rf"{_IN}first quarter", (0.0, 0.25)),
        (rf"{_IN}(?:last|final) quarter", (0.75, 1.0)),
        (r"(?:at|in) the (?:very )?(?:beginning|start)", (0.0, 0.25)),
        (r"(?:at|in|near|by|towards?) the (?:very )?(?:end|ending)", (0.75, 1.0)),
        (r"at first", (0.0, 0.5)),
        (r"(?:halfway|midway|half way)(?: through)?(?: the (?:video|clip))?", (0.5, 1.0)),
        (r"after half of the (?:video|clip|time)", (0.5, 1.0)),
        (r"(?:throughout|during|for) (?:the )?(?:whole |entire )?(?:video|clip|time)", (0.0, 1.0)),
    )
)


def read_time(words: list[str], i: int) -> tuple[tuple[float, float], bool, int] | None:
    """A part of the video at `i` as (span, whether it says "only", end)."""
    text = " ".join(words[i : i + 14])
    for pattern, span in _SPANS:
        match = pattern.match(text)
        if match:
            end = i + len(match[0].split())
            if words[end : end + 1] == ["of"]:
                return None  # "at the end of the road"
            return span, "only" in match[0].split(), end
    return None
