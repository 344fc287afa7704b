"""Run one pass over one region: cut, hint, denoise, keep."""
