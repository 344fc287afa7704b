"""From pictures of a person to facts about them: what a training is told, so that it need not look for faces itself."""
