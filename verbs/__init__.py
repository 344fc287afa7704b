"""The studio's verbs, a file for each family: what an artist can ask for, over jobs, training and the pipeline."""
