"""The door: what strangers hand in is looked at here before anything else opens it."""
