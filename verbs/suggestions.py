"""Suggested settings: a probe of about a second at a handful of strengths, measured, and the knee of the curve."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from pipeline.clip.still import encode_png
from pipeline.errors import RecipeError
from pipeline.files import atomic
from pipeline.frames import FrameRange, Picture
from pipeline.measure.knee import Point, knee
from pipeline.measure.liveliest import liveliest
from pipeline.measure.regions import BACKGROUND, BODY, FACE, WHOLE
from pipeline.measure.tradeoff import TradeOff, picture_of
from pipeline.progress import Progress, Step
from pipeline.recipe.load import save_recipe
from pipeline.recipe.passes import PassSpec
from pipeline.recipe.recipe import Recipe
from pipeline.recipe.regions import Face, FacePart

if TYPE_CHECKING:
    from pipeline.measure.report import Report
    from pipeline.render import Order, Rendered

SHARES = (0.4, 0.6, 0.8, 1.0, 1.2)
"""The strengths that are tried, in parts of the recipe's own."""
STRONGEST = 0.95
FACES, REST = "face", "body"
HEAD = ("", "strength", "distance", "acting", "flicker", "detail", "cost", "")
"""Distance in levels of 255, acting kept, flicker and detail in parts of the plate's own, cost in faults (`knee`)."""


@dataclass(frozen=True)
class Suggestion:
    """What the probe has shown. frames: of the probe. recipe: with the strengths chosen. curves: face, then the rest.

    motion: along what it was measured.
    """

    frames: FrameRange
    recipe: Recipe
    curves: tuple[TradeOff, ...]
    motion: str

    def rows(self) -> list[tuple[str, ...]]:
        """One row for each part and strength, as in HEAD; the last word is "chosen" or empty."""
        return [
            (curve.name, *_words(point), "chosen" if point == curve.chosen else "")
            for curve in self.curves
            for point in curve.points
        ]

    def table(self) -> str:
        """The rows as text."""
        lines = [HEAD, *self.rows()]
        widths = [max(len(line[at]) for line in lines) for at in range(len(HEAD))]
        return "\n".join(
            "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines
        )

    def changes(self) -> list[str]:
        """What is chosen, as changes of single settings."""
        return [
            f"passes.{spec.name}.denoising_strength={spec.denoising_strength}" for spec in self.recipe.active_passes
        ]

    def picture(self) -> Picture:
        """The curves, uint8 RGB."""
        return picture_of(self.curves)

    def to_json(self) -> dict[str, Any]:
        """Plain data: the frames, the curves, and what is chosen."""
        curves = {
            curve.name: {
                "chosen": curve.chosen.strength,
                "points": [{**asdict(point), "cost": point.cost} for point in curve.points],
            }
            for curve in self.curves
        }
        return {"frames": [self.frames.first, self.frames.last], "changes": self.changes(), "curves": curves}

    def keep_picture(self, path: Path) -> None:
        """Write the curves as PNG. Raises OutputError."""
        with atomic(path) as part:
            part.write_bytes(encode_png(self.picture()))

    def save(self, path: Path) -> None:
        """Write the recipe with the strengths chosen, as a preset. Raises OutputError."""
        with atomic(path) as part:
            save_recipe(self.recipe, part)


def suggest(order: Order, render: Callable[[Order, Progress], Rendered], progress: Progress) -> Suggestion:
    """Try a handful of strengths on the liveliest second of the order's frames and choose for each part.

    render: renders an order through the real recipe; what is finished lies in the cache and is found again. The
    order's own folder is not touched. Raises RecipeError when no pass has a strength to try, PhotoplayError.
    """
    recipe = order.recipe
    if not any(spec.denoising_strength for spec in recipe.active_passes):
        raise RecipeError(f"No pass of {recipe.title} has a strength to try.", "Set a denoising strength above 0.")
    frames = liveliest(order.shot, order.frames, recipe.batch_size, progress)
    reports: list[Report] = []
    with TemporaryDirectory(prefix="photoplay-probe-") as folder:
        for number, share in enumerate(SHARES, 1):
            probe = replace(order, recipe=at(recipe, share), frames=frames, out=Path(folder) / str(number))
            reports.append(render(probe, _told(progress, number)).report)
    curves = tuple(_curve(name, recipe, reports) for name in (FACES, REST) if passes_of(recipe, name))
    known = tuple(curve for curve in curves if curve is not None)
    chosen = {curve.name: SHARES[curve.points.index(curve.chosen)] for curve in known}
    return Suggestion(frames, with_shares(recipe, chosen), known, reports[0].motion)


def check_preset(path: Path) -> None:
    """Raise RecipeError when a preset cannot be kept under this name."""
    if path.suffix != ".toml":
        raise RecipeError(f"{path} is no name for a preset.", "Give a file that ends in .toml.")


def passes_of(recipe: Recipe, name: str) -> list[PassSpec]:
    """The active passes that work at faces, or the others, with a strength to try."""
    found = (spec for spec in recipe.active_passes if isinstance(spec.region, Face | FacePart) == (name == FACES))
    return [spec for spec in found if spec.denoising_strength]


def at(recipe: Recipe, share: float) -> Recipe:
    """The recipe with all strengths at this share of their own."""
    return with_shares(recipe, {FACES: share, REST: share})


def with_shares(recipe: Recipe, shares: dict[str, float]) -> Recipe:
    """The recipe with the strengths of each part at its share; other parts stay, single people go along."""
    changed = {spec.name: _scaled(spec, share) for name, share in shares.items() for spec in passes_of(recipe, name)}
    return recipe.model_copy(update={"passes": tuple(changed.get(spec.name, spec) for spec in recipe.passes)})


def scaled(strength: float, share: float) -> float:
    """A strength at a share of itself, in hundredths."""
    return min(round(strength * share, 2), max(strength, STRONGEST))


def _scaled(spec: PassSpec, share: float) -> PassSpec:
    people = tuple(
        one
        if one.denoising_strength is None
        else one.model_copy(update={"denoising_strength": scaled(one.denoising_strength, share)})
        for one in spec.people
    )
    return spec.model_copy(update={"denoising_strength": scaled(spec.denoising_strength, share), "people": people})


def _curve(name: str, recipe: Recipe, reports: Sequence[Report]) -> TradeOff | None:
    """The curve of one part, by the strength of its first pass; None where the probe does not show that part."""
    own = passes_of(recipe, name)[0].denoising_strength
    alone = name == REST and not passes_of(recipe, FACES)
    regions = (FACE,) if name == FACES else (WHOLE,) if alone else (BODY, BACKGROUND)
    points = list[Point]()
    for share, report in zip(SHARES, reports, strict=True):
        distance = _mean(report, "distance", regions)
        if distance is None:
            return None
        points.append(
            Point(
                strength=scaled(own, share),
                distance=distance,
                acting=_acting(report) if name == FACES or alone else None,
                flicker=_mean(report, "flicker", regions),
                detail=_mean(report, "detail", regions),
            )
        )
    return TradeOff(name, tuple(points), knee(points))


def _acting(report: Report) -> float | None:
    """Expression kept over all of the plate's faces, those that the render has lost too; None where nothing moves."""
    acting = report.acting
    if not any(curve.kept.ceiling is not None for curve in acting.curves):
        return None
    return (acting.kept.value or 0.0) * (acting.found.value or 0.0)


def _mean(report: Report, measure: str, regions: Sequence[str]) -> float | None:
    """The mean of a measure over the regions that have a figure; of flicker the ratio."""
    found = [one for one in getattr(report.pictures, measure) if one.region in regions]
    values = [(one.ratio if measure == "flicker" else one.figure).value for one in found]
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _told(progress: Progress, number: int) -> Progress:
    """The news of one probe."""

    def listen(step: Step) -> None:
        progress.listen(replace(step, stage=f"probe {number} of {len(SHARES)}, {step.stage}"))

    return Progress(listen, progress.stop)


def _words(point: Point) -> tuple[str, ...]:
    figures = ("-" if value is None else f"{value:.2f}" for value in (point.acting, point.flicker, point.detail))
    return (f"{point.strength:.2f}", f"{point.distance:.1f}", *figures, f"{point.cost:.1f}")
