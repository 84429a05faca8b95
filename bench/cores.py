"""What a cockpit's processes take of the processor; whoever loads it is in other processes."""

from dataclasses import dataclass

import psutil

from tests.running import Cockpit


@dataclass(frozen=True)
class Cores:
    """Seconds of the processor, or what part of a core: of all processes, and of the one that serves pages."""

    all: float
    pages: float

    @classmethod
    def used(cls, cockpit: Cockpit) -> "Cores":
        """Seconds until now."""
        each = [seconds(one) for one in cockpit.processes]
        return cls(sum(each), each[-1])

    def since(self, before: "Cores", took: float) -> "Cores":
        """Of a core, in the time from then on."""
        return Cores((self.all - before.all) / took, (self.pages - before.pages) / took)


def seconds(process: psutil.Process) -> float:
    """Seconds of the processor until now."""
    times = process.cpu_times()
    return float(times.user + times.system)
