"""Filters: from a stream of frames to a stream of frames, each looking only as far as it says."""
