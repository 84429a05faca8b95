"""A township's life that is invented: a fortnight of records and what follows, to see the cockpit at work.

Authored in the tables beside this file, the same for the same seed and date; written through the routes that
everybody's work goes through, by actors of the kind "demonstration", by a clock of the moment (docs/demonstration.md).
"""
