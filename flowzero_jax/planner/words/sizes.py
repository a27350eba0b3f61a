"""How large things are beside each other, how wide for their height, and where they belong."""

from dataclasses import dataclass

from flowzero_jax.planner.words.lexicon import SIZES


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


def _table(text: str) -> dict[str, Build]:
    """Reads lines of nouns under headings of scale, aspect and home."""
    table: dict[str, Build] = {}
    build = Build()
    for line in text.strip().splitlines():
        if line.endswith(":"):
            scale, aspect, home = line[:-1].split()
            build = Build(float(scale), float(aspect), home)
        else:
            table |= dict.fromkeys(line.split(), build)
    return table


_BUILDS = _table("""
0.45 1.2 ground:
    ant beetle ladybug snail worm pebble seed coin ring pill bug cricket acorn nut scorpion
0.45 1.2 sky:
    bee wasp fly mosquito firefly moth
0.55 1.2 sky:
    butterfly dragonfly leaf feather snowflake bubble frisbee
0.55 1.0 ground:
    ball apple orange lemon lime tomato egg cookie button marble dice peach plum cherry
0.6 1.0 ground:
    duckling gosling hatchling
    cup mug flower rose tulip sunflower donut clock watch mushroom crab turtle strawberry onion
    pear cactus spider plate bowl avocado potato teacup
0.6 0.6 ground:
    bottle candle vase glass lamp pencil pen carrot ice-cream spoon fork knife
0.6 1.3 ground:
    mouse rat hamster lizard caterpillar shoe hat book banana phone envelope helmet chameleon
0.65 1.1 sky:
    bird sparrow parrot pigeon dove seagull gull crow owl robin bat
0.7 1.2 ground:
    squirrel rabbit bunny hedgehog chicken hen cat kitten puppy fox raccoon toy frog hare
0.7 1.3 water:
    fish goldfish duck swan jellyfish seahorse starfish octopus squid shrimp
0.7 0.75 ground:
    penguin rooster doll lantern pot flowerpot
0.7 1.0 ground:
    box gift basket backpack cake pizza television computer pillow suitcase drum chick teapot bag
    pumpkin watermelon cube sphere bucket
0.75 0.8 sky:
    balloon kite
0.7 1.5 sky:
    drone eagle hawk falcon
0.9 1.2 ground:
    dog wolf pig sheep goat lamb monkey panda koala leopard cheetah stroller wheelchair
0.9 0.65 ground:
    person man woman boy girl child kid toddler baby teacher dancer astronaut robot snowman
    soldier king queen prince princess wizard witch clown chef farmer artist statue ghost zombie
    ninja runner skater skier player singer cowboy pirate knight doctor student photographer
    gorilla scarecrow kangaroo alien teenager lady gentleman grandmother grandfather policeman
    fireman mermaid fairy cyclist cook
0.9 1.0 ground:
    chair stool barrel mailbox rock boulder crate bush mirror armchair
0.9 1.5 ground:
    bicycle bike motorcycle scooter bench table desk sofa couch bed skateboard sled fence cart log
1.0 1.4 ground:
    horse pony zebra cow deer donkey bull lion tiger bear camel unicorn moose buffalo ox
    alligator hyena llama
1.1 0.55 ground:
    giraffe lamppost flagpole ladder door streetlight
1.15 1.7 ground:
    car taxi cab jeep van limousine racecar sedan
1.2 1.7 water:
    boat sailboat canoe kayak rowboat dolphin shark seal submarine raft crocodile
1.25 0.8 ground:
    tree palm pine oak
1.25 1.3 ground:
    elephant rhino hippo dinosaur dragon tent tractor piano
1.3 1.9 ground:
    truck bus train tram limo ambulance bridge
1.35 1.1 ground:
    house barn cabin cottage church temple shop hut farmhouse windmill pyramid
1.35 0.6 ground:
    tower skyscraper lighthouse building castle
1.35 1.7 water:
    ship yacht whale ferry
1.1 1.7 sky:
    plane airplane aeroplane jet helicopter airship blimp zeppelin glider spaceship spacecraft
    ufo pterodactyl
0.9 0.55 sky:
    rocket missile
0.8 1.0 top:
    sun moon earth planet comet meteor star
0.9 1.6 top:
    cloud rainbow
""")
_COMPOUNDS = {
    "hot air balloon": Build(1.1, 0.85, "sky"),
    "paper airplane": Build(0.6, 1.4, "sky"),
    "paper plane": Build(0.6, 1.4, "sky"),
    "traffic light": Build(0.8, 0.5),
    "lamp post": Build(1.1, 0.5),
    "fire truck": Build(1.3, 1.7),
    "toy car": Build(0.6, 1.5),
    "toy train": Build(0.7, 1.6),
    "toy mouse": Build(0.5, 1.2),
    "paper boat": Build(0.6, 1.3, "water"),
    "rubber duck": Build(0.6, 1.0, "water"),
    "sea turtle": Build(0.8, 1.3, "water"),
    "teddy bear": Build(0.8, 0.85),
    "shooting star": Build(0.6, 1.2, "top"),
    "space station": Build(1.1, 1.4, "sky"),
}
#: Compounds in one word are built like their last part: motorboat, clownfish, copter.
_ENDINGS = {ending: _BUILDS[ending] for ending in (
    "fish", "boat", "ship", "bird", "ball", "man", "woman", "car", "truck", "house", "plane",
    "tree", "fly", "bear", "dog", "cat", "balloon",
)} | {"copter": _BUILDS["helicopter"]}  # fmt: skip


def build_of(words: tuple[str, ...]) -> Build:
    """The build of a thing described by `words`, the noun last; size adjectives count."""
    base = _COMPOUNDS.get(" ".join(words[-3:])) or _COMPOUNDS.get(" ".join(words[-2:]))
    base = base or _BUILDS.get(words[-1]) or _by_ending(words[-1])
    factor = 1.0
    for word in words[:-1]:
        factor *= SIZES.get(word, 1.0)
    return Build(base.scale * min(max(factor, 0.5), 1.6), base.aspect, base.home)


def is_known(noun: str) -> bool:
    """Whether the singular `noun` is listed here."""
    return noun in _BUILDS


def _by_ending(noun: str) -> Build:
    endings = [ending for ending in _ENDINGS if noun.endswith(ending) and noun != ending]
    return _ENDINGS[max(endings, key=len)] if endings else Build()
