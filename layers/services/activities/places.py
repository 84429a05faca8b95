"""The places of activities, as `layers.services.lines` keeps places."""

from layers.services.activities.tables import activity_place, sign_up
from layers.services.lines import Line

ACTIVITIES, SIGN_UPS = "activities", "sign_ups"
LINE = Line(register=SIGN_UPS, locked="activities", offer=activity_place.c.activity_id, of=sign_up.c.activity_id)
