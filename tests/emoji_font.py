"""The mark of tests that draw stickers: they are skipped where the emoji font is missing."""

import pytest
from PIL import features

from flowzero_jax.errors import InputError
from flowzero_jax.lab.stickers import sprites


def _has_emoji_font() -> bool:
    try:
        sprites.sprite("cat")
    except InputError:
        return False
    return features.check("freetype2")


needs_font = pytest.mark.skipif(not _has_emoji_font(), reason="needs the Noto Color Emoji font")
