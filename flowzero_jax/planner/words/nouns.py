"""English number: plurals, articles and number words, by small tables and spelling rules."""

import re

_IRREGULAR = {
    plural: singular
    for singular, plural in (
        pair.split("/")
        for pair in (
            "child/children person/people man/men woman/women mouse/mice goose/geese foot/feet "
            "tooth/teeth ox/oxen leaf/leaves wolf/wolves knife/knives loaf/loaves half/halves "
            "calf/calves elf/elves dwarf/dwarves shelf/shelves scarf/scarves thief/thieves "
            "wife/wives hoof/hooves life/lives cactus/cacti fungus/fungi octopus/octopi "
            "penny/pence axe/axes movie/movies cookie/cookies zombie/zombies pie/pies tie/ties "
            "brownie/brownies genie/genies hoodie/hoodies selfie/selfies birdie/birdies "
            "magpie/magpies smoothie/smoothies calorie/calories collie/collies bus/buses "
            "gas/gases lens/lenses ski/skis taxi/taxis kiwi/kiwis yeti/yetis bikini/bikinis "
            "menu/menus emu/emus gnu/gnus canvas/canvases bureau/bureaux phoenix/phoenixes"
        ).split()
    )
}
_UNCHANGED = frozenset(
    "sheep deer moose bison salmon trout shrimp squid series species offspring dice elk "
    "plankton livestock cattle".split()
)
_UNCHANGED_ENDS = ("fish", "craft")
_SINGULAR_IN_S = frozenset(
    "canvas christmas gas atlas bus lens iris oasis tennis chess cosmos chaos news jeans shorts "
    "pants trousers scissors sunglasses eyeglasses glasses goggles binoculars headphones tongs "
    "pliers pajamas pyjamas leggings overalls swiss paris texas mars venus physics gymnastics "
    "athletics sports tights perhaps always sometimes yes this its us as is was has does".split()
)
#: One thing with a plural name: "a pair of sunglasses" is one object, "sunglasses".
PAIR_NOUNS = frozenset(
    "jeans shorts pants trousers scissors sunglasses eyeglasses glasses goggles binoculars "
    "headphones tongs pliers pajamas pyjamas leggings overalls tights".split()
)
_TAKES_ES_AFTER_O = frozenset(
    "potato tomato hero torpedo volcano mosquito mango buffalo echo domino".split()
)
#: Said without an article.
MASS_NOUNS = frozenset(
    "bread paper water milk juice ice butter honey cheese fabric wood metal gold silver glass wine "
    "coffee tea chocolate rice sugar salt sand snow soil grass hay food fruit furniture luggage "
    "smoke fire foam soup oil paint ink dough tofu meat cake-batter popcorn cotton wool leather "
    "plastic stone concrete rubble lava mud ash dust vegetation bamboo sushi pasta ketchup".split()
) - {"glass", "fire", "paper", "stone"}
_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
NUMBER_WORDS = {word: value for value, word in enumerate(_UNITS) if value} | {
    word: 10 * value for value, word in enumerate(_TENS, start=2)
}


def is_plural(word: str) -> bool:
    """Whether a noun of this spelling can be a plural."""
    if word in _IRREGULAR or word in _UNCHANGED or word.endswith(_UNCHANGED_ENDS):
        return True
    if word.endswith(("men", "women")) and len(word) > 5:
        return True
    if word in _SINGULAR_IN_S or len(word) < 3:
        return False
    return word.endswith("s") and not word.endswith(("ss", "us", "is", "'s"))


def is_unchanged(word: str) -> bool:
    """Whether singular and plural look alike: one fish, two fish."""
    return word in _UNCHANGED or word.endswith(_UNCHANGED_ENDS)


def singular(word: str) -> str:
    """The singular of a noun; a noun that is no plural comes back unchanged."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if not is_plural(word) or is_unchanged(word):
        return word
    if word.endswith("men"):
        return word[:-3] + "man"
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("oes") and word[:-2] in _TAKES_ES_AFTER_O:
        return word[:-2]
    if re.search(r"(ch|sh|ss|x|zz|[^aeo]us|[^aeiou]s)es$", word) and not re.search(
        r"([rnl]ses|ouses|ches?tes)$", word
    ):
        return word[:-2]
    return word[:-1]


def plural(word: str) -> str:
    """The plural of a noun in the singular."""
    if is_unchanged(word) or word in PAIR_NOUNS:
        return word
    for many, one in _IRREGULAR.items():
        if one == word:
            return many
    if word.endswith("man") and word not in ("human", "german", "talisman"):
        return word[:-3] + "men"
    if re.search(r"(s|x|z|ch|sh)$", word) or word in _TAKES_ES_AFTER_O:
        return word + "es"
    return word[:-1] + "ies" if re.search(r"[^aeiou]y$", word) else word + "s"


def article(phrase: str) -> str:
    """`a` or `an`, by the sound of the first word."""
    word = phrase.split(" ", 1)[0]
    if re.match(r"uni(?![nm])|u[bcfkqrst][aeiou]|u-|eu|ewe|once?\b|one-|ufo", word):
        return "a"
    if re.match(r"[aeiou]|hour|honest|honou?r|heir|8|1[18]\b|[fhlmnrsx]-", word):
        return "an"
    return "a"


def number(word: str) -> int | None:
    """The value of a whole-number word, `two`, `twenty-one`, `7`; None for other words."""
    if re.fullmatch(r"\d{1,9}", word) and word.isascii():
        return int(word) or None
    if word in NUMBER_WORDS:
        return NUMBER_WORDS[word]
    tens, _, unit = word.partition("-")
    if tens in _TENS and NUMBER_WORDS.get(unit, 10) < 10:
        return NUMBER_WORDS[tens] + NUMBER_WORDS[unit]
    return None


def number_word(value: int) -> str:
    """`two` for 2; digits from twenty-one on."""
    return next((word for word, known in NUMBER_WORDS.items() if known == value), str(value))
