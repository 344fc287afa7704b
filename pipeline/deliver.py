"""Delivering a render: layers and mattes, the finished movie, the same as it goes out, the master, before and after."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import partial
from itertools import tee
from pathlib import Path

from pipeline.ahead import read_ahead
from pipeline.clip.compare import Comparison, comparing
from pipeline.clip.encoder import Delivery, encode
from pipeline.clip.master import MasterFrame, write_master
from pipeline.clip.read import read_frames
from pipeline.clip.sound import made_for, soundtrack
from pipeline.clip.write import write_movie
from pipeline.composite.over import blended, over
from pipeline.engine.engine import Priority
from pipeline.engine.upscale import Upscaler
from pipeline.files import behind, explained
from pipeline.filters.retime import Guard, Timeline, retimed
from pipeline.filters.stream import closed, opened
from pipeline.filters.upscale import Network, enlarged
from pipeline.frames import FloatPicture, Frame, FrameRange, Mask, Picture
from pipeline.infotexts import infotexts_of
from pipeline.motion.cuts import CutStore
from pipeline.parts import Assembly, assembly_of, keep_parts
from pipeline.progress import Progress
from pipeline.recipe.sound import Sound
from pipeline.scenery import expression_of, face_mask
from pipeline.sound.mix import make_soundtrack
from pipeline.sound.stretch import stretched
from pipeline.version import OutFolder
from pipeline.work import Work

Assembling = Callable[[Work, FrameRange], Assembly]
"""Begins to put the frames of a version together, from the first to the last."""


def deliver(
    work: Work, frames: FrameRange, out: OutFolder, progress: Progress, assembling: Assembling = assembly_of
) -> None:
    """Write everything that a version holds. Raises OutputError, FootageError or Cancelled.

    assembling: how it is put together; by default of what the work has finished.
    """
    shot, recipe = work.plan.shot, work.plan.recipe
    with _sound_folder(out) as folder:
        sound = None if recipe.sound.untouched else make_soundtrack(shot, frames, recipe.sound, folder)
        with comparing(out.before_after, shot, frames) as comparison:
            composites = _shown(_composites(work, frames, out, progress, assembling(work, frames)), comparison)
            write_movie(out.render, composites, shot, recipe.delivery.crf, frames, sound)
        if recipe.final.wanted:
            write_final(work, frames, out, progress, sound, assembling(work, frames))
    if recipe.delivery.master != "none":
        pictures = _master_frames(work, frames, progress, assembling(work, frames))
        write_master(out.path, recipe.delivery.master, pictures, shot, frames)


def write_final(
    work: Work, frames: FrameRange, out: OutFolder, progress: Progress, sound: Path | None, assembly: Assembly
) -> None:
    """Write the shot at the rate, speed and size that the recipe's `final` asks for, from unrounded composites.

    sound: the file that is heard with the shot in place of its own. Raises as `deliver` does.
    """
    shot, final = work.plan.shot, work.plan.recipe.final
    timeline = Timeline(len(frames), shot.rate, final.tempo, final.rate_of(shot.rate))
    cuts = frozenset(CutStore.of(shot, work.plan.cache).cuts().starts)
    composites = (Frame(f.number, over(f.pixels, assembly(f).layers)) for f in work.plate.frames(frames))
    stream = retimed(
        opened(work.finished(composites)), timeline, cuts, Guard(partial(expression_of, work.crew), final.guard)
    )
    if final.scale != 1:

        def faces(number: int) -> Mask | None:
            return face_mask(work.crew, frames.first + round(timeline.place(number)))

        stream = enlarged(stream, final.scale, _network(work, progress), faces, final.faces)

    def pictures() -> Iterator[Picture]:
        for done, frame in enumerate(closed(stream), 1):
            progress.say("final", done, timeline.frames)
            yield frame.pixels

    if final.speed == 1:
        heard = soundtrack(shot, frames) if sound is None else made_for(sound)
    else:
        stretched_sound = _stretched(work, frames, out, sound, timeline.seconds)
        heard = soundtrack(shot, None) if stretched_sound is None else made_for(stretched_sound)
    delivery = Delivery(
        timeline.to, shot.pixel_aspect, work.plan.recipe.delivery.crf, hardware=final.encoder == "hardware"
    )
    encode(out.final, pictures(), delivery, heard)


def _stretched(work: Work, frames: FrameRange, out: OutFolder, sound: Path | None, length: Fraction) -> Path | None:
    """The sound at the final speed; None for a shot without any."""
    shot, folder = work.plan.shot, _folder(out)
    if sound is None and not shot.sound:
        return None
    heard = make_soundtrack(shot, frames, Sound(), folder) if sound is None else sound
    return stretched(heard, work.plan.recipe.final.tempo, length, folder / "stretched.flac")


def _network(work: Work, progress: Progress) -> Network | None:
    """The recipe's upscaler at work on the accelerator, where previews may go before it between two tiles."""
    weights, engine = work.plan.upscaler, work.runner.engine
    if weights is None:
        return None
    upscaler = Upscaler(weights, engine.device)

    def enlarge(picture: FloatPicture) -> FloatPicture:
        return engine.run(upscaler.enlarge(picture), Priority.RENDER, progress.stop)

    return enlarge


def _folder(out: OutFolder) -> Path:
    return out.path / ".sound"


@contextmanager
def _sound_folder(out: OutFolder) -> Iterator[Path]:
    """A folder for files on the way to the soundtrack, while the block runs."""
    folder = _folder(out)
    shutil.rmtree(folder, ignore_errors=True)
    with explained(folder):
        folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _composites(
    work: Work, frames: FrameRange, out: OutFolder, progress: Progress, assembly: Assembly
) -> Iterator[tuple[Picture, Picture]]:
    """Each frame of the clip as it came, and what it has become; its parts are written on the way."""
    texts = infotexts_of(work.plan)

    def composited(plates: Iterable[Frame]) -> Iterator[Frame]:
        with behind() as hand:
            for frame in plates:
                parts = assembly(frame)
                hand(partial(keep_parts, parts, frame.number, out, texts))
                yield Frame(frame.number, over(frame.pixels, parts.layers))

    with read_ahead(work.plate, frames) as stream:
        plates, before = (stream, read_frames(work.plan.shot, frames)) if work.plan.filters else tee(stream)
        for done, (plate, frame) in enumerate(zip(before, work.finished(composited(plates)), strict=True), 1):
            progress.say("deliver", done, len(frames))
            yield plate.pixels, frame.pixels


def _shown(pairs: Iterable[tuple[Picture, Picture]], comparison: Comparison) -> Iterator[Picture]:
    """What each frame has become, which is shown beside what it was, while the next is put together."""
    with behind() as hand:
        for before, after in pairs:
            hand(partial(comparison.show, before, after))
            yield after


def _master_frames(work: Work, frames: FrameRange, progress: Progress, assembly: Assembly) -> Iterator[MasterFrame]:
    texts = infotexts_of(work.plan)
    for done, frame in enumerate(work.plate.frames(frames), 1):
        parts = assembly(frame)
        progress.say("master", done, len(frames))
        pixels = blended(frame.pixels, parts.layers)
        yield MasterFrame(frame.number, pixels, None, tuple(parts.layers), parts.mattes, texts.on)
