"""What was acknowledged is stored once, whatever breaks.

FAULT_SECONDS is how long each stream lasts, FAULT_RATE how many messages a second it has.
"""
