"""The words that the sticker model knows: nouns with their emoji, their plurals, colours."""

# Every noun is one emoji of one code point; silhouettes and colours are far apart, and a whole
# body is preferred to a face. The pairs that people turn into each other are all here
# (caterpillar and butterfly, egg and chick, seedling and tree, moon and sun, house and castle).
NOUNS: dict[str, str] = {
    "airplane": "✈",
    "apple": "🍎",
    "ball": "⚽",
    "balloon": "🎈",
    "bear": "🐻",
    "bee": "🐝",
    "bicycle": "🚲",
    "bird": "🐦",
    "boat": "⛵",
    "book": "📖",
    "bus": "🚌",
    "butterfly": "🦋",
    "car": "🚗",
    "castle": "🏰",
    "cat": "🐈",
    "caterpillar": "🐛",
    "chick": "🐥",
    "clock": "⏰",
    "cow": "🐄",
    "crab": "🦀",
    "dinosaur": "🦖",
    "dog": "🐕",
    "dragon": "🐉",
    "duck": "🦆",
    "egg": "🥚",
    "elephant": "🐘",
    "fish": "🐟",
    "flower": "🌸",
    "fox": "🦊",
    "frog": "🐸",
    "ghost": "👻",
    "guitar": "🎸",
    "helicopter": "🚁",
    "horse": "🐎",
    "house": "🏠",
    "key": "🔑",
    "kite": "🪁",
    "ladybug": "🐞",
    "lion": "🦁",
    "moon": "🌙",
    "mouse": "🐁",
    "mushroom": "🍄",
    "owl": "🦉",
    "penguin": "🐧",
    "pumpkin": "🎃",
    "rabbit": "🐇",
    "robot": "🤖",
    "rocket": "🚀",
    "seedling": "🌱",
    "snail": "🐌",
    "snowman": "⛄",
    "star": "⭐",
    "sun": "🌞",
    "tiger": "🐅",
    "train": "🚂",
    "tree": "🌳",
    "truck": "🚚",
    "turtle": "🐢",
    "umbrella": "☂",
    "whale": "🐳",
}

# Other words for the same sticker. They appear in training now and then, so that the text encoder
# has seen them; only NOUNS are what the model promises to draw.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "airplane": ("plane", "aeroplane", "jet"),
    "ball": ("soccer ball", "football"),
    "bee": ("bumblebee", "honeybee"),
    "bicycle": ("bike",),
    "boat": ("sailboat", "ship"),
    "butterfly": ("monarch butterfly",),
    "car": ("automobile",),
    "castle": ("palace", "fortress"),
    "cat": ("kitten", "kitty"),
    "chick": ("chicken",),
    "clock": ("alarm clock",),
    "cow": ("calf",),
    "dinosaur": ("tyrannosaurus",),
    "dog": ("puppy",),
    "duck": ("mallard",),
    "flower": ("blossom", "cherry blossom"),
    "frog": ("toad",),
    "guitar": ("electric guitar",),
    "horse": ("pony",),
    "house": ("cottage", "home"),
    "ladybug": ("ladybird", "beetle"),
    "moon": ("crescent moon",),
    "mouse": ("rat",),
    "mushroom": ("toadstool",),
    "rabbit": ("bunny", "hare"),
    "rocket": ("spaceship", "spacecraft"),
    "seedling": ("sprout", "sapling", "plant"),
    "train": ("locomotive", "steam train"),
    "tree": ("oak tree",),
    "truck": ("lorry",),
    "turtle": ("tortoise",),
    "umbrella": ("parasol",),
}

# Plurals that `plural` cannot derive.
IRREGULAR_PLURALS: dict[str, str] = {
    "calf": "calves",
    "fish": "fish",
    "mouse": "mice",
    "snowman": "snowmen",
    "spacecraft": "spacecraft",
}

# Colour words and the sRGB colour (0..1) that a sticker of that colour mostly has.
COLORS: dict[str, tuple[float, float, float]] = {
    "red": (0.88, 0.10, 0.12),
    "orange": (0.98, 0.53, 0.05),
    "yellow": (0.99, 0.84, 0.10),
    "green": (0.16, 0.65, 0.20),
    "blue": (0.10, 0.36, 0.90),
    "purple": (0.52, 0.17, 0.76),
    "pink": (0.98, 0.46, 0.70),
    "white": (0.93, 0.93, 0.94),
    "black": (0.14, 0.14, 0.16),
    "brown": (0.50, 0.29, 0.13),
    "gray": (0.52, 0.53, 0.55),
}

# Stickers whose own colour plainly is what the colour word says: they stay as they are.
NATURAL_COLORS: dict[str, str] = {
    "apple": "red",
    "balloon": "red",
    "bird": "blue",
    "car": "red",
    "chick": "yellow",
    "dragon": "green",
    "ghost": "white",
    "moon": "yellow",
    "pumpkin": "orange",
    "snowman": "white",
    "star": "yellow",
}

# Where a sticker's emoji looks or drives to. The others look the same from both sides, or at us.
FACING: dict[str, str] = dict.fromkeys(
    (
        "bee bicycle bird bus car cat caterpillar cow dinosaur dog dragon duck elephant fish "
        "helicopter horse mouse penguin rabbit snail tiger train truck turtle whale"
    ).split(),
    "left",
) | {"airplane": "right", "rocket": "right"}

NUMBER_WORDS: dict[int, str] = {
    2: "two",
    3: "three",
    4: "four",
    5: "five",
    6: "six",
    7: "seven",
    8: "eight",
}


def plural(noun: str) -> str:
    """Returns the plural of a noun ("butterfly" -> "butterflies")."""
    if noun in IRREGULAR_PLURALS:
        return IRREGULAR_PLURALS[noun]
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    if noun.endswith(("s", "x", "z", "ch", "sh")):
        return noun + "es"
    return noun + "s"


def with_article(words: str) -> str:
    """Puts "a" or "an" before a noun with its adjectives ("orange ball" -> "an orange ball")."""
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"
