"""One file per tab: what is on it, and handlers of a few lines that read, call a studio verb and show."""
