"""LoRAs of a character's likeness or of a style, trained from pictures, stopped and taken up again at any step."""
