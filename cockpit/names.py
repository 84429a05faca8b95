"""Names that people give to users, displays and webhooks: they are shown, and stand in addresses."""

from cockpit.errors import BadSetting

MAX_NAME = 80


def check_name(what: str, name: str) -> None:
    """Let a name through that can be shown and asked for.

    Raises
    ------
    BadSetting
        If it is empty, too long, cannot be printed, or has a slash: ``/users/{name}`` would lead nowhere.
    """
    if not (0 < len(name) <= MAX_NAME and name.isprintable() and name == name.strip() and "/" not in name):
        raise BadSetting(f"the name of a {what} has 1 to {MAX_NAME} printable characters, none of them a slash")
