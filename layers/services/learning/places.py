"""The places of courses, as `layers.services.lines` keeps places."""

from layers.services.learning.tables import course_place, enrolment
from layers.services.lines import Line

ENROLMENTS = "enrolments"
LINE = Line(register=ENROLMENTS, locked="learning", offer=course_place.c.course_id, of=enrolment.c.course_id)
