"""Look: choose a preset, set the passes, preview one frame with everything that led to it, try values side by side."""

from ui.tabs.look.tab import LookTab

__all__ = ["LookTab"]
