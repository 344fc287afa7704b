"""The before/after player: both pictures are always of the same frame, at any speed and after any seek."""
