"""The engine: one object owns the accelerator, one thread feeds it, batches of frames go through it."""
