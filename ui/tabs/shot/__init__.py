"""Shot: drop a clip or open an earlier one, see what it is and who is in it, choose its frames."""

from ui.tabs.shot.tab import ShotTab

__all__ = ["ShotTab"]
