"""The prompts of the evaluation: our own, short, one or two things each that the model can draw.

They cover things at rest and in motion, colours, changes into something else, moving backgrounds,
camera pans, appearing and disappearing.
"""

from typing import NamedTuple


class Prompt(NamedTuple):
    """A prompt, and the background's name in `stickers.backgrounds`, to draw the same by hand."""

    text: str
    background: str


ABLATION_PROMPT = "a red car drives to the right on a road while the background moves left"

PROMPTS = (
    # Things that move, plain.
    Prompt("a cat walks from left to right in a meadow", "meadow"),
    Prompt("a dog runs to the left in a park", "park"),
    Prompt("the camera follows a horse that gallops fast across green hills", "hills"),
    Prompt(
        "an airplane flies to the right in a cloudy sky while the background moves left",
        "cloudy sky",
    ),
    Prompt(
        "a rocket rises in a starry night sky while the background moves down", "starry night sky"
    ),
    Prompt("a fish swims from right to left in the deep sea", "underwater"),
    Prompt("a turtle crawls slowly on a sandy beach", "beach"),
    Prompt("a frog hops to the right in a garden", "park"),
    Prompt("a helicopter lands in a city", "city"),
    Prompt("a bus drives to the right on a street at night", "road at night"),
    Prompt("a penguin slides to the left in falling snow", "snow"),
    Prompt("an apple falls in a park in autumn", "park in autumn"),
    # Things that stay.
    Prompt(
        "a castle in the mountains at sunset while the camera pans slowly to the left",
        "mountains at sunset",
    ),
    Prompt("a clock in a living room", "room"),
    Prompt(
        "the camera pans quickly to the right, a robot stands on the surface of the moon",
        "moon surface",
    ),
    # Colours.
    Prompt("a red balloon rises over a city", "city"),
    Prompt("a blue ball bounces on a plain background", "plain background"),
    Prompt("a yellow car drives to the right on a road", "road"),
    Prompt("a green boat sails to the left on a lake", "lake"),
    Prompt(
        "a purple butterfly flies in a field of flowers while the background moves down and left",
        "flower field",
    ),
    Prompt("a pink elephant walks to the left in a desert", "desert"),
    Prompt("an orange kite rises over a beach", "beach"),
    Prompt("a white rabbit hops to the right in a forest while the camera pans right", "forest"),
    # Two things.
    Prompt("a cat and a dog sit in a living room", "room"),
    Prompt("a mouse runs to the left and a fox walks to the right in a forest", "forest"),
    Prompt("two ducks swim to the right on a lake", "lake"),
    Prompt("a yellow star above a house at night", "at night"),
    Prompt("a bee flies to the left above a red flower in a meadow", "meadow"),
    # Changes.
    Prompt("a caterpillar turns into a butterfly in a meadow", "meadow"),
    Prompt("an egg turns into a chick on a plain background", "plain background"),
    Prompt("a seedling grows into a tree in a park", "park"),
    Prompt("a house turns into a castle in green hills", "hills"),
    Prompt(
        "a pumpkin turns into a ghost in a forest at night while the camera pans left",
        "forest at night",
    ),
    Prompt("a red bird turns into a green dragon in a blue sky", "clear sky"),
    # Moving backgrounds, pans, appearing and disappearing.
    Prompt(ABLATION_PROMPT, "road"),
    Prompt("the camera pans right over a snowman in the snow", "snow"),
    Prompt(
        "the camera follows a truck that drives to the right in a city at night", "city at night"
    ),
    Prompt("a whale swims on the ocean waves while the background moves left", "sea"),
    Prompt("the camera tilts up from an owl in a forest", "forest"),
    Prompt("a mushroom appears and a snail disappears in a garden", "park"),
)
