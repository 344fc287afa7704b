"""Auto1111's prompt syntax, as pure text: parts joined by AND, text that changes with the steps, weights, chunks."""
