"""What several threads tell at once goes out in the order of its numbers."""

import json
import sys
import threading
from types import SimpleNamespace
from typing import Any, cast

from sensors.bus.client import Outlet


def test_numbers_go_out_in_order_however_many_tell_at_once() -> None:
    seen: list[int] = []
    paho = SimpleNamespace(publish=lambda _topic, payload, qos: seen.append(json.loads(payload)["seq"]))
    outlet = Outlet(cast("Any", SimpleNamespace(paho=paho)))
    changed: dict[str, dict[str, dict[str, object]]] = {
        "heling": {"grid_events": {str(number): {"text": "x" * 50} for number in range(100)}}
    }
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=lambda: [outlet.tell(changed) for _ in range(100)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert seen == list(range(1, 401))
