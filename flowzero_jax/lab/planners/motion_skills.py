"""Spatial dynamics, sequential motion and moving backgrounds."""

from collections.abc import Iterator

from flowzero_jax.lab.planners.conditions import Background, Count
from flowzero_jax.lab.planners.motion_conditions import At, Grows, Moves, Relates, Stays, Turns
from flowzero_jax.lab.planners.tasks import Task, Wheel, task
from flowzero_jax.lab.planners.tracks import a

_SIGNS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
_OPPOSITE = {"left": "right", "right": "left", "up": "down", "down": "up"}
_CORNERS = {
    "upper left": (-1, -1), "upper right": (1, -1), "lower left": (-1, 1), "lower right": (1, 1),
}  # fmt: skip


def spatial_dynamics() -> Iterator[Task]:
    """Directions, ends, paths and distances of one motion."""
    skill = "spatial dynamics"
    walkers = Wheel(
        "cat walks,dog runs,car drives,robot rolls,fox trots,bicycle rolls,horse gallops"
    )
    for way in ("left", "right", "left", "right"):
        noun, verb = walkers().split()
        yield task(skill, f"{a(noun)} {verb} to the {way}", Moves(noun, *_SIGNS[way]))
    for way in ("left", "right", "left", "right"):
        noun, verb = walkers().split()
        side, other = _SIGNS[way][0], _OPPOSITE[way]
        prompt = f"{a(noun)} {verb} from the {other} side to the {way} side of a playground"
        yield task(skill, prompt, At(noun, 0, -side), At(noun, 1, side), Moves(noun, side))
    for noun, verb, way in (
        ("balloon", "floats up", "up"), ("apple", "falls down", "down"),
        ("rocket", "rises", "up"), ("leaf", "drifts downwards", "down"),
        ("kite", "climbs upwards", "up"), ("helicopter", "descends", "down"),
    ):  # fmt: skip
        yield task(skill, f"{a(noun)} {verb}", Moves(noun, *_SIGNS[way]))
    things = Wheel("tree,bench,house,rock,lamp,statue")
    for way in ("left", "right", "left", "right", "left", "right"):
        (noun, verb), thing, other = walkers().split(), things(), _OPPOSITE[way]
        prompt = f"{a(noun)} {verb} from the {other} of {a(thing)} to its {way}"
        yield task(
            skill, prompt, Relates(noun, other, thing, 0.0), Relates(noun, way, thing, 1.0),
            Stays(thing), touching=((noun, thing),),
        )  # fmt: skip
    corners = list(_CORNERS)
    for k, start in enumerate(corners):
        goal = corners[(k + 3 if k % 2 else k + 1) % 4]
        noun = ("bee", "bird", "drone", "butterfly")[k]
        prompt = f"{a(noun)} flies from the {start} corner to the {goal} corner of the picture"
        yield task(skill, prompt, At(noun, 0, *_CORNERS[start]), At(noun, 1, *_CORNERS[goal]))
    for x, y, name in ((1, -1, "up and to the right"), (-1, 1, "down and to the left")):
        yield task(skill, f"a plane flies {name}", Moves("plane", x, y))
        yield task(skill, f"a moth flutters diagonally {name}", Moves("moth", x, y))
    for one, two in (("dog", "cat"), ("car", "truck"), ("boat", "whale")):
        prompt = f"{a(one)} moves left while {a(two)} moves right"
        yield task(skill, prompt, Moves(one, -1), Moves(two, 1))
    yield task(skill, "a lion comes closer and closer", Grows("lion"))
    yield task(skill, "a train approaches the camera", Grows("train"))
    yield task(skill, "a ship sails away from the viewer", Grows("ship", larger=False))
    yield task(skill, "a balloon shrinks on a table", Grows("balloon", larger=False))
    yield task(skill, "a pumpkin grows bigger in a field", Grows("pumpkin"))
    yield task(skill, "a bee circles around a flower", Turns("bee", "xy"), Stays("flower"))
    yield task(skill, "a ball bounces up and down in a yard", Turns("ball", "y"))
    yield task(skill, "a frog hops to the right", Moves("frog", 1), Turns("frog", "y"))
    prompt = "a mouse zigzags to the left across a kitchen floor"
    yield task(skill, prompt, Moves("mouse", -1), Turns("mouse", "y"))
    prompt = "a girl throws a ball to the right"
    yield task(skill, prompt, Moves("ball", 1), touching=(("girl", "ball"),))
    prompt = "a cup falls off a table"
    yield task(skill, prompt, Moves("cup", 0, 1), Stays("table"), touching=(("cup", "table"),))
    prompt = "a cat jumps onto a sofa"
    yield task(skill, prompt, Relates("cat", "on", "sofa", 1.0), touching=(("cat", "sofa"),))
    prompt = "a squirrel climbs up a tree"
    yield task(skill, prompt, Moves("squirrel", 0, -1), touching=(("squirrel", "tree"),))


def sequential_motion() -> Iterator[Task]:
    """Two or three motions one after the other."""
    skill = "sequential motion"
    nouns = Wheel("ball,car,bird,cat,robot,fish,drone,dog,butterfly,turtle")
    corners = list(_CORNERS)
    patterns = (
        "{x} starts in the {a} of the frame, goes to the {b}, and then goes to the {c}",
        "{x} is first in the {a} corner; it moves to the {b} corner and then on to the {c} corner",
        "seen from above, {x} begins at the {a}. It travels to the {b} first. Then it travels to "
        "the {c}.",
        "{x} initially at the {a} of the scene moves to the {b} of the scene, then to the {c}",
    )
    ways = ((0, 1, 3), (2, 3, 1), (1, 0, 2), (3, 2, 0), (2, 0, 1), (0, 2, 3), (3, 1, 0), (1, 3, 2))
    for k, way in enumerate(ways * 2):
        noun, (first, second, third) = nouns(), (corners[i] for i in way)
        prompt = patterns[k % 4].format(x=a(noun), a=first, b=second, c=third)
        yield task(
            skill, prompt, At(noun, 0, *_CORNERS[first]), At(noun, 0.5, *_CORNERS[second]),
            At(noun, 1, *_CORNERS[third]),
        )  # fmt: skip
    patterns = (
        "{x} first moves {p} and then moves {q}",
        "{x} moves {p}, then {q}",
        "{x} goes {p} before going {q}",
        "at first {x} moves {p}; after that it moves {q}",
    )
    pairs = (
        "left up",
        "right down",
        "up right",
        "down left",
        "left right",
        "up down",
        "right left",
    )
    for k in range(16):
        noun, (p, q) = nouns(), pairs[k % 7].split()
        words = [f"to the {w}" if w in ("left", "right") else w for w in (p, q)]
        prompt = patterns[k % 4].format(x=a(noun), p=words[0], q=words[1])
        yield task(
            skill,
            prompt,
            Moves(noun, *_SIGNS[p], 0, 0.5, 0.1),
            Moves(noun, *_SIGNS[q], 0.5, 1, 0.1),
        )
    for noun, verbs, first, second in (
        ("balloon", "rises and then falls", "up", "down"),
        ("plane", "takes off and then lands", "up", "down"),
        ("ball", "rolls to the right, and then rolls back to the left", "right", "left"),
        ("bird", "swoops down and then soars up", "down", "up"),
        ("cat", "runs to the left, then turns around and runs to the right", "left", "right"),
        ("elevator", "goes up first and comes down afterwards", "up", "down"),
    ):
        yield task(
            skill, f"{a(noun)} {verbs}", Moves(noun, *_SIGNS[first], 0, 0.5, 0.1),
            Moves(noun, *_SIGNS[second], 0.5, 1, 0.1),
        )  # fmt: skip
    turns = (("dog", "cat", "left"), ("car", "bus", "right"), ("duck", "goose", "left"))
    for one, two, side in turns:
        prompt = f"{a(one)} moves to the {side}, then {a(two)} moves to the {side}"
        x = _SIGNS[side][0]
        yield task(skill, prompt, Moves(one, x, 0, 0, 0.5, 0.1), Moves(two, x, 0, 0.5, 1, 0.1))


def moving_background() -> Iterator[Task]:
    """Backgrounds, cameras and what the camera follows."""
    skill = "moving background"
    nouns = Wheel("car,castle,cat,train,statue,boat,snowman,house")
    for way in ("left", "right", "up", "down", "left", "right", "up", "down"):
        noun = nouns()
        prompt = f"{a(noun)} while the background moves {way}"
        yield task(skill, prompt, Background(way), Count(noun, 1))
    patterns = (
        "the camera pans {way} over {x} in a valley",
        "the camera slowly pans to the {way}, {x} stands on a hill",
        "{x} in a meadow, camera panning {way}",
        "{x} on a beach while the camera moves to the {way}",
    )
    for k in range(12):
        way, noun = ("left", "right", "right", "left")[k % 4], nouns()
        prompt = patterns[(k + k // 4) % 4].format(x=a(noun), way=way)
        yield task(skill, prompt, Background(_OPPOSITE[way]), Count(noun, 1))
    for verb, way in (("tilts up", "up"), ("tilts down", "down"), ("moves upwards", "up")):
        for noun in ("tower", "lighthouse"):
            prompt = f"the camera {verb} at {a(noun)}"
            yield task(skill, prompt, Background(_OPPOSITE[way]), Count(noun, 1))
    for noun, verb, way in (
        ("horse", "gallops", "right"), ("car", "drives", "left"), ("dog", "runs", "right"),
        ("boat", "sails", "left"), ("bird", "flies", "right"), ("train", "speeds", "left"),
    ):  # fmt: skip
        prompt = f"the camera follows {a(noun)} that {verb} to the {way}"
        yield task(skill, prompt, Background(_OPPOSITE[way]), Stays(noun))
    for noun, place in (
        ("owl", "clouds drift to the left behind"), ("house", "clouds drift to the right behind"),
        ("tower", "the sky moves left behind"), ("lamp", "the scenery passes to the right behind"),
    ):  # fmt: skip
        way = "left" if "left" in place else "right"
        yield task(skill, f"{place} {a(noun)}", Background(way), Count(noun, 1))
    pairs = (("kettle", "campfire"), ("chair", "fire"))
    for prompt in (
        "a chair in front of a blazing fire", "a duck on rough water with waves",
        "a man in a cheering crowd", "a kettle above a campfire",
    ):  # fmt: skip
        yield task(skill, prompt, Background("random"), touching=pairs)
    for noun in ("lamp", "vase", "car", "sheep"):
        yield task(skill, f"{a(noun)} stands still in an empty room", Background(""), Stays(noun))
