"""Before the passes: mattes and control pictures, read off the plate at its own size."""
