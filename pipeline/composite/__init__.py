"""Lay the layers over the plate."""
