"""Fittings: the studio's verbs for what trainings have left, and for trying LoRAs on before one is chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from jobs.executor import Request
from jobs.job import Job
from pipeline.engine.lease import Priority
from pipeline.errors import TrainingError
from pipeline.models.store import ModelStore
from pipeline.plan import plan_render
from pipeline.progress import Progress
from verbs.orders import spec_of
from verbs.training_orders import Bench, sample_of
from verbs.training_results import Lora, Result, check_worn, loras_for, loras_of_others, result_of, results_of
from verbs.training_trials import (
    PROBE,
    SHEET,
    Candidate,
    Wearing,
    carry_out_probe,
    carry_out_sheet,
    cells_of,
    sheet_spec,
)
from workspaces.rooms import Rooms
from workspaces.shots import next_version

if TYPE_CHECKING:
    from pipeline.render import Order


class Fittings:
    """What an artist can ask for around LoRAs that are there. Verbs name the owner, and reach nothing of another's."""

    def __init__(self, rooms: Rooms, models: ModelStore, bench: Bench) -> None:
        self._rooms, self._models, self._bench = rooms, models, bench

    def results(self, owner: str) -> list[Result]:
        """An owner's trainings, the newest first."""
        return results_of(self._rooms.home, owner)

    def result(self, owner: str, name: str) -> Result:
        """The owner's training of this name. Raises TrainingError when they have none."""
        return result_of(self._rooms.home, owner, name)

    def loras(self, owner: str) -> list[Lora]:
        """The LoRAs that recipes can name, those that others have trained left out."""
        return loras_for(self._rooms.home, owner, self._models)

    def of_others(self, owner: str) -> frozenset[str]:
        """Names of LoRAs that other people have trained here."""
        return loras_of_others(self._rooms.home, owner, self._models)

    def lora(self, owner: str, name: str) -> Lora:
        """One of those that `loras` lists. Raises TrainingError."""
        for lora in self.loras(owner):
            if lora.name == name:
                return lora
        raise TrainingError(f"There is no LoRA {name}.", "Train it to its end, or choose another.")

    def keep_step(self, owner: str, candidate: Candidate) -> Lora:
        """Bring a saved step into the store under a name of its own, so that recipes can name it.

        A finished LoRA has its name already. Raises TrainingError, RefusedFile, OutputError.
        """
        from pipeline.models.importing import Wish, import_model

        if not candidate.step:
            return self.lora(owner, candidate.name)
        worn = self._worn(owner, candidate)
        name = f"{candidate.name}-at-{candidate.step}"
        import_model(worn.file, self._models, Wish(name))
        return Lora(name, worn.trigger, "", worn.file, trained=True)

    def submit_sheet(
        self, owner: str, candidates: Sequence[Candidate], weights: Sequence[float], seeds: Sequence[int], order: Order
    ) -> Job:
        """Put a sheet in line: the order's first frame with every candidate at every weight with every seed.

        Raises TrainingError, OverQuota, ModelMissing, RefusedFile, FootageError.
        """
        cells = cells_of(candidates, weights, seeds)
        files = {one.label: self._worn(owner, one) for one in candidates}
        out = self.result(owner, candidates[0].name).folder / "sheets"
        return self._submit(owner, SHEET, sheet_spec(out, cells, files, self._sample(owner, order)))

    def submit_probe(self, owner: str, of: Candidate, lora: Lora, weight: float, order: Order) -> Job:
        """Put a probe in line: the order's frames without the LoRA and with it, both measured. of: whose it is.

        Raises TrainingError, OverQuota, ModelMissing, RefusedFile, FootageError.
        """
        out = next_version(self.result(owner, of.name).folder / "probes")
        worn: dict[str, Any] = {"lora": lora.name, "trigger": lora.trigger, "weight": weight}
        return self._submit(owner, PROBE, {"sample": self._sample(owner, order), "out": str(out.absolute()), **worn})

    def carry_out_sheet(self, job: Job, progress: Progress) -> None:
        """Carry out a sheet's job; goes on where an earlier attempt stopped. Raises PhotoplayError."""
        carry_out_sheet(job, self._order(job), self._bench.preview, self._models, progress)

    def carry_out_probe(self, job: Job, progress: Progress) -> None:
        """Carry out a probe's job; goes on where an earlier attempt stopped. Raises PhotoplayError."""
        carry_out_probe(job, self._order(job), self._bench.render, progress)

    def _worn(self, owner: str, candidate: Candidate) -> Wearing:
        """The file of a candidate, as it lies on the disk. Raises TrainingError."""
        if candidate.step == 0:
            lora = self.lora(owner, candidate.name)
            return Wearing(lora.file.absolute(), lora.trigger, 1.0)
        result = self.result(owner, candidate.name)
        file, settings = result.checkpoints.get(candidate.step), result.settings
        if file is None or settings is None:
            raise TrainingError(
                f"{candidate.name} was not saved at step {candidate.step}.",
                f"It was at: {', '.join(map(str, result.checkpoints)) or 'no step yet'}.",
            )
        return Wearing(file.absolute(), settings.trigger, 1.0)

    def _sample(self, owner: str, order: Order) -> Mapping[str, Any]:
        self._rooms.check_shot(owner, order.shot)
        check_worn(self._rooms.home, owner, order.recipe, self._models)
        return spec_of(order, plan_render(order.shot, order.recipe, self._models, self._rooms.home.cache))

    def _order(self, job: Job) -> Order:
        return self._bench.order_of(cast(Job, sample_of(job)))

    def _submit(self, owner: str, kind: str, spec: Mapping[str, Any]) -> Job:
        jobs = self._bench.jobs()
        self._rooms.quota.check_job(owner, jobs.count(owner, ("queued",)))
        return jobs.submit(Request(kind, spec, owner, Priority.RENDER))
