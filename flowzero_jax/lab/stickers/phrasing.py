"""Words of a caption that the picture does not show: what things do, how, and what people add.

A planner's descriptions are the prompt's own words: "a dog runs happily to the left in a park, in
slow motion". The text encoder must have met such words to pass over them.
"""

from collections.abc import Sequence

from numpy.random import Generator

# In the simple present of the plural, and the participle.
_VERBS = tuple(
    tuple(pair.split("/"))
    for pair in (
        "run/running walk/walking jump/jumping fly/flying move/moving sleep/sleeping sit/sitting "
        "stand/standing play/playing dance/dancing swim/swimming roll/rolling bounce/bouncing "
        "float/floating drift/drifting rise/rising fall/falling climb/climbing drive/driving "
        "hop/hopping wait/waiting turn/turning spin/spinning rest/resting glide/gliding "
        "wander/wandering crawl/crawling eat/eating shine/shining grow/growing travel/traveling "
        "sail/sailing swing/swinging hover/hovering stay/staying race/racing rush/rushing"
    ).split()
)
_ADVERBS = (
    "happily slowly quickly gently quietly fast calmly gracefully playfully peacefully alone "
    "together softly lazily proudly joyfully smoothly high around"
).split()
_WAYS = (
    "to the left", "to the right", "from left to right", "from right to left", "up", "down",
    "across the screen", "away", "along", "back and forth", "forward", "towards the camera",
    "from the left to the right", "in circles", "up and down", "upwards", "downwards",
)  # fmt: skip
_OPENINGS = (
    "there is {}", "this is {}", "we see {}", "a picture of {}", "a photo of {}", "a video of {}",
    "a close-up of {}", "a cartoon of {}", "an image of {}", "a scene with {}", "footage of {}",
)  # fmt: skip
_TAILS = (
    "in slow motion", "highly detailed", "4k", "cinematic", "the light is soft", "very cute",
    "beautiful colors", "a calm mood", "sharp focus", "it is a peaceful scene", "best quality",
    "the camera does not move", "seen from the side", "everything is quiet", "in the foreground",
    "as a sticker", "digital art", "vivid and bright", "full of life", "camera pans slowly",
    "nothing else can be seen", "it looks lovely", "time passes", "in the distance",
)  # fmt: skip


def choose(rng: Generator, options: Sequence[str]) -> str:
    """One of the options, all alike."""
    return options[int(rng.random() * len(options))]


def act(rng: Generator, several: bool) -> str:
    """What things do: "running", "is running happily", "runs slowly to the left"."""
    simple, participle = _VERBS[int(rng.random() * len(_VERBS))]
    form = rng.random()
    if form < 0.4:
        words = participle
    elif form < 0.7:
        words = f"{'are' if several else 'is'} {participle}"
    else:
        words = simple if several else _third_person(simple)
    if rng.random() < 0.3:
        words += f" {choose(rng, _ADVERBS)}"
    if rng.random() < 0.25:
        words += f" {choose(rng, _WAYS)}"
    return words


def _third_person(verb: str) -> str:
    """ "run" → "runs", "rush" → "rushes", "fly" → "flies"."""
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ies"
    return verb + ("es" if verb.endswith(("s", "x", "z", "ch", "sh")) else "s")


def opening(rng: Generator, sentence: str) -> str:
    """The sentence after an opening ("a picture of a cat on a beach")."""
    return choose(rng, _OPENINGS).format(sentence)


def tail(rng: Generator) -> str:
    """What people add to a prompt, one to three of it (", highly detailed, in slow motion")."""
    count = 1 + int(rng.random() * 3)
    return "".join(f", {choose(rng, _TAILS)}" for _ in range(count))
