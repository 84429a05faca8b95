"""How many will be inside in the next hours: from profiles of like days, beside a baseline, with measured errors.

``days`` tells kinds of days, ``history`` reads what was counted, ``model`` walks ahead, ``measure`` finds errors and
intervals by held-out days, ``made`` makes and keeps a forecast.
"""
