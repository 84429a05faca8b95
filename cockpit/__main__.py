"""Where the ``cockpit`` command begins."""

from typing import NoReturn

from cockpit import collector


def main() -> NoReturn:
    """Run a command and end the process with its exit code."""
    collector.share_heaps()
    with collector.importing():
        from cockpit import cli
    try:
        cli.main()
    finally:
        collector.leave()


if __name__ == "__main__":
    main()
