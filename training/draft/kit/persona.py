"""Every choice that makes a character, from a seed, in plain words and numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.draft.kit.palette import CLOTH, EYES, HAIR, SKIN, pick

HAIRCUTS = {
    "female": (*("long01", "ponytail01", "long01", "ponytail01", "bob02", "bob01", "short02", "long01", "ponytail01"),),
    "male": (*("short02", "short04", "short01", "short02", "short04", "buzz", "short01", "buzz", "short03"),),
}
"""The more often named, the more often worn."""
CLOTHES = {
    "female": (
        "female_casualsuit01",
        "female_elegantsuit01",
        "female_casualsuit02",
        "female_elegantsuit01",
        "male_casualsuit02",
    ),
    "male": (*(f"male_casualsuit0{n}" for n in range(1, 7)), "male_elegantsuit01"),
}
SHAPES = ("oval", "round", "rectangular", "square", "triangular", "invertedtriangular", "diamond")
SOFT_SHAPES = (*SHAPES[:2], *SHAPES[-2:])
DETAILS = (
    *(f"nose/nose-{what}" for what in ("scale-horiz", "scale-vert", "point-width", "width2", "hump", "volume")),
    *(f"chin/chin-{what}" for what in ("width", "prominent", "height")),
    *(f"mouth/mouth-{what}" for what in ("scale-horiz", "lowerlip-volume", "upperlip-volume")),
    *("head/head-fat", "head/head-scale-horiz", "forehead/forehead-temple", "head/head-scale-vert"),
    "mouth/mouth-cupidsbow",
)
PAIRED = (
    *("cheek/{}-cheek-bones", "cheek/{}-cheek-volume", "eyes/{}-eye-scale", "eyes/{}-eye-height2", "eyes/{}-eye-bag"),
    *("ears/{}-ear-scale", "ears/{}-ear-wing"),
)
BROWS = ("001", "002", "003", "004", "006", "008", "010")
TROUSERS = ("navy", "charcoal", "black", "brown", "grey", "olive")
DECADES = ("twenties", "thirties", "forties", "fifties", "sixties")
STYLES = {
    "long01": "long {} hair",
    "bob01": "{} bob",
    "bob02": "chin-length {} hair",
    "ponytail01": "{} hair in a ponytail",
    "buzz": "shaved {} hair",
}
COATS = {
    "male_elegantsuit01": "suit",
    "male_casualsuit05": "jacket",
    "female_elegantsuit01": "blouse",
    "male_casualsuit01": "shirt",
    "male_casualsuit03": "shirt",
}
BEARDS = ((0.1, ""), (0.5, ", light stubble"), (0.9, ", stubble"), (2.0, ", short beard"))
SKIN_WORDS = ((105, "dark skin"), (145, "brown skin"), (185.1, "tan skin"), (256, "light skin"))
Target = tuple[str, float]


@dataclass(frozen=True)
class Persona:
    """One made-up person.

    heritage: weights of the base mesh's macro shapes, which add up to 1. weight, muscle: 0..1. skin: uint8 sRGB.
    stubble, freckles, lipstick: 0..1. details: names of morph targets with their weights.
    """

    seed: int
    gender: str
    age: int
    heritage: dict[str, float]
    weight: float
    muscle: float
    skin: tuple[int, int, int]
    hair: str
    hair_colour: str
    eye_colour: str
    clothes: str
    top: str
    trousers: str
    brow: str
    stubble: float
    freckles: float
    lipstick: float
    details: tuple[Target, ...]

    def words(self) -> str:
        """E.g. "woman in her thirties, light skin, long brown hair, blue top"."""
        who, whose = ("woman", "her") if self.gender == "female" else ("man", "his")
        decade = DECADES[min(max(self.age // 10 - 2, 0), 4)]
        style = STYLES.get(self.hair, "short {} hair").format(self.hair_colour)
        beard = next(word for limit, word in BEARDS if self.stubble < limit)
        skin = next(word for limit, word in SKIN_WORDS if np.mean(self.skin) < limit)
        return f"{who} in {whose} {decade}, {skin}, {style}{beard}, {self.top} {COATS.get(self.clothes, 'top')}"


def persona_of(seed: int) -> Persona:
    """The person of a seed, the same at every call."""
    rng = np.random.default_rng([seed, 11])
    gender = "female" if rng.random() < 0.5 else "male"
    age = int(rng.integers(20, 66))
    heritage = _heritage(rng)
    skin = _skin(rng, heritage)
    dark = heritage["african"] + 0.7 * heritage["asian"] > 0.55
    hair_colour, eye_colour = _hair_colour(rng, dark, age), _eye_colour(rng, dark)
    hair = str(rng.choice(HAIRCUTS[gender]))
    details = _details(rng, gender)
    return Persona(
        seed=seed,
        gender=gender,
        age=age,
        heritage={name: round(share, 3) for name, share in heritage.items()},
        weight=float(np.clip(rng.normal(0.48, 0.17), 0.1, 0.95)),
        muscle=float(np.clip(rng.normal(0.5, 0.15), 0.15, 0.9)),
        skin=skin,
        hair=hair,
        hair_colour=hair_colour,
        eye_colour=eye_colour,
        clothes=str(rng.choice(CLOTHES[gender])),
        top=pick(rng, CLOTH),
        trousers=str(rng.choice(TROUSERS)),
        brow=str(rng.choice(BROWS)),
        stubble=float(rng.choice([0, 0.25, 0.6, 1.0], p=[0.3, 0.3, 0.2, 0.2])) if gender == "male" else 0.0,
        freckles=0.0 if dark else float(rng.random() ** 3),
        lipstick=float(rng.random()) if gender == "female" else 0.0,
        details=details,
    )


def macro_targets(who: Persona) -> list[Target]:
    """The base mesh's macro shapes of age, build and heritage as (target, weight)."""
    old = float(np.clip((who.age - 25) / 65, 0, 1))
    ages = {"young": 1 - old, "old": old}
    builds = {
        f"{age}-{muscle}-{weight}": share * much * heavy
        for age, share in ages.items()
        for muscle, much in _thirds(who.muscle, "muscle").items()
        for weight, heavy in _thirds(who.weight, "weight").items()
    }
    targets = [
        (f"macrodetails/{origin}-{who.gender}-{age}", part * share)
        for origin, part in who.heritage.items()
        for age, share in ages.items()
    ]
    for build, share in builds.items():
        targets.append((f"macrodetails/universal-{who.gender}-{build}", share))
        targets.append((f"macrodetails/proportions/{who.gender}-{build}-idealproportions", 0.6 * share))
    return [(name, weight) for name, weight in targets if weight > 1e-3]


def _thirds(value: float, what: str) -> dict[str, float]:
    """How much of the least, the average and the most there is in a value of 0..1."""
    least, most = max(0.0, 1 - 2 * value), max(0.0, 2 * value - 1)
    return {f"min{what}": least, f"average{what}": 1 - least - most, f"max{what}": most}


def _heritage(rng: np.random.Generator) -> dict[str, float]:
    main = str(rng.choice(list(SKIN), p=[0.42, 0.28, 0.30]))
    mix = {name: 0.3 * float(share) for name, share in zip(SKIN, rng.dirichlet([0.5] * 3), strict=True)}
    return {**mix, main: mix[main] + 0.7}


def _skin(rng: np.random.Generator, heritage: dict[str, float]) -> tuple[int, int, int]:
    light, deep = (sum(np.array(SKIN[name][end]) * share for name, share in heritage.items()) for end in (0, 1))
    depth = rng.beta(1.6, 1.8)
    tone = np.clip(light * (1 - depth) + deep * depth + rng.normal(0, 2.5, 3), 30, 245)
    return int(tone[0]), int(tone[1]), int(tone[2])


def _hair_colour(rng: np.random.Generator, dark: bool, age: int) -> str:
    if dark:
        colour = rng.choice(["black", "dark brown", "brown"], p=[0.6, 0.3, 0.1])
    else:
        colour = rng.choice(list(HAIR)[:6], p=[0.12, 0.26, 0.24, 0.1, 0.15, 0.13])
    if age > 45 and rng.random() < (age - 42) / 30:
        colour = rng.choice(["grey", "white"], p=[0.75, 0.25])
    return str(colour)


def _eye_colour(rng: np.random.Generator, dark: bool) -> str:
    return str(rng.choice(["dark brown", "brown"], p=[0.7, 0.3])) if dark else pick(rng, EYES)


def _details(rng: np.random.Generator, gender: str) -> tuple[Target, ...]:
    shape = str(rng.choice(SHAPES if gender == "male" else SOFT_SHAPES))
    details = [(f"head/head-{shape}", float(rng.uniform(0.1, 0.6)))]
    for name in DETAILS:
        details.append(_detail(name, float(np.clip(rng.normal(0, 0.3), -0.6, 0.6))))
    for name in PAIRED:
        weight = float(np.clip(rng.normal(0, 0.26), -0.5, 0.5))
        details += [_detail(name.format(side), weight * float(rng.uniform(0.85, 1))) for side in "lr"]
    return tuple(details)


def _detail(name: str, weight: float) -> Target:
    return f"{name}-{'incr' if weight > 0 else 'decr'}", abs(weight)
