"""Errors that end a command with one line and exit code 2."""


class BadSetting(Exception):  # noqa: N818 - said of a setting, an argument or an address alike
    """A setting, argument or address that does not do."""
