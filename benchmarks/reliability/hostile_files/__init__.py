"""Files as an attacker would make them, by kind. Each maker takes a Lair and gives name -> bytes."""
