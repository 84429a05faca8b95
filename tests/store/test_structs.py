"""What threads decode at once for the first time ends no process."""

import subprocess
import sys

AT_ONCE = """
import sys, threading
import msgspec
from store.structs import make_ready

sys.setswitchinterval(1e-6)
for number in range(30):
    inner = msgspec.defstruct("Inner", [(f"a{n}", dict[str, int] | None, None) for n in range(20)])
    outer = msgspec.defstruct("Outer", [(f"f{n}", list[inner]) for n in range(40)])
    payload = msgspec.json.encode({f"f{n}": [{"a1": {"x": 1}}] for n in range(40)})
    make_ready()
    together = threading.Barrier(4)

    def decode():
        together.wait()
        msgspec.json.decode(payload, type=outer)

    threads = [threading.Thread(target=decode) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
"""


def test_what_was_made_ready_is_decoded_by_several_threads_at_once() -> None:
    done = subprocess.run([sys.executable, "-c", AT_ONCE], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
