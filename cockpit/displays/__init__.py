"""The screens on walls: what each shows by its programme, how it is steered from afar, and what it tells of itself.

Their links stand in `cockpit.people.displays`, since a link is what lets a screen in.
"""
