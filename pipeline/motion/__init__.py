"""How the plate moves, and what can be carried along its motion: pictures, results, noise."""
