"""The filmstrip: the whole shot at a glance, its cuts, how large the faces are, and the range that is rendered."""
