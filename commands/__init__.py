"""The families of commands behind `python cli.py`, a file each. They parse, call one verb, and print."""
