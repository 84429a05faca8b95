"""Errors that end a command with one line and exit code 2."""


class BadSetting(Exception):
    """A setting, argument or address that does not do."""
