"""The kit: made-up people, sets and objects, each picture rendered twice: as a game engine draws it, as film has it."""
