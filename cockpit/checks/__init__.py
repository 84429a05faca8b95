"""What is wrong with an installation, where, and what to do about it: ``cockpit check``."""
