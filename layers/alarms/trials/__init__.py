"""A rule tried on the past before it is switched on: the alarms that it would have raised."""
