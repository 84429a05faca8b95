"""Reading a survey file: what a child does (`geo.survey.task`), and what it is asked and answers."""
