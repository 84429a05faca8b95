"""From a message to what is stored: who may send it, what is refused, what screens are told."""
