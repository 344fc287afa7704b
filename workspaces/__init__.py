"""What belongs to whom: the home folder, everyone's shots and their versions, uploads, limits, and what may be read."""
