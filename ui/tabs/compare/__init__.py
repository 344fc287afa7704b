"""Compare: views of a shot frame by frame, what was measured, frames to mend, notes, and the files to take along."""

from ui.tabs.compare.tab import CompareTab

__all__ = ["CompareTab"]
