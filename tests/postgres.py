"""A real PostgreSQL of the tests' own: a free loopback port, a temporary folder."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.running import free_port

BIN = Path("/usr/lib/postgresql/15/bin")
USER = "postgres"
"""PostgreSQL does not run as root; Debian's package brings this user."""


@dataclass
class Postgres:
    """One server with one database, ``cockpit``, that trusts whoever comes over loopback."""

    folder: Path
    port: int = field(default_factory=free_port)
    is_flushed: bool = True
    """Whether it waits for the disk; else what it said is stored outlives its own end, but not the machine's."""

    @property
    def url(self) -> str:
        """What COCKPIT_DATABASE_URL is for it."""
        return f"postgresql+psycopg://cockpit@127.0.0.1:{self.port}/cockpit"

    def create(self) -> None:
        """Make the cluster, start it, and make the database."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            shutil.chown(self.folder, USER)
            # The user must be able to reach the folder; pytest's own are closed to others.
            for parent in list(self.folder.parents)[:-2]:
                parent.chmod(parent.stat().st_mode | 0o011)
        self._run("initdb", "-D", "data", "-U", "cockpit", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        settings = f"port = {self.port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\n"
        if not self.is_flushed:
            settings += "fsync = off\nfull_page_writes = off\n"
        config = self.folder / "data" / "postgresql.conf"
        config.write_text(config.read_text() + settings)
        self.start()
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "cockpit", "cockpit")

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        self._run("pg_ctl", "-D", "data", "-w", "-l", "log", "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop the server; ``immediate`` is a crash."""
        self._run("pg_ctl", "-D", "data", "-w", "-m", mode, "stop")

    @property
    def is_up(self) -> bool:
        """Whether the server's main process is there."""
        try:
            os.kill(self.pid, 0)
        except (OSError, ValueError, IndexError):
            return False
        return True

    @property
    def pid(self) -> int:
        """The server's main process."""
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def signal(self, number: int) -> None:
        """Signal the server and every process of it: SIGSTOP hangs it, SIGCONT lets it go on."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        for pid in (self.pid, *map(int, children)):
            os.kill(pid, number)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(BIN / program), *arguments]
        demote = pwd.getpwnam(USER) if os.geteuid() == 0 else None
        # pg_ctl leaves a server behind that would hold a pipe open.
        done = subprocess.run(
            command,
            cwd=self.folder,
            user=demote.pw_uid if demote else None,
            group=demote.pw_gid if demote else None,
            extra_groups=[] if demote else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{program}: exit code {done.returncode}; see {self.folder}"
