"""How large things are beside each other, how wide, and where they belong (`builds.toml`)."""

from dataclasses import dataclass

from flowzero_jax.planner.words.lexicon import SIZES
from flowzero_jax.planner.words.tables import load


@dataclass(frozen=True)
class Build:
    """The natural build of a thing; what is not listed is built like a chair.

    `scale`: side length of its picture, relative to a chair's.
    `aspect`: width over height.
    `home`: `ground`, `sky` (in the air), `top` (sun and moon), `water`.
    """

    scale: float = 1.0
    aspect: float = 1.0
    home: str = "ground"


_LISTS = load("builds")
_BUILDS = {
    noun: Build(group["scale"], group["aspect"], group["home"])
    for group in _LISTS["builds"]
    for noun in group["nouns"].split()
}
_COMPOUNDS = {name: Build(**build) for name, build in _LISTS["compounds"].items()}
_ENDINGS = {ending: _BUILDS[ending] for ending in _LISTS["endings"].split()}


def build_of(words: tuple[str, ...]) -> Build:
    """The build of a thing described by `words`, the noun last; size adjectives count."""
    base = _COMPOUNDS.get(" ".join(words[-3:])) or _COMPOUNDS.get(" ".join(words[-2:]))
    endings = [end for end in _ENDINGS if words[-1].endswith(end) and words[-1] != end]
    longest = max(endings, key=len, default="")
    base = base or _BUILDS.get(words[-1]) or _ENDINGS.get(longest, Build())
    factor = 1.0
    for word in words[:-1]:
        factor *= SIZES.get(word, 1.0)
    return Build(base.scale * min(max(factor, 0.5), 1.6), base.aspect, base.home)


def is_known(noun: str) -> bool:
    """Whether the singular `noun` is listed here."""
    return noun in _BUILDS
