"""Plans that show a model what is wanted: one with motion, one with a change, one with a count."""

from flowzero_jax.planner.tracks import Background, Caption, Thing, Tracks


def examples() -> tuple[tuple[str, Tracks], ...]:
    """Prompts and their plans."""
    return (
        ("A red ball rolls from left to right on a beach.", _ball()),
        ("A caterpillar in a meadow turns into a butterfly.", _caterpillar()),
        ("Two yellow ducks swim to the left on a lake, the camera pans left.", _ducks()),
    )


def _ball() -> Tracks:
    """From one side to the other; nothing else moves."""
    path = [[0, 4, 60, 20, 20], [100, 76, 60, 20, 20]]
    return Tracks(
        captions=[Caption(at=0, text="a red ball on a beach")],
        background=[],
        things=[Thing(phrase="a red ball", path=path, move="even")],
    )


def _caterpillar() -> Tracks:
    """One thing ends where the next one begins; the texts of the first half tell only the start."""
    box, texts = [30, 35, 40, 40], ("a caterpillar", "a butterfly")
    paths = [[[0, *box], [50, *box]], [[50, *box]]]
    return Tracks(
        captions=[
            Caption(at=at, text=f"{text} in a meadow")
            for at, text in zip((0, 50), texts, strict=True)
        ],
        background=[],
        things=[
            Thing(phrase=text, path=path, move="even")
            for text, path in zip(texts, paths, strict=True)
        ],
    )


def _ducks() -> Tracks:
    """One thing for each of several; the camera pans, so the background moves."""
    return Tracks(
        captions=[Caption(at=0, text="two yellow ducks on a lake")],
        background=[Background(at=0, direction="right", speed=30)],
        things=[
            Thing(
                phrase="a yellow duck",
                path=[[0, left, 50, 14, 18], [100, left - 60, 50, 14, 18]],
                move="even",
            )
            for left in (62, 78)
        ],
    )
