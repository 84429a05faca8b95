"""What can be wrong with a place."""


class BadPosition(ValueError):
    """A position that is not on the Earth, or in a system that we do not know."""


class UnknownCommunity(LookupError):
    """A community that does not ship and was not configured."""
