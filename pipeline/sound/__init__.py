"""Soundtracks: loudness, mixing and stems. Pictures are not its business."""
