"""How large things are beside each other, how wide for their height, and where they belong."""

from dataclasses import dataclass

from flowzero_jax.planner.lexicon import SIZES


@dataclass(frozen=True)
class Build:
    """The natural build of a thing.

    `scale`: side length relative to a cat's or a chair's picture (about 1).
    `aspect`: width over height.
    `home`: `ground`, `sky` (in the air), `top` (sun and moon), `water`.
    """

    scale: float = 1.0
    aspect: float = 1.0
    home: str = "ground"


def _table(text: str) -> dict[str, Build]:
    table = {}
    for line in text.strip().splitlines():
        scale, aspect, home, words = line.split(maxsplit=3)
        table |= {word: Build(float(scale), float(aspect), home) for word in words.split()}
    return table


_BUILDS = _table("""
0.45 1.2 ground ant beetle ladybug snail worm pebble coin ring pill bug cricket acorn nut
0.45 1.2 sky bee wasp fly mosquito firefly moth
0.55 1.2 sky butterfly dragonfly leaf feather snowflake bubble frisbee
0.55 1.0 ground ball apple orange lemon lime tomato egg cookie button marble die dice peach plum cherry
0.6 1.0 ground cup mug flower rose tulip donut clock watch mushroom frog crab turtle strawberry onion pear
0.6 0.6 ground bottle candle vase glass lamp pencil pen carrot ice-cream spoon fork knife
0.6 1.3 ground mouse rat hamster lizard caterpillar shoe hat book banana fish-bowl phone envelope helmet
0.65 1.1 sky bird sparrow parrot pigeon dove seagull gull crow owl robin bat
0.7 1.2 ground squirrel rabbit bunny hedgehog chicken hen duck cat kitten puppy fox raccoon pumpkin toy
0.7 1.3 water fish goldfish duck swan jellyfish seahorse frog starfish octopus squid shrimp
0.7 0.75 ground penguin rooster doll robot-toy gift box basket backpack lantern pot cactus
0.7 1.0 ground box basket cake pizza television computer pillow suitcase drum chick teapot
0.75 0.8 sky balloon kite lantern
0.7 1.5 sky drone eagle hawk falcon
0.9 1.2 ground dog wolf pig sheep goat lamb monkey panda koala leopard fox-cub wheelchair stroller
0.9 0.65 ground person man woman boy girl child kid toddler baby teacher dancer astronaut robot snowman soldier king queen prince princess wizard witch clown chef farmer artist statue ghost zombie ninja runner skater skier player singer cowboy pirate knight doctor student photographer gorilla scarecrow kangaroo alien teenager lady gentleman grandmother grandfather policeman fireman mermaid fairy
0.9 1.0 ground chair stool pumpkin barrel mailbox rock boulder crate drum bush mirror
0.9 1.5 ground bicycle bike motorcycle scooter bench table desk sofa couch bed skateboard sled fence cart
1.0 1.4 ground horse pony zebra cow deer donkey bull lion tiger bear camel unicorn moose buffalo ox alligator hyena
1.1 0.55 ground giraffe lamp-post lamppost flagpole ladder door traffic-light streetlight
1.15 1.7 ground car taxi cab jeep van limousine racecar sedan
1.2 1.7 water boat sailboat canoe kayak rowboat dolphin shark seal submarine raft crocodile
1.25 0.8 ground tree palm pine oak
1.25 1.3 ground elephant rhino hippo dinosaur dragon tent statue-group hut tractor piano
1.3 1.9 ground truck bus train tram limo ambulance bridge
1.35 1.1 ground house barn cabin cottage church temple shop hut farmhouse windmill pyramid
1.35 0.6 ground tower skyscraper lighthouse building castle
1.35 1.7 water ship yacht whale ferry
1.1 1.7 sky plane airplane aeroplane jet helicopter airship blimp zeppelin glider spaceship spacecraft ufo pterodactyl
0.9 0.55 sky rocket missile
0.8 1.0 top sun moon earth planet comet meteor star
0.9 1.6 top cloud rainbow
""")
_COMPOUNDS = {
    "hot air balloon": Build(1.1, 0.85, "sky"),
    "air balloon": Build(1.1, 0.85, "sky"),
    "paper airplane": Build(0.6, 1.4, "sky"),
    "paper plane": Build(0.6, 1.4, "sky"),
    "traffic light": Build(0.8, 0.5, "ground"),
    "lamp post": Build(1.1, 0.5, "ground"),
    "fire truck": Build(1.3, 1.7, "ground"),
    "toy car": Build(0.6, 1.5, "ground"),
    "toy mouse": Build(0.5, 1.2, "ground"),
    "paper boat": Build(0.6, 1.3, "water"),
    "rubber duck": Build(0.6, 1.0, "water"),
    "sea turtle": Build(0.8, 1.3, "water"),
    "polar bear": Build(1.0, 1.3, "ground"),
    "teddy bear": Build(0.8, 0.85, "ground"),
    "shooting star": Build(0.6, 1.2, "top"),
    "space station": Build(1.1, 1.4, "sky"),
}


def build_of(words: tuple[str, ...]) -> Build:
    """The build of a thing described by `words`, the noun last; size adjectives count."""
    base = _COMPOUNDS.get(" ".join(words[-3:])) or _COMPOUNDS.get(" ".join(words[-2:]))
    base = base or _BUILDS.get(words[-1]) or _unknown(words[-1])
    factor = 1.0
    for word in words[:-1]:
        factor *= SIZES.get(word, 1.0)
    return Build(base.scale * min(max(factor, 0.5), 1.6), base.aspect, base.home)


def is_known(noun: str) -> bool:
    """Whether the singular `noun` names a thing listed here."""
    return noun in _BUILDS


def _unknown(noun: str) -> Build:
    for ending in sorted(_ENDINGS, key=len, reverse=True):
        if noun.endswith(ending) and len(noun) > len(ending):
            return _BUILDS[ending]
    return Build()


#: Compounds in one word are built like their last part: motorboat, cardboardbox, clownfish.
_ENDINGS = tuple(
    "fish boat ship bird ball man woman car truck house plane copter tree fly bear dog cat balloon".split()
)
_BUILDS["copter"] = _BUILDS["helicopter"]
