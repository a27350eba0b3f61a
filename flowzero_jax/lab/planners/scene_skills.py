"""Spatial relations and transitions: what stands where, and what becomes of it."""

from collections.abc import Iterator

from flowzero_jax.lab.planners.conditions import Becomes, Count, Tells
from flowzero_jax.lab.planners.motion_conditions import At, Relates
from flowzero_jax.lab.planners.tasks import Task, Wheel, task
from flowzero_jax.lab.planners.tracks import a

_KINDS = {
    "to the left of": "left", "on the right side of": "right", "on the left of": "left",
    "to the right of": "right", "above": "above", "below": "below", "under": "below", "on": "on",
    "on top of": "on", "next to": "near", "beside": "near", "in front of": "front",
    "behind": "front", "inside": "in", "left of": "left", "right of": "right", "beneath": "below",
    "underneath": "below",
}  # fmt: skip


def spatial_relations() -> Iterator[Task]:
    """Two things and how they stand to each other; places in the frame."""
    skill = "spatial relations"
    nouns = Wheel("cat,ball,teapot,penguin,lamp,robot,dog,pumpkin")
    bases = Wheel("table,box,car,bench,sofa,drum")
    for k, (words, kind) in enumerate(_KINDS.items()):
        subject, target = nouns(), "basket" if kind == "in" else bases()
        prompt = f"{a(subject)} {words} {a(target)}"
        if k % 3 == 1:
            prompt = f"{prompt} in a bright kitchen"
        yield task(skill, prompt, Relates(subject, kind, target), touching=((subject, target),))
    for words, kind in list(_KINDS.items())[::2]:
        subject, target = nouns(), bases()
        verb = ("sits", "is placed", "sleeping", "standing")[len(words) % 4]
        if kind == "in":
            target = "basket"
        prompt = f"{a(subject)} {verb} {words} {a(target)}"
        yield task(skill, prompt, Relates(subject, kind, target), touching=((subject, target),))
    for prompt, *conditions in (
        ("a bird flies above a boat", Relates("bird", "above", "boat")),
        ("a fish swims below a boat", Relates("fish", "below", "boat")),
        ("a girl walks on the left of a donkey", Relates("girl", "left", "donkey")),
        ("a cat on the left and a dog on the right", At("cat", 0, -1), At("dog", 0, 1)),
        ("a moon at the top and a boat at the bottom", At("moon", 0, None, -1),
         At("boat", 0, None, 1)),
        ("on the right side of the frame stands a tower", At("tower", 0, 1)),
        ("a robot in the upper left corner", At("robot", 0, -1, -1)),
        ("a star in the upper right of the picture and a cat in the lower left",
         At("star", 0, 1, -1), At("cat", 0, -1, 1)),
        ("a red cube to the left of a blue cube", Count("cube", 2), Count("cube", 1, "red")),
        ("a lamp above a desk and a dog under it", Relates("lamp", "above", "desk"),
         Relates("dog", "below", "desk")),
        ("two cups on a table", Count("cup", 2), Relates("cup", "on", "table")),
        ("a parrot perched on a pirate", Relates("parrot", "on", "pirate")),
        ("a hat hanging above a chair", Relates("hat", "above", "chair")),
        ("above a house there is a rainbow", Relates("rainbow", "above", "house")),
        ("to the left of a tree there is a goat", Relates("goat", "left", "tree")),
    ):  # fmt: skip
        touching = (("lamp", "desk"), ("dog", "desk"), ("cup", "table"), ("parrot", "pirate"))
        yield task(skill, prompt, *conditions, touching=touching)


def transitions() -> Iterator[Task]:
    """Things, attributes and scenes that change."""
    skill = "transitions"
    patterns = (
        "{x} turns into {y}", "{x} transforms into {y} in a garden",
        "{x} slowly becomes {y}", "{x} morphs into {y} on a table",
    )  # fmt: skip
    changes = Wheel(
        "frog:prince,egg:chick,seed:flower,tadpole:frog,cloud:dragon,pumpkin:carriage,stone:statue,"
        "caterpillar:butterfly,teapot:robot,snowball:snowman"
    )
    for k, change in enumerate(changes):
        first, last = change.split(":")
        prompt = patterns[k % 4].format(x=a(first), y=a(last))
        yield task(skill, prompt, Becomes(first, last))
    fades = (
        "{x} changes from {p} to {q}", "{x} turns from {p} to {q} in a room",
        "{x} gradually shifting from {p} to {q}", "a close-up of {x} fading from {p} to {q}",
        "{x} changing its color from {p} to {q}",
    )  # fmt: skip
    nouns = Wheel("leaf,car,balloon,bird,tomato,chameleon,kite,flower,lamp,dress")
    colors = Wheel("green,red,blue,yellow,purple,orange,white")
    for k in range(12):
        noun, (p, q) = nouns(), colors.two()
        prompt = fades[k % 5].format(x=a(noun), p=p, q=q)
        yield task(skill, prompt, Becomes(f"{p} {noun}", f"{q} {noun}"))
    for k in range(6):
        noun, (p, q) = nouns(), colors.two()
        word = ("turns", "becomes", "turns slowly")[k % 3]
        yield task(skill, f"{a(p)} {noun} {word} {q}", Becomes(f"{p} {noun}", f"{q} {noun}"))
    for noun, p, q in (
        ("statue", "marble", "gold"), ("cup", "glass", "clay"), ("door", "wooden", "steel"),
        ("road", "wet", "dry"), ("coin", "shiny", "dull"),
    ):  # fmt: skip
        yield task(skill, f"{a(noun)} changing from {p} to {q}", Tells(p, q))
    for prompt, first, last in (
        ("a city as day turns into night", "day", "night"),
        ("a forest changes from summer to winter", "summer", "winter"),
        ("a beach at sunrise turning into a beach at sunset", "sunrise", "sunset"),
        ("a sunny street becomes a rainy street", "sunny", "rainy"),
        ("the sky changes from blue to orange above a tower", "blue", "orange"),
        ("a desert transforms into a lush jungle", "desert", "jungle"),
        ("a garden goes from spring to autumn", "spring", "autumn"),
        ("a meadow shifting from dawn to noon", "dawn", "noon"),
        ("a mountain village while autumn turns to winter", "autumn", "winter"),
        ("a lake changing from calm to stormy", "calm", "stormy"),
        ("the background changes from white to black behind a vase", "white", "black"),
    ):
        yield task(skill, prompt, Tells(first, last))
