"""Word classes that are closed, or whose common members matter to a layout.

Nouns in general are *not* listed: what stands where a noun stands is one. The lists here only say
which nouns are scenery, parts, clothes and so on; anything else is an object that gets a box.
"""

import re


def words(text: str) -> frozenset[str]:
    """The words of a list."""
    return frozenset(text.split())


DETERMINERS = words(
    "a an the this these those some any each every another its his her their my our your no both "
    "all other"
)
#: Words that surely open a noun phrase.
OPENERS = words("a an the one two three four five some several many")
POSSESSIVES = words("its his her their my our your 's")
PRONOUNS = words("it they he she them him itself themselves himself herself")
CONJUNCTIONS = words("and or but nor plus")
#: Words that open a clause with a subject of its own.
SUBORDINATORS = words("while as when whereas until before after because so where whilst if once")
RELATIVES = words("that which who whom whose")
THEN = words("then next afterwards finally later afterward eventually subsequently")
PREPOSITIONS = words(
    "in on at to from into onto toward towards across through along over under above below beneath "
    "underneath beside besides near by behind around round past between among amid amidst against "
    "inside within outside off up down with without during of about beyond throughout atop upon "
    "alongside via opposite out for aboard like amongst per despite until after before than"
)
AUXILIARIES = words(
    "is are was were be been being am has have had having do does did can could will would shall "
    "should may might must"
)
#: Whatever can end a noun phrase, but for verbs and adverbs.
FUNCTION_WORDS = (
    DETERMINERS | PRONOUNS | CONJUNCTIONS | SUBORDINATORS | RELATIVES | THEN | PREPOSITIONS
    | AUXILIARIES | {",", "'s", "to", "not"}
)  # fmt: skip
ADVERBS = words(
    "somewhere anywhere away forward forwards back again still nearby overhead high low there here "
    "very too also only just once now almost quite slightly first instead apart sideways alone "
    "together straight around along past by fast hard loudly well even never always often twice "
    "not maybe perhaps ahead aside everywhere inside outside aloft skyward skywards altogether "
    "more most less clockwise counterclockwise anticlockwise"
)
SLOW = words("slowly gently gradually lazily leisurely softly calmly slow steadily quietly")
FAST = words("quickly fast rapidly swiftly speedily hurriedly furiously wildly hard high-speed")

COLORS = words(
    "red orange yellow green blue purple pink brown black white gray grey golden gold silver cyan "
    "magenta turquoise violet teal beige crimson scarlet indigo maroon navy tan lime lavender "
    "bronze copper ivory blonde colorful multicolored rainbow-colored transparent translucent"
)
SIZES = {
    "tiny": 0.6, "small": 0.75, "little": 0.75, "mini": 0.7, "miniature": 0.7, "baby": 0.8,
    "short": 0.85, "big": 1.25, "large": 1.25, "huge": 1.45, "giant": 1.45, "gigantic": 1.5,
    "enormous": 1.5, "massive": 1.4, "tall": 1.2, "grand": 1.2, "towering": 1.4,
}  # fmt: skip
#: Adjectives that are never nouns: a noun must still follow.
ADJECTIVES = (
    COLORS - words("orange gold silver violet rose lime lavender bronze copper ivory tan navy")
    | frozenset(SIZES) - words("baby mini giant")
    | words(
        "intense brilliant fast first last late early old young new ancient modern vintage cute "
        "pretty beautiful lovely ugly happy sad angry fat thin slim heavy light bright dark shiny "
        "dull clean dirty wet dry hot cold warm cool fresh ripe rotten soft hard smooth rough "
        "sharp round flat long wide narrow deep shallow high low empty full open closed quiet loud "
        "busy calm clear cloudy sunny rainy snowy stormy windy foggy misty starry wooden metallic "
        "golden woolen wild strange rare elderly lively friendly lonely silly curly woolly fluffy "
        "furry striped spotted single double broken lost frozen hidden parked abandoned majestic "
        "gentle vibrant brave strong sleek elegant gorgeous classic brand-new polar arctic "
        "tropical hot-air electric magical tame glossy matte crisp lush barren vast distant nearby "
        "raw stray various different several many few steep pristine tranquil peaceful bustling "
        "crowded cozy sandy grassy rocky muddy dusty icy bare blank plain simple real fake "
        "weathered distressed sick healthy rich poor lazy hungry sleepy playful curious adorable "
        "fierce mighty shaggy rusty moldy fuzzy juicy tasty brown-haired red-haired silver-haired "
        "same"
    )
)
_ADJECTIVE_ENDINGS = re.compile(r".{2,}(ful|less|ous|ish|ive|able|ible|ic|ian|esque|like|-\w+ed)$")
_NOT_ADJECTIVES = words(
    "traffic music magic fabric picnic plastic ceramic clinic mosaic relic critic comic mechanic "
    "pedestrian musician magician italian guardian librarian native olive detective locomotive "
    "adhesive dive hive archive drive table cable vegetable stable bible fish crucifix garlic "
    "tunic topic logic mimic panic civilian technician politician physician electrician lunatic "
    "automotive captive relative representative metric antic attic arctic constable convertible"
)


def is_adjective(word: str) -> bool:
    """Whether a word can only describe a noun that follows."""
    if word in _NOT_ADJECTIVES or word.endswith("fish"):
        return False
    return word in ADJECTIVES or bool(_ADJECTIVE_ENDINGS.match(word))


#: Nouns in -ing, that no verb rule may take.
ING_NOUNS = words(
    "building king ring wing string thing swing spring painting ceiling lightning pudding railing "
    "clothing evening morning wedding earring being sling dumpling sibling herring starling "
    "gosling duckling seedling fledgling viking sapling sterling sting sewing offspring icing "
    "frosting topping filling stocking darling bowling skiing surfing dressing crossing awning "
    "landing packing ping-pong underling yearling inkling hatchling youngling"
)
_LY_NOT_ADVERBS = words(
    "butterfly dragonfly firefly fly jelly belly lily family bully holly early lovely friendly "
    "silly ugly curly woolly lively elderly lonely ally bubbly cuddly wrinkly prickly wobbly "
    "horsefly housefly doily dolly trolley assembly monopoly italy july gadfly mayfly smelly hilly "
    "deadly ghostly heavenly earthly cowardly costly scaly oily wooly rally folly sly ply"
)


def is_adverb(word: str) -> bool:
    """Whether a word tells how, where to or when, and belongs to no noun."""
    if word in ADVERBS:
        return True
    return len(word) > 3 and word.endswith("ly") and word not in _LY_NOT_ADVERBS


def is_ing_verb(word: str) -> bool:
    """Whether a word looks like a verb in -ing."""
    return len(word) > 4 and word.endswith("ing") and word not in ING_NOUNS


#: Places and weather: told in the description, never boxed.
SCENERY = words(
    "sky skies meadow forest wood woods jungle rainforest beach sea seaside ocean river stream "
    "creek canal lake pond pool lagoon waterfall water waters waves wave city town village street "
    "road highway freeway avenue alley lane path trail track tracks railway sidewalk pavement "
    "intersection crosswalk park garden yard backyard courtyard lawn field farm farmyard pasture "
    "orchard vineyard barnyard grass grassland savanna savannah prairie steppe desert dune dunes "
    "oasis mountain mountains mountainside hill hills hillside valley canyon cliff cliffside slope "
    "cave ravine tundra glacier snow ice rain storm snowstorm blizzard thunderstorm fog mist haze "
    "space universe galaxy cosmos void outer-space moonscape night nighttime day daytime dawn dusk "
    "sunrise sunset morning afternoon evening midnight noon twilight summer winter spring autumn "
    "room kitchen bedroom bathroom classroom office library hall hallway corridor lobby "
    "living-room restaurant cafe café bar store supermarket mall market marketplace factory "
    "laboratory lab hospital school station airport runway garage gym museum gallery theater "
    "theatre stage studio stadium arena court playground zoo circus festival party concert parade "
    "fair plaza harbor harbour port bay coast coastline shore shoreline seabed seafloor sand marsh "
    "swamp wetland reef island countryside landscape seascape cityscape skyline horizon scenery "
    "background backdrop foreground ground floor land soil mud air clouds smoke flames lava aurora "
    "stars constellations trees flowers wildflowers buildings skyscrapers houses leaves crowd "
    "crowds audience traffic ruins battlefield rink deck porch terrace patio balcony rooftop "
    "neighborhood suburb wilderness nature outdoors shop bakery arctic antarctica underwater "
    "sunlight moonlight darkness atmosphere environment setting rapids surf tide bank riverbank "
    "bush bushes foliage greenery undergrowth treetops treetop cobblestones asphalt concrete "
    "carpet dancefloor wilds campsite clearing glade grove bath mud-puddle puddles rainstorm "
    "cornfield rice-field wheat-field snowfield hilltop mountaintop wall walls ceiling driveway "
    "racetrack speedway boulevard promenade boardwalk pier dock quay marina nebula planetarium "
    "aquarium rainforests heaven hell world"
)
#: Places to be in, but things to stand beside.
BUILDINGS = words(
    "shop store bakery school station museum theater theatre restaurant cafe café bar factory "
    "hospital library garage mall supermarket"
)
#: Scenery that is an object when counted or said of one: "a cloud drifts", "three stars".
SCENERY_IN_PLURAL = words(
    "clouds stars trees flowers wildflowers buildings skyscrapers houses leaves bushes waves "
    "mountains hills puddles constellations flames"
)
#: Of these, what is an object where it is the subject: "leaves fall", but "clouds drift".
SUBJECTS_IN_PLURAL = words(
    "smoke trees flowers wildflowers buildings skyscrapers houses leaves bushes"
)
#: Lights that are things.
LIGHT_SOURCES = frozenset(
    {"traffic light", "street light", "stage light", "stop light", "night light", "neon light"}
)
#: Weather that captions tell although it has no body.
WEATHER = words("wind breeze light sunshine air darkness shade cold heat")

#: Never an object: light, weather, sounds, abstractions.
INTANGIBLE = words(
    "effect effects channel wind breeze gust light lights glow shadow shadows scent smell sound "
    "sounds noise dust trail music color colors colour colours hue shade way direction speed "
    "motion movement pace silence laughter joy rhythm beat view season weather temperature "
    "moisture heat cold brightness time moment life love distance style atmosphere sunshine "
    "sunbeams reflection splash spray air loop loops pattern patterns shape texture surface "
    "gravity sides side place places front back top bottom left right middle center centre edge "
    "corner end half part foot journey story lunch breakfast dinner meal job fun detail details "
    "line row zigzag arc position slow-motion motion-blur bloom appearance state form size "
    "formation directions walk run ride swim flight race dance game nap rest look step steps trip "
    "stop start turn leap jump dive fall rise drift lap laps bounce kick throw action power energy "
    "other construction"
)
PARTS = words(
    "eye eyes wing wings tail tails leg legs arm arms hand hands hair fur face beard nose mouth "
    "ear ears paw paws beak feather feathers petal petals skin mane hoof hooves wheel wheels tire "
    "tires blade blades propeller propellers rotor engine engines lace laces page pages lens "
    "lenses branches roots bark stem horns horn trunk tusks spots stripes scales fins fin smile "
    "curls freckles braids whiskers claws teeth tongue head body neck back belly shell antlers "
    "antennae shoulder shoulders flames smoke rider driver passenger sails mast windows doors "
    "cover surface color"
)
CLOTHES = words(
    "suit dress shirt cap sweater jacket coat vest apron gown hoodie scarf uniform costume pajamas "
    "t-shirt jeans skirt blouse shoes boots helmet goggles glasses sunglasses hat hats armor "
    "armour robe cloak shorts tie tuxedo clothes clothing outfit kimono swimsuit spacesuit onesie "
    "top shawl gloves socks attire black white red blue green yellow pink purple gold"
)
CLOTHES_ENDS = ("coat", "suit", "dress", "shirt", "wear", "boots", "jacket", "hoodie", "gown")
#: Who can do what an -ing noun names: "a child building a castle".
PEOPLE = words(
    "person man woman boy girl child kid toddler baby teacher dancer astronaut king queen prince "
    "princess wizard witch clown chef farmer artist ninja runner player singer cowboy pirate "
    "knight doctor student photographer lady gentleman grandmother grandfather mother father "
    "couple people men women boys girls children kids granddaughter grandson daughter son sister "
    "brother friend wife husband painter worker builder bear robot monkey"
)
#: Things that hold other things inside.
CONTAINERS = words(
    "basket box vase pot flowerpot jar glass cup mug bowl bottle bucket bag backpack suitcase nest "
    "cage bathtub tub sink drawer envelope pocket hat tank fishbowl aquarium boat rowboat canoe "
    "car truck bus cart wagon rocket crib bed hammock tree hole tent shell bubble crate barrel "
    "cradle shoe pan skillet pond-bowl hand hands window mirror chair armchair swing balloon bin"
)
#: Media that are also things to be seen.
PICTURES = words("picture photo photograph illustration")
MEDIA = words(
    "video clip footage film movie animation scene shot timelapse time-lapse photo photograph "
    "picture image illustration rendering render gif close-up closeup recording sequence view "
    "cinematic hyperlapse"
)
STYLE = words(
    "cinematic 4k 8k hd uhd photorealistic hyperrealistic realistic detailed anime cartoon render "
    "octane unreal lighting bokeh masterpiece resolution artstation pixar disney aesthetic "
    "watercolor watercolour style realism hdr photography trending 3d 2d lo-fi lofi ghibli artwork "
    "monochrome sepia noir cgi vfx blender footage minimalist vibe vibes mood palette"
)
#: "a glass of water" is a glass, "a piece of bread" is bread, "a flock of birds" is some birds.
PARTITIVES = words(
    "piece pieces slice slices patch patches bit bits sheet sheets lump chunk scoop kind type sort "
    "amount drop drops grain"
)
GROUPS = {
    "pair": 2, "couple": 2, "duo": 2, "trio": 3, "handful": 3, "few": 3, "group": 4, "bunch": 4,
    "family": 4, "cluster": 4, "litter": 4, "pride": 4, "gang": 4, "set": 3, "row": 4, "line": 4,
    "team": 4, "collection": 4, "flock": 6, "herd": 5, "pack": 4, "school": 6, "swarm": 8,
    "colony": 6, "fleet": 5, "army": 8, "number": 5, "lot": 6, "lots": 6, "dozen": 12,
    "dozens": 12, "hundreds": 12, "thousands": 12, "troop": 5, "convoy": 4, "squad": 4, "stack": 3,
}  # fmt: skip
VAGUE_COUNTS = {
    "several": 4, "few": 3, "some": 3, "many": 6, "multiple": 4, "numerous": 6, "various": 4,
    "countless": 8, "both": 2, "all": 3, "dozen": 12, "other": 3,
}  # fmt: skip
UNNAMED_COUNT = 3  # "birds fly": how many?

#: Scenery that moves by itself, without a direction.
RESTLESS = words(
    "wave waves water waters fire fires flame flames crowd crowds rain rainy rainstorm storm "
    "stormy thunderstorm blizzard waterfall rapids lava campfire bonfire surf rainfall snowstorm "
    "stampede audience"
)
FRAME_NOUNS = words(
    "screen frame scene image video picture view shot display viewport background foreground"
)
#: Times of day, seasons and weather.
TIMES = words(
    "day daytime daylight night nighttime dawn dusk noon midnight midday sunrise sunset twilight "
    "morning evening afternoon summer winter spring autumn season weather daybreak nightfall"
)
#: Where things stand *on* it rather than in it.
FLAT_PLACES = words(
    "beach road highway street freeway avenue lane path trail track tracks railway sidewalk "
    "pavement river lake sea ocean pond water ground floor grass lawn field snow ice sand slope "
    "hill hillside mountain moon playground court stage runway rink shore coast deck porch balcony "
    "rooftop carpet prairie meadow-path driveway racetrack boulevard pier dock farm plaza stream "
    "wall terrace patio waves surface horizon dune dunes mountainside moonscape pasture savanna "
    "bridge"
) - words("field pasture meadow-path grass prairie savanna")
#: Ways along which "down" and "up" mean no direction.
LEVEL_WAYS = words(
    "road street highway avenue lane path trail track alley river stream canal sidewalk corridor "
    "hallway hall runway freeway railway pavement aisle beach coast shore boulevard tracks way"
)
#: "into the sky" is up, "to the ground" is down.
VERTICAL_PLACES = {
    "sky": -1, "skies": -1, "air": -1, "cloud": -1, "clouds": -1, "space": -1, "heaven": -1,
    "ceiling": -1, "star": -1, "stars": -1, "rooftop": -1, "hilltop": -1, "treetop": -1,
    "ground": 1, "floor": 1, "grass": 1, "seabed": 1, "seafloor": 1, "earth": 1, "sand": 1,
    "water": 1, "land": 1, "sea": 1, "ocean": 1, "snow": 1,
}  # fmt: skip
#: Where what arrives comes to lie on top.
LANDING_PLACES = words(
    "table desk bench chair bed shelf plate rack roof fence branch sofa couch car pillow cushion "
    "rock tree counter tray stage hand flower leaf lap wall box"
)


def is_scenery(word: str, counted: bool) -> bool:
    """Whether a noun, as written, names scenery rather than a thing.

    `counted`: a number stands before it; "three stars" are things, "stars" are scenery.
    """
    return word in SCENERY and not (counted and word in SCENERY_IN_PLURAL)
