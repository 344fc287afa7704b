"""Typed settings: what to do with a shot, as data. Frozen, bounded, unknown fields refused."""
