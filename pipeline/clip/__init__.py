"""Footage in and out: the only place that decodes, encodes or converts colour."""
