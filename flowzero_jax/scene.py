"""The dynamic scene syntax (DSS) of FlowZero: what every frame shows, as plain checked data.

A scene is JSON that people edit by hand. It is read strictly and never repaired: an error names the
place, as in `plan.json: frames[3].objects[0].box[2]: ...`. Nothing here needs JAX.
"""

import json
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from flowzero_jax.errors import InputError, OutputError
from flowzero_jax.files import reason, write_text

Direction = Literal[
    "left", "right", "up", "down", "left_up", "left_down", "right_up", "right_down", "random"
]
#: Where each direction leads on screen: (dx, dy), y downwards; `random` nowhere.
DIRECTIONS: dict[Direction, tuple[int, int]] = {
    "left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1), "left_up": (-1, -1),
    "left_down": (-1, 1), "right_up": (1, -1), "right_down": (1, 1), "random": (0, 0),
}  # fmt: skip
DIRECTION_NAMES = {step: name for name, step in DIRECTIONS.items()}
MAX_OBJECTS = 30  # the grounding slots of GLIGEN
MAX_FRAMES = 512
MAX_TEXT = 2000  # characters of any text in a scene
MAX_BYTES = 4 * 2**20  # the longest scene, written by `scene_json`, is about half of it
MAX_DEPTH = 16  # a scene itself is 6 deep


def is_blank(text: str) -> bool:
    """Whether `text` shows nothing: only spaces and invisible formatting characters."""
    return all(c.isspace() or unicodedata.category(c) == "Cf" for c in text)


def find_bad_character(text: str) -> str | None:
    """The name (`U+0007`) of the first control character, line break or lone surrogate, if any."""
    for c in text:
        if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp"):
            return f"U+{ord(c):04X}"
    return None


def _clean(text: str) -> str:
    bad = find_bad_character(text)
    if bad:
        raise ValueError(f"holds the control character {bad}; remove it")
    return text


def _visible(text: str) -> str:
    if is_blank(text):
        raise ValueError("is blank; write what it shows")
    return text


Text = Annotated[str, Field(max_length=MAX_TEXT), AfterValidator(_clean)]
VisibleText = Annotated[Text, AfterValidator(_visible)]
Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Box = tuple[Fraction, Fraction, Fraction, Fraction]


def _ordered(box: Box) -> Box:
    for low, high, axis in ((box[0], box[2], "x"), (box[1], box[3], "y")):
        if not low < high:
            raise ValueError(f"{axis}0 = {low:g} must be smaller than {axis}1 = {high:g}")
    return box


def _whole(number: Any) -> Any:
    if type(number) in (bool, float):  # both equal 1 to a Literal
        raise ValueError(f"should be 1, not {json.dumps(number)}")
    return number


class _Part(BaseModel):
    """Strict, closed, immutable: no conversions, no unknown keys, only finite numbers."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)


class SceneObject(_Part):
    """One object in one frame.

    `id` names its track through the video, `phrase` what the box shows now, and `box` is
    (x0, y0, x1, y1) in fractions of width and height, origin top-left.
    """

    id: VisibleText
    phrase: VisibleText
    box: Annotated[Box, AfterValidator(_ordered)]


class BackgroundMotion(_Part):
    """Where the background's content moves on screen since the previous frame.

    Speed 1 is 1/16 of the frame's shorter side per frame; `random` has no direction.
    """

    direction: Direction
    speed: Fraction


class Frame(_Part):
    """One frame: its text, its visible objects (later ones in front) and its background motion."""

    description: VisibleText
    objects: Annotated[tuple[SceneObject, ...], Field(max_length=MAX_OBJECTS)]
    background_motion: BackgroundMotion

    @model_validator(mode="after")
    def _ids_differ(self) -> "Frame":
        seen: set[str] = set()
        for obj in self.objects:
            if obj.id in seen:
                raise ValueError(f"two objects have the id {_quote(obj.id)}; ids must differ")
            seen.add(obj.id)
        return self


def _some(frames: tuple[Frame, ...]) -> tuple[Frame, ...]:
    if not frames:  # `min_length` would count the faultless frames alone
        raise ValueError("is empty; a scene has at least one frame")
    return frames


class SceneSyntax(_Part):
    """A whole video: 1 to 512 frames. The first frame's background motion is ignored."""

    version: Annotated[Literal[1], BeforeValidator(_whole)]
    prompt: Text
    frames: Annotated[tuple[Frame, ...], Field(max_length=MAX_FRAMES), AfterValidator(_some)]


def check_num_frames(num_frames: int) -> None:
    """Raises: InputError unless a scene can have so many frames."""
    if type(num_frames) is not int or not 1 <= num_frames <= MAX_FRAMES:
        raise InputError(f"frames: {num_frames!r} is not a whole number from 1 to {MAX_FRAMES}")


def parse_scene(text: str | bytes, where: str = "scene") -> SceneSyntax:
    """Reads a scene from JSON; `where` (a file name, say) starts every error message.

    Raises: InputError, one line that names the place of the first fault.
    """
    text = _decode(text, where)
    try:
        tree = json.loads(text, object_pairs_hook=keep_repeats)
    except (ValueError, RecursionError) as error:
        line, column = getattr(error, "lineno", 1), getattr(error, "colno", 1)
        fault = getattr(error, "msg", "a number has too many digits")
        raise InputError(
            f"{where}: line {line}, column {column}: not valid JSON ({fault})"
        ) from None
    for place, problem in _problems(tree, ()):
        raise InputError(f"{where}: {_place(place)}{problem}")
    try:
        return SceneSyntax.model_validate_json(text)
    except ValidationError as error:
        raise InputError(f"{where}: {first_fault(error)}") from None


def read_scene(path: str | os.PathLike[str]) -> SceneSyntax:
    """Reads and checks a scene file.

    Raises: OutputError if the file cannot be read, InputError if what it holds is no scene.
    """
    shown = _quote_path(path)
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise OutputError(f"{shown}: cannot be read ({reason(error).lower()})") from None
    return parse_scene(data, where=shown)


def scene_json(scene: SceneSyntax) -> str:
    """The scene as JSON for people: one line for each object and each motion."""

    def line(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False)

    frames = []
    for frame in scene.model_dump(mode="json")["frames"]:
        objects = ",\n".join(f"        {line(obj)}" for obj in frame["objects"])
        objects = f"[\n{objects}\n      ]" if objects else "[]"
        frames.append(
            "    {\n"
            f'      "description": {line(frame["description"])},\n'
            f'      "objects": {objects},\n'
            f'      "background_motion": {line(frame["background_motion"])}\n'
            "    }"
        )
    return (
        f'{{\n  "version": {scene.version},\n  "prompt": {line(scene.prompt)},\n  "frames": [\n'
        + ",\n".join(frames)
        + "\n  ]\n}\n"
    )


def write_scene(path: str | os.PathLike[str], scene: SceneSyntax) -> None:
    """Writes a scene file atomically. Raises: OutputError; an older file then stays as it was."""
    write_text(Path(path), scene_file(path, scene))


def scene_file(path: str | os.PathLike[str], scene: SceneSyntax) -> str:
    """What is to stand in a scene file; raises OutputError if nobody could read it again."""
    text = scene_json(scene)
    if (size := len(text.encode())) > MAX_BYTES:
        raise OutputError(
            f"{_quote_path(path)}: the scene takes {size} bytes, the limit is {MAX_BYTES}; "
            "use shorter texts or fewer frames"
        )
    return text


def _decode(text: str | bytes, where: str) -> str:
    if len(text) > MAX_BYTES:
        raise InputError(f"{where}: larger than {MAX_BYTES} bytes; a scene is much smaller")
    if isinstance(text, bytes):
        try:
            text = text.decode()
        except UnicodeDecodeError as error:
            raise InputError(f"{where}: byte {error.start}: not UTF-8; save it as UTF-8") from None
    if text.startswith("\ufeff"):
        raise InputError(f"{where}: starts with a byte-order mark; save it as UTF-8 without BOM")
    depth = 0
    # A text that does not end is one token, too: it is looked through once.
    for token in re.finditer(r'"(?:[^"\\]|\\.)*"?|[\[{\]}]', text, re.DOTALL):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
        if depth > MAX_DEPTH:
            raise InputError(
                f"{where}: character {token.start()}: nested deeper than {MAX_DEPTH} levels"
            )
    return text


class RepeatedKey(dict[str, Any]):
    """A JSON object in which a key occurs twice; `key` is that key."""

    key: str


def keep_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object from its pairs; a `RepeatedKey` if it has one."""
    result = dict(pairs)
    if len(result) == len(pairs):
        return result
    repeated = RepeatedKey(result)
    counts = Counter(key for key, _ in pairs)
    repeated.key = next(key for key, count in counts.items() if count > 1)
    return repeated


def _problems(tree: Any, place: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Faults that a JSON library passes over in silence, each as (place, what)."""
    if isinstance(tree, RepeatedKey):
        yield place, f"the key {_quote(tree.key)} occurs twice; keep one"
    if isinstance(tree, str) and any(0xD800 <= ord(c) < 0xE000 for c in tree):
        yield place, "holds half of a surrogate pair; remove it"
    if isinstance(tree, dict | list):
        for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from _problems(key, place)
            yield from _problems(value, (*place, key))


def first_fault(error: ValidationError) -> str:
    """The first of the faults that a check found, with its place, and how many more there are."""
    faults = error.errors(include_url=False)
    fault = faults[0]
    message = {"missing": "is missing", "extra_forbidden": "is not a key of the scene syntax"}.get(
        fault["type"]
    )
    if message is None:
        message = fault["msg"].removeprefix("Value error, ").replace("Input should", "should")
        if fault["type"] != "value_error" and not isinstance(fault["input"], dict | list):
            message += f", not {_quote(fault['input'])}"
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return _place(fault["loc"]) + message + more


def _place(location: tuple[int | str, ...]) -> str:
    """`("frames", 3, "box")` as `frames[3].box: `."""
    place = ""
    for part in location:
        if isinstance(part, int):
            place += f"[{part}]"
        else:
            name = part if part.isidentifier() and part.isascii() else _quote(part)
            place += f".{name}" if place else name
    return f"{place}: " if place else ""


def _quote(value: Any) -> str:
    """Any value on one line, short, with nothing that a terminal would act on."""
    text = json.dumps(value, default=repr)
    return text if len(text) <= 60 else text[:57] + "..."


def _quote_path(path: str | os.PathLike[str]) -> str:
    text = os.fspath(path)
    text = text.decode(errors="replace") if isinstance(text, bytes) else text
    return text if find_bad_character(text) is None else json.dumps(text)
