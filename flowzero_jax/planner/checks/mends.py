"""Single mendings of a scene's boxes; each proposes changed tracks and says what it did."""

import statistics
from collections.abc import Iterator
from itertools import combinations

from flowzero_jax.planner.checks.findings import Finding
from flowzero_jax.planner.checks.geometry import longest_step
from flowzero_jax.planner.checks.matching import Case
from flowzero_jax.planner.checks.tracks import Track, area, centre, covered, numbered, some
from flowzero_jax.scene import Box, SceneObject, SceneSyntax

#: New boxes by track id and frame; frames that a track lacks are added.
Tracks = dict[str, dict[int, Box]]
_SMALLEST = 0.06
_APART = 0.02


def with_tracks(scene: SceneSyntax, tracks: Tracks) -> SceneSyntax:
    """The scene with some boxes replaced or added; a new object takes the phrase before it.

    Raises: ValueError if a new box has no area.
    """
    frames = []
    phrases: dict[str, str] = {}
    for number, frame in enumerate(scene.frames):
        objects = []
        for obj in frame.objects:
            box = tracks.get(obj.id, {}).get(number, obj.box)
            if box != obj.box:
                obj = SceneObject(id=obj.id, phrase=obj.phrase, box=box)
            objects.append(obj)
            phrases[obj.id] = obj.phrase
        present = {obj.id for obj in objects}
        for name, boxes in tracks.items():
            if number in boxes and name not in present and name in phrases:
                objects.append(SceneObject(id=name, phrase=phrases[name], box=boxes[number]))
        frames.append(frame.model_copy(update={"objects": tuple(objects)}))
    return scene.model_copy(update={"frames": tuple(frames)})


def _about(case: Case, findings: tuple[Finding, ...], *kinds: str) -> list[Track]:
    """The tracks that findings of some kinds are about, kind by kind."""
    tracks = {track.id: track for track in case.tracks}
    names = [finding.object_id for kind in kinds for finding in findings if finding.kind == kind]
    return [tracks[name] for name in dict.fromkeys(names) if name is not None]


def _rounded(box: tuple[float, ...]) -> Box:
    x0, y0, x1, y1 = (round(min(max(value, 0.0), 1.0), 4) for value in box)
    return x0, y0, x1, y1


def box_at(x: float, y: float, width: float, height: float) -> Box:
    """A box of this size, its centre as near to (x, y) as the frame allows."""
    width, height = min(width, 1.0), min(height, 1.0)
    x = min(max(x, width / 2), 1 - width / 2)
    y = min(max(y, height / 2), 1 - height / 2)
    return _rounded((x - width / 2, y - height / 2, x + width / 2, y + height / 2))


def _between(track: Track, a: int, b: int, frame: int) -> Box:
    """The box of a frame on the way between two others."""
    part = (frame - a) / (b - a)
    pairs = zip(track.box(a), track.box(b), strict=True)
    return _rounded(tuple(start + (end - start) * part for start, end in pairs))


def convert_convention(case: Case, findings: tuple[Finding, ...]) -> Iterator[tuple[str, Tracks]]:
    """Reads all boxes as [x, y, width, height], if some surely are and all can be."""
    if not _about(case, findings, "wrong-convention"):
        return
    boxes = [box for track in case.tracks for box in map(track.box, track.frames)]
    if all(x + w <= 1.02 and y + h <= 1.02 for x, y, w, h in boxes):
        tracks: Tracks = {track.id: {} for track in case.tracks}
        for track in case.tracks:
            for frame in track.frames:
                x, y, width, height = track.box(frame)
                tracks[track.id][frame] = _rounded((x, y, x + width, y + height))
        yield "read all boxes as [x, y, width, height]", tracks


def fill_gaps(case: Case, findings: tuple[Finding, ...]) -> Iterator[tuple[str, Tracks]]:
    """Lists a track in the few frames between that it is missing in."""
    longest = max(1, case.num_frames // 8)
    for track in _about(case, findings, "gap"):
        boxes: dict[int, Box] = {}
        for a, b in zip(track.frames, track.frames[1:], strict=False):
            if 1 < b - a <= longest + 1:
                boxes |= {frame: _between(track, a, b, frame) for frame in range(a + 1, b)}
        if boxes:
            yield f"{track.id!r}: filled {numbered(boxes, 8)}", {track.id: boxes}


def straighten_outliers(case: Case, findings: tuple[Finding, ...]) -> Iterator[tuple[str, Tracks]]:
    """Puts single frames that jump away from both neighbours back between them."""
    limit = longest_step(case.num_frames)
    for track in _about(case, findings, "teleport", "size-jump"):
        for a, frame, b in zip(track.frames, track.frames[1:], track.frames[2:], strict=False):
            straight = _between(track, a, b, frame)
            (x, y), (sx, sy) = track.centre(frame), centre(straight)
            ratio = track.side(frame) / area(straight) ** 0.5
            far = max(abs(x - sx), abs(y - sy)) > min(0.6 * limit, 0.1)
            if far or not 0.7 < ratio < 1.45:
                yield (
                    f"{track.id!r}: put frame {frame} between its neighbours",
                    {track.id: {frame: straight}},
                )


def restore_sizes(case: Case, findings: tuple[Finding, ...]) -> Iterator[tuple[str, Tracks]]:
    """Brings boxes that the edge has cut off back inside, at their track's usual size."""
    for track in _about(case, findings, "outside-frame"):
        sizes = [track.size(f) for f in track.frames]
        width, height = map(statistics.median, zip(*sizes, strict=True))
        changed = {
            f: box_at(*track.centre(f), width, height)
            for f in track.frames
            if area(track.box(f)) < 0.6 * width * height
        }
        yield f"{track.id!r}: brought {numbered(changed, 8)} inside the frame", {track.id: changed}


def enlarge_tiny(case: Case, findings: tuple[Finding, ...]) -> Iterator[tuple[str, Tracks]]:
    """Gives boxes a side that can be drawn."""
    for track in _about(case, findings, "tiny-box", "thin-box"):
        changed = {}
        for frame in track.frames:
            width, height = track.size(frame)
            least = max(_SMALLEST, max(width, height) / 5)
            if min(width, height) < least:
                size = max(width, least), max(height, least)
                changed[frame] = box_at(*track.centre(frame), *size)
        if changed:
            yield f"{track.id!r}: enlarged the box in {numbered(changed, 8)}", {track.id: changed}


def smooth(case: Case, findings: tuple[Finding, ...]) -> Iterator[tuple[str, Tracks]]:
    """Calms tracks that tremble or jump; their ends stay where they are."""
    for track in _about(case, findings, "rough-track", "teleport", "size-jump"):
        boxes: list[tuple[float, ...]] = [track.box(f) for f in track.frames]
        for passes in range(1, 9):
            threes = zip(boxes, boxes[1:], boxes[2:], strict=False)
            inner = [
                tuple((a + 2 * b + c) / 4 for a, b, c in zip(*three, strict=True))
                for three in threes
            ]
            boxes = [boxes[0], *inner, *boxes[1:][-1:]]
            if passes in (1, 2, 4, 8):
                smoothed = {f: _rounded(box) for f, box in zip(track.frames, boxes, strict=True)}
                yield f"{track.id!r}: smoothed the track", {track.id: smoothed}


def separate(case: Case, findings: tuple[Finding, ...]) -> Iterator[tuple[str, Tracks]]:
    """Moves whole tracks aside that cover each other without a reason."""
    involved = _about(case, findings, "overlap", "duplicate-track")
    for a, b in combinations(case.tracks, 2):
        frames = some(a.shared(b)) if a in involved or b in involved else []
        if not any(_covers(a.box(frame), b, frame) for frame in frames):
            continue
        options = []
        for track, other in ((b, a), (a, b)):
            for dx, dy in _ways_out(track, other):
                moved = _shifted(track, dx, dy)
                if moved is not None and not _hits(case, track, moved):
                    options.append((abs(dx) + abs(dy), f"{track.id!r}", {track.id: moved}))
        for _, name, tracks in sorted(options, key=lambda option: option[0]):
            yield f"{name}: moved aside, away from what it covered", tracks


def _ways_out(track: Track, other: Track) -> list[tuple[float, float]]:
    """The shifts to the left, right, up and down that free a track from another."""
    boxes = [(track.box(f), other.box(f)) for f in track.shared(other)]
    left = min(o[0] - t[2] for t, o in boxes) - _APART
    right = max(o[2] - t[0] for t, o in boxes) + _APART
    up = min(o[1] - t[3] for t, o in boxes) - _APART
    down = max(o[3] - t[1] for t, o in boxes) + _APART
    return [(left, 0.0), (right, 0.0), (0.0, up), (0.0, down)]


def _shifted(track: Track, dx: float, dy: float) -> dict[int, Box] | None:
    """The track at another place, or None if it does not fit into the frame there."""
    moved = {}
    for frame in track.frames:
        x0, y0, x1, y1 = track.box(frame)
        if not (x0 + dx >= 0 and x1 + dx <= 1 and y0 + dy >= 0 and y1 + dy <= 1):
            return None
        moved[frame] = _rounded((x0 + dx, y0 + dy, x1 + dx, y1 + dy))
    return moved


def _hits(case: Case, track: Track, moved: dict[int, Box]) -> bool:
    """Whether the moved track newly covers a third one."""
    return any(
        _covers(moved[frame], other, frame) and not _covers(track.box(frame), other, frame)
        for other in case.tracks
        if other is not track
        for frame in some(list(moved))
        if frame in other.objects
    )


def _covers(box: Box, track: Track, frame: int) -> bool:
    return covered(box, track.box(frame)) > 0.3
