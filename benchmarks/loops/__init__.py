"""What the benchmarks of speed share: the batches of a real render, counters, and facts about the machine."""
