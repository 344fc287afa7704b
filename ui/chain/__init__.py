"""A chain of filters: which there are, in which order, each with controls for its settings."""
