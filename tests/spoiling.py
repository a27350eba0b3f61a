"""Ways to spoil a good scene, one fault each, for tests of what finds faults."""

from collections.abc import Callable

from flowzero_jax.scene import BackgroundMotion, SceneObject, SceneSyntax

Box = tuple[float, float, float, float]
_COLORS = ("red", "blue", "green", "yellow", "purple", "orange", "black", "white", "pink", "brown")


def change_objects(
    scene: SceneSyntax, change: Callable[[int, list[SceneObject]], list[SceneObject]]
) -> SceneSyntax:
    """The scene with `change(frame, objects)` in place of each frame's objects."""
    frames = [
        frame.model_copy(update={"objects": tuple(change(number, list(frame.objects)))})
        for number, frame in enumerate(scene.frames)
    ]
    return scene.model_copy(update={"frames": tuple(frames)})


def change_boxes(scene: SceneSyntax, change: Callable[[str, int, Box], Box]) -> SceneSyntax:
    """The scene with `change(id, frame, box)` in place of each box."""

    def objects(number: int, present: list[SceneObject]) -> list[SceneObject]:
        return [
            SceneObject(id=o.id, phrase=o.phrase, box=change(o.id, number, o.box)) for o in present
        ]

    return change_objects(scene, objects)


def boxes_of(scene: SceneSyntax, name: str) -> dict[int, Box]:
    return {k: o.box for k, f in enumerate(scene.frames) for o in f.objects if o.id == name}


def ids_of(scene: SceneSyntax) -> list[str]:
    return list(dict.fromkeys(o.id for frame in scene.frames for o in frame.objects))


def moved(box: Box, dx: float, dy: float) -> Box:
    """The box moved as far as the frame allows."""
    dx = min(max(dx, -box[0]), 1 - box[2])
    dy = min(max(dy, -box[1]), 1 - box[3])
    x0, y0, x1, y1 = box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy
    return max(round(x0, 4), 0.0), max(round(y0, 4), 0.0), round(x1, 4), round(y1, 4)


def freeze(scene: SceneSyntax) -> SceneSyntax:
    """Nothing moves."""
    firsts = {name: next(iter(boxes_of(scene, name).values())) for name in ids_of(scene)}
    return change_boxes(scene, lambda name, number, box: firsts[name])


def reverse(scene: SceneSyntax) -> SceneSyntax:
    """The objects run backwards."""
    objects = [frame.objects for frame in scene.frames][::-1]
    return change_objects(scene, lambda number, present: list(objects[number]))


def leave_one_out(scene: SceneSyntax) -> SceneSyntax:
    name = ids_of(scene)[0]
    return change_objects(scene, lambda number, present: [o for o in present if o.id != name])


def add_a_copy(scene: SceneSyntax) -> SceneSyntax:
    """One more of the first object, beside it."""
    name = ids_of(scene)[0]

    def objects(number: int, present: list[SceneObject]) -> list[SceneObject]:
        copies = [
            SceneObject(id=f"{o.id} copy", phrase=o.phrase, box=moved(o.box, 0.4, 0.3))
            for o in present
            if o.id == name
        ]
        return present + copies

    return change_objects(scene, objects)


def recolor(scene: SceneSyntax) -> SceneSyntax:
    """Every colour in a phrase becomes the next one."""

    def other(phrase: str) -> str:
        words = phrase.split()
        words[:-1] = [
            _COLORS[(_COLORS.index(w) + 1) % len(_COLORS)] if w in _COLORS else w
            for w in words[:-1]
        ]
        return " ".join(words)

    return change_objects(
        scene,
        lambda number, present: [o.model_copy(update={"phrase": other(o.phrase)}) for o in present],
    )


def pile_up(scene: SceneSyntax) -> SceneSyntax:
    """The second track lies on the first one."""
    names = ids_of(scene)
    if len(names) < 2:
        return scene
    below = boxes_of(scene, names[0])

    def box(name: str, number: int, own: Box) -> Box:
        return moved(below[number], 0.01, 0.0) if name == names[1] and number in below else own

    return change_boxes(scene, box)


def show_always(scene: SceneSyntax) -> SceneSyntax:
    """What comes or goes is there all the time."""
    known = {o.id: o for frame in scene.frames for o in frame.objects}

    def objects(number: int, present: list[SceneObject]) -> list[SceneObject]:
        here = {o.id for o in present}
        return present + [o for name, o in known.items() if name not in here]

    return change_objects(scene, objects)


def never_change(scene: SceneSyntax) -> SceneSyntax:
    """All frames tell and show what the first one does."""
    first = {o.id: o.phrase for o in scene.frames[0].objects}
    told = scene.frames[0].description
    frames = [
        frame.model_copy(
            update={
                "description": told,
                "objects": tuple(
                    o.model_copy(update={"phrase": first.get(o.id, o.phrase)})
                    for o in frame.objects
                ),
            }
        )
        for frame in scene.frames
    ]
    return scene.model_copy(update={"frames": tuple(frames)})


def turn_background(scene: SceneSyntax) -> SceneSyntax:
    """The background moves up, or to the right where it moved up, or stands still."""

    def other(motion: BackgroundMotion) -> BackgroundMotion:
        if motion.direction == "random" or not motion.speed:
            return BackgroundMotion(direction="left", speed=0.0)
        direction = "right" if motion.direction == "up" else "up"
        return BackgroundMotion(direction=direction, speed=motion.speed)

    frames = [
        frame.model_copy(update={"background_motion": other(frame.background_motion)})
        for frame in scene.frames
    ]
    return scene.model_copy(update={"frames": tuple(frames)})


def mirror(scene: SceneSyntax) -> SceneSyntax:
    """Left and right, top and bottom change places."""
    return change_boxes(
        scene,
        lambda name, number, b: tuple(round(1 - v, 4) for v in (b[2], b[3], b[0], b[1])),
    )


SPOILERS = (
    freeze, reverse, leave_one_out, add_a_copy, recolor, pile_up, show_always, never_change,
    turn_background, mirror,
)  # fmt: skip
