"""Training: the embedded draft model today, characters and styles later."""
