"""Hardware encoders: used only where a trial of the very size works, because a driver promises more than it keeps."""

from __future__ import annotations

import functools
import subprocess

import imageio_ffmpeg

SECONDS = 20.0
"""How long a trial may take; a driver that hangs is a driver that does not work."""
ENCODERS: dict[str, str] = {
    "h264_nvenc": "-preset p7 -rc vbr -cq {crf} -b:v 0",
    "h264_qsv": "-preset veryslow -global_quality {crf}",
    "h264_videotoolbox": "-q:v {share}",
    "h264_amf": "-quality quality -rc cqp -qp_i {crf} -qp_p {crf}",
}
"""H.264 encoders of graphics cards, the ones tried first on top -> their arguments for a quality."""


def hardware_codec(width: int, height: int, crf: int) -> tuple[str, ...] | None:
    """Ffmpeg's arguments for the first hardware encoder that works at this size; None where none does.

    crf: the quality wanted, as x264 counts it, 0 to 51.
    """
    for name, arguments in ENCODERS.items():
        if works(name, width, height):
            share = max(1, round(100 - 100 * crf / 51))
            return ("-c:v", name, *arguments.format(crf=max(crf, 1), share=share).split())
    return None


@functools.cache
def works(name: str, width: int, height: int) -> bool:
    """Whether ffmpeg encodes four frames of this size with this encoder."""
    source = ("-f", "lavfi", "-i", f"testsrc2=size={width}x{height}:rate=24", "-frames:v", "4")
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error", *source]
    command += ["-pix_fmt", "yuv420p", "-c:v", name, "-f", "null", "-"]
    try:
        return subprocess.run(command, capture_output=True, timeout=SECONDS, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False
