"""What a delivered picture says of itself: Auto1111's text for each pass, and the recipe that made it."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.models.record import read_record
from pipeline.plan import RenderPlan
from pipeline.recipe.as_infotext import Facts, infotext_of
from pipeline.recipe.infotext import png_with_infotext, write_infotext
from pipeline.recipe.recipe import Recipe
from pipeline.recipe.regions import WholeFrame


@dataclass(frozen=True)
class Infotexts:
    """passes: each active pass by name, bottom first, as Auto1111 would have written it. recipe: as it was rendered."""

    passes: dict[str, str]
    recipe: Recipe

    def on(self, png: bytes, pass_name: str | None = None) -> bytes:
        """A PNG with the text of a pass in it, and the recipe; of the bottom one for a picture of all."""
        text = next(iter(self.passes.values())) if pass_name is None else self.passes[pass_name]
        return png_with_infotext(png, text, self.recipe.model_dump_json(exclude_none=True))


def infotexts_of(plan: RenderPlan) -> Infotexts:
    """The texts of a render's passes."""
    texts: dict[str, str] = {}
    hashes, embeddings = _hashes(plan)
    for planned in plan.passes:
        spec, place = planned.plan.spec, None
        if isinstance(spec.region, WholeFrame):
            place = planned.plan.place((plan.shot.width, plan.shot.height), None)
        facts = Facts((spec.size, spec.size) if place is None else place.canvas, hashes, embeddings)
        texts[planned.name] = write_infotext(infotext_of(plan.recipe, spec, facts))
    return Infotexts(texts, plan.recipe)


def _hashes(plan: RenderPlan) -> tuple[dict[str, str], dict[str, str]]:
    """Name -> hash as Auto1111 shows it, for embeddings apart; of models that were put there by hand none is known."""
    passes = [planned.plan for planned in plan.passes]
    folders = {one.checkpoint.id: one.checkpoint.folder for one in passes}
    folders |= {one.checkpoint.vae.id: one.checkpoint.vae.folder for one in passes if one.checkpoint.vae is not None}
    folders |= {control.id: control.folder for one in passes for _, control in one.controls}
    folders |= {lora.id: lora.folder for one in passes for lora in one.loras}
    words = {word.id: word.folder for one in passes for word in one.embeddings}
    known, named = (
        {id: record.short_hash for id, folder in some.items() if (record := read_record(folder)) is not None}
        for some in (folders, words)
    )
    return known, named
