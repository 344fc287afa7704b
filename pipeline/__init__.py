"""The work: from a clip to a delivered shot. Knows no gradio and no argument parsing."""
