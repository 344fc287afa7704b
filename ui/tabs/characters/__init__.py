"""Characters: from pictures of somebody to a LoRA that holds in the shot. One file for each step of the tab."""

from ui.tabs.characters.tab import CharactersTab

__all__ = ["CharactersTab"]
