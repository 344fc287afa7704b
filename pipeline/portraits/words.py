"""Facts about a picture in words: those of the draft model's captions, left and right being the viewer's."""

from __future__ import annotations

from pipeline.portraits.facts import FaceFacts, PictureFacts

FRAMINGS = ((0.52, "extreme close-up"), (0.31, "close-up"), (0.19, "head and shoulders"), (0.08, "medium"))
"""Least height of the face in heights of the crop -> framing. Between the framings of 40 stills of two people."""
WIDE = "wide"
TURNED, PROFILE = 15.0, 45.0
"""Degrees from which a head counts as turned, and as seen from the side."""
NODDING = 13.0
GAZE_DEGREES = 100.0
"""Degrees by which eyes look aside for each eye width that the irises lie off the middle, roughly."""
ASIDE = 12.0
"""Degrees from the camera from which somebody looks elsewhere."""
SMILING, OPEN, WIDE_OPEN = -1.37, 0.08, 0.12
"""Signs of the mesh: smile above, lip distances from which the mouth is open, and open enough to laugh."""
SHUT, HALF_SHUT = 0.11, 0.18
"""Openness of the eyes below which they are shut, half shut."""
ONE_SIDED = 0.12
DARK = 45.0
"""Mean luma below which a picture is low-key."""


def framing(picture: PictureFacts) -> str:
    """How near the camera is."""
    if picture.face is None:
        return WIDE
    share = picture.face.box[3] / picture.crop[3]
    return next((name for least, name in FRAMINGS if share >= least), WIDE)


def direction(face: FaceFacts) -> str:
    """Where the head points."""
    if abs(face.yaw) >= PROFILE:
        return f"profile {'right' if face.yaw > 0 else 'left'}"
    if abs(face.yaw) >= TURNED:
        return f"head turned {'right' if face.yaw > 0 else 'left'}"
    if abs(face.pitch) >= NODDING:
        return f"head {'down' if face.pitch > 0 else 'up'}"
    return "facing the camera"


def looking(face: FaceFacts) -> str | None:
    """Where the eyes look; None while they are shut."""
    if face.eyes < HALF_SHUT:
        return None
    aside = face.yaw + GAZE_DEGREES * face.gaze
    if abs(aside) < ASIDE:
        return "looking at the camera"
    return f"looking {'right' if aside > 0 else 'left'}"


def expression(face: FaceFacts) -> str:
    """What the mouth does."""
    if face.smile > SMILING:
        return "laughing" if face.mouth >= WIDE_OPEN else "smiling"
    return "talking" if face.mouth >= OPEN else "neutral"


def eyes(face: FaceFacts) -> str | None:
    """What the lids do, where that is worth a word."""
    if face.eyes < SHUT:
        return "eyes closed"
    return "eyes half closed" if face.eyes < HALF_SHUT else None


def light(picture: PictureFacts) -> str:
    """Where the light on the face comes from."""
    side = 0.0 if picture.face is None else picture.face.light
    where = "" if abs(side) < ONE_SIDED else f" from the {'left' if side > 0 else 'right'}"
    if picture.brightness < DARK:
        return f"low-key light{where}"
    return f"light{where}" if where else "even light"
