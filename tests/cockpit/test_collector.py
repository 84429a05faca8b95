"""Memory that nothing is in goes back to the system."""

import subprocess
import sys

HOLES = """
import threading
import psutil
from cockpit import collector

collector.share_heaps()
held = []

def fill():
    held.append([bytes([n % 256]) * 20_000 for n in range(5_000)])

for _ in range(3):
    thread = threading.Thread(target=fill)
    thread.start()
    thread.join()
for blocks in held:
    del blocks[::2]
before = psutil.Process().memory_info().rss
collector.give_back()
print(before - psutil.Process().memory_info().rss >> 20)
"""


def test_pages_between_what_is_still_held_are_given_back() -> None:
    done = subprocess.run([sys.executable, "-c", HOLES], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 50
