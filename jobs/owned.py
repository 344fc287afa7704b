"""The jobs of one owner: everybody else's are as unknown here as those that never were."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.executor import Executor, Newest
from jobs.job import Job, JobError


@dataclass(frozen=True)
class OwnedJobs:
    """An executor as one owner sees it. Every verb that takes an id raises JobError when it is not one of theirs."""

    executor: Executor
    owner: str

    def jobs(self) -> list[Job]:
        """All of theirs, oldest first."""
        return self.executor.jobs(self.owner)

    def find(self, job_id: str) -> Job | None:
        """A job as it is now; None when they have none of this id."""
        try:
            return self.job(job_id)
        except JobError:
            return None

    def job(self, job_id: str) -> Job:
        """A job as it is now."""
        job = self.executor.job(job_id)
        if job.owner != self.owner:
            raise JobError(f"There is no job {job_id}.")
        return job

    def place(self, job_id: str) -> int | None:
        """How many jobs start before this one; None when it is not in line."""
        return self.executor.place(self.job(job_id).id)

    def newest(self, job_id: str) -> Newest | None:
        """The newest picture of a job, while the program that carries it out is this one."""
        return self.executor.newest(self.job(job_id).id)

    def pause(self, job_id: str) -> None:
        """Stop a job soon, with everything finished kept, until its owner lets it go on."""
        self.executor.pause(self.job(job_id).id)

    def cancel(self, job_id: str) -> None:
        """End a job soon. It can still be taken up again."""
        self.executor.cancel(self.job(job_id).id)

    def go_on(self, job_id: str) -> None:
        """Put a job that is paused, failed or cancelled back in line."""
        self.executor.go_on(self.job(job_id).id)

    def remove(self, job_id: str) -> None:
        """Forget a job that is not at work."""
        self.executor.remove(self.job(job_id).id)
