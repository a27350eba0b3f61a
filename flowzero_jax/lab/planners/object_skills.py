"""Numeracy, attribution and visibility: who is there, looking how, and when."""

from collections.abc import Iterator
from itertools import pairwise

from flowzero_jax.lab.planners.conditions import Comes, Count, Seen
from flowzero_jax.lab.planners.tasks import Task, Wheel, task
from flowzero_jax.lab.planners.tracks import a, counted

_PLACES = "in a meadow,on a beach,in a park,in a snowy field,in a garden,on a street"
_FIXED = "stand,sit,wait,rest"


def numeracy() -> Iterator[Task]:
    """One to ten of a kind, alone, in motion, and beside others."""
    places = Wheel(_PLACES)
    nouns = Wheel("cat,apple,penguin,mouse,car,sheep,balloon,butterfly,robot,box,fish,child,fox")
    for number in range(1, 11):
        noun = nouns()
        yield task("numeracy", f"{counted(number, noun)} {places()}", Count(noun, number))
    for number in range(2, 11):
        noun = nouns()
        prompt = f"a short clip that shows {counted(number, noun)}, seen from afar"
        yield task("numeracy", prompt, Count(noun, number))
    movers = Wheel(
        "rabbits hop/rabbit,dogs run/dog,birds fly/bird,ducks swim/duck,horses trot/horse"
    )
    for number in range(2, 8):
        (words, noun), place = movers().split("/"), places()
        prompt = f"{counted(number, 'x').split()[0]} {words} {place}"
        yield task("numeracy", prompt, Count(noun, number))
    seconds = Wheel("cup,lantern,mushroom,drum,pumpkin,chair,candle,barrel")
    for number, noun in zip((1, 2, 3, 4, 5, 2, 3, 6, 1, 4), nouns, strict=False):
        other, more = seconds(), 1 + (number * 3) % 5
        prompt = f"{counted(number, noun)} and {counted(more, other)} {places()}"
        yield task("numeracy", prompt, Count(noun, number), Count(other, more))
    for number, verb in zip((2, 3, 4, 5, 6, 7), Wheel(_FIXED), strict=False):
        noun, other = nouns(), seconds()
        prompt = f"{counted(number, noun)} {verb} next to {a(other)}".replace("next to", "near")
        pair = ((noun, other),)
        yield task("numeracy", prompt, Count(noun, number), Count(other, 1), touching=pair)
    for number in (2, 3, 5):
        noun, other = "dog", "seagull"
        prompt = f"{counted(number, noun)} sleep on the sand while {counted(2, other)} fly above"
        yield task("numeracy", prompt, Count(noun, number), Count(other, 2))


def attribution() -> Iterator[Task]:
    """Colours, materials and sizes, each with its own thing."""
    nouns = Wheel("car,cat,balloon,chair,bird,teapot,boat,kite,hat,robot,lamp,horse,cup,bicycle")
    colors = Wheel("red,blue,green,yellow,purple,orange,black,white,pink,brown,gray")
    patterns = (
        "{a} {x} and {b} {y}",
        "{a} {x} beside {b} {y}",
        "footage of {a} {x} and {b} {y} in a park",
        "{a} {x}, and {b} {y} not far from it",
        "{a} {x} stands near {b} {y}",
        "there is {a} {x} with {b} {y} next to it",
    )
    for round_ in range(5):
        for pattern in patterns:
            (x, y), (p, q) = nouns.two(), colors.two()
            prompt = pattern.format(a=a(p), x=x, b=a(q), y=y)
            if round_ == 4:
                prompt = f"{prompt}, both lit by the morning sun"
            yield task(
                "attribution", prompt, Count(x, 1, p), Count(y, 1, q), Count(x, 1), Count(y, 1),
                touching=((x, y),),
            )  # fmt: skip
    for number in (2, 3, 4):
        (x, y), (p, q) = nouns.two(), colors.two()
        prompt = f"{counted(number, f'{p} {x}')} and {a(q)} {y} on a lawn"
        yield task("attribution", prompt, Count(x, number, p), Count(y, 1, q))
    for _ in range(4):
        noun, (p, q) = nouns(), colors.two()
        prompt = f"{a(p)} {noun} and {a(q)} {noun}"
        yield task("attribution", prompt, Count(noun, 1, p), Count(noun, 1, q), Count(noun, 2))
    materials = Wheel("wooden,striped,golden,spotted,shiny,tiny")
    for _ in range(6):
        (x, y), (p, q) = nouns.two(), materials.two()
        prompt = f"{a(p)} {x} next to {a(q)} {y} in a quiet room"
        yield task("attribution", prompt, Count(x, 1, p), Count(y, 1, q), touching=((x, y),))


def visibility() -> Iterator[Task]:
    """Appearing and disappearing, at some time or in the half that the prompt names."""
    nouns = Wheel("cat,ball,bird,lantern,frog,car,balloon,rabbit,robot,mushroom,dog,butterfly,kite")
    second = (
        "{x} appears only in the second half of the video",
        "a park in which {x} is seen only during the second half",
        "an empty street; in the second half of the video {x} appears",
        "a lively clip of a meadow where {x} appears only in the last half of the video",
    )
    first = (
        "{x} appears only in the first half of the video",
        "{x} is visible in the first half of the video only",
        "a clip of a garden in which {x} is seen only during the first half",
        "{x} that shows up only in the first half of the clip",
    )
    for patterns, halves in ((second, (False, True)), (first, (True, False))):
        for _ in range(4):
            for pattern in patterns:
                noun = nouns()
                yield task("visibility", pattern.format(x=a(noun)), Seen(noun, *halves))
    for x, y in pairwise(list(nouns)[:8]):
        prompt = f"{a(x)} sits on the left, and {a(y)} appears in the second half of the video"
        yield task("visibility", prompt, Seen(x, True, True), Seen(y, False, True))
    for x, y in (("cat", "lamp"), ("frog", "flower"), ("robot", "chair")):
        prompt = f"{a(x)} and {a(y)}; the {x} disappears in the second half"
        yield task("visibility", prompt, Seen(x, True, False), Seen(y, True, True))
    for noun, appears in (("ghost", True), ("moth", False), ("star", True), ("snowman", False)):
        verb = "suddenly appears" if appears else "slowly vanishes"
        yield task("visibility", f"{a(noun)} {verb} in a dark room", Comes(noun, appears))
    for x, y in (("crab", "shell"), ("bee", "rose"), ("owl", "bat")):
        prompt = f"first {a(x)} is seen, then it disappears and {a(y)} appears"
        yield task("visibility", prompt, Comes(x, False), Comes(y, True))
