"""What takes from devices and what serves pages are two processes: neither's trouble is the other's."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import psutil
import pytest

from tests.running import Cockpit, until


def is_ready(cockpit: Cockpit) -> bool:
    try:
        return httpx.get(f"{cockpit.url}/readyz", timeout=3).status_code == 200
    except httpx.HTTPError:
        return False


def test_a_device_is_answered_while_the_pages_are_gone_and_they_come_back(own_cockpit: Cockpit) -> None:
    own_cockpit.start()
    air = own_cockpit.add_device("air-01")
    pages = own_cockpit.processes[-1]
    pages.kill()
    own_cockpit.publish(air, "telemetry", {"pm2_5": 12})  # waits for its PUBACK
    until(lambda: is_ready(own_cockpit), 20, 0.2)
    assert own_cockpit.processes[-1].pid != pages.pid
    (found,) = own_cockpit.get("/api/v1/heling/devices/air-01/readings", metric="pm2_5")["readings"]
    assert found["value"] == 12
    assert "process_ended" in own_cockpit.log


def test_pages_say_that_nothing_is_taken_and_that_it_is_again(own_cockpit: Cockpit) -> None:
    own_cockpit.start()
    air = own_cockpit.add_device("air-01")
    own_cockpit.publish(air, "telemetry", {"pm2_5": 12})
    devices = own_cockpit.processes[1]
    devices.suspend()
    answer = httpx.get(f"{own_cockpit.url}/readyz", timeout=10)
    assert (answer.status_code, answer.json()["checks"]["ingest"]) == (503, {"ok": False})
    devices.resume()
    until(lambda: is_ready(own_cockpit), 10, 0.2)
    devices.kill()
    until(lambda: own_cockpit.processes[1:] and devices.pid not in {one.pid for one in own_cockpit.processes})
    until(lambda: is_ready(own_cockpit), 20, 0.2)
    own_cockpit.publish(air, "telemetry", {"pm2_5": 13})


@pytest.mark.parametrize("which", ["devices", "pages"])
def test_one_that_hangs_is_ended_and_begun_again(own_cockpit: Cockpit, which: str) -> None:
    own_cockpit.settings["COCKPIT_BUDGETS"] = '{"silent_process_seconds": 3}'
    own_cockpit.start()
    air = own_cockpit.add_device("air-01")
    hanging = own_cockpit.processes[1 if which == "devices" else -1]
    time.sleep(4)
    assert hanging.is_running(), "who works is left alone"
    hanging.suspend()
    until(lambda: hanging.pid not in {one.pid for one in own_cockpit.processes}, 15)
    until(lambda: is_ready(own_cockpit), 20, 0.2)
    own_cockpit.publish(air, "telemetry", {"pm2_5": 12})
    assert "process_silent" in own_cockpit.log


def test_a_second_one_on_the_same_data_says_so_and_does_not_begin(own_cockpit: Cockpit) -> None:
    own_cockpit.start()
    said = Cockpit(own_cockpit.folder).run("up")
    assert said.returncode == 2
    assert "another cockpit up runs on it" in said.stderr
    assert is_ready(own_cockpit)


def test_however_many_ask_how_one_fares_that_hangs_pages_are_served(own_cockpit: Cockpit) -> None:
    own_cockpit.start()
    own_cockpit.processes[1].suspend()
    try:
        with ThreadPoolExecutor(80) as many:
            asked = [many.submit(httpx.get, f"{own_cockpit.url}/readyz", timeout=20) for _ in range(80)]
            time.sleep(0.3)
            since = time.monotonic()
            assert httpx.get(f"{own_cockpit.url}/api/v1/heling/state", timeout=20).status_code == 200
            assert time.monotonic() - since < 5
            assert {one.result().status_code for one in asked} == {503}
    finally:
        own_cockpit.processes[1].resume()


def test_figures_are_those_of_both(own_cockpit: Cockpit) -> None:
    own_cockpit.start()
    own_cockpit.publish(own_cockpit.add_device("air-01"), "telemetry", {"pm2_5": 12})
    figures = httpx.get(f"{own_cockpit.url}/metrics").text.splitlines()
    assert "cockpit_messages_received_total 1.0" in figures
    assert "cockpit_broker_connected 1.0" in figures
    assert len([line for line in figures if line.startswith("# TYPE cockpit_commit_seconds histogram")]) == 1


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_however_it_is_ended(own_cockpit: Cockpit, how: signal.Signals) -> None:
    own_cockpit.start()
    all_of_it = own_cockpit.processes
    assert len(all_of_it) == 3
    assert own_cockpit.stop(how) == (0 if how is not signal.SIGKILL else -how)
    _, left = psutil.wait_procs(all_of_it, 5)
    assert left == []
    own_cockpit.start()  # at once, at the same ports


def test_a_writer_of_another_process_waits_for_its_turn(own_cockpit: Cockpit) -> None:
    own_cockpit.start()
    air = own_cockpit.add_device("air-01")
    began = time.monotonic()
    for number in range(20):
        own_cockpit.publish(air, "telemetry", {"pm2_5": number})
        assert own_cockpit.run("token", "add", "--role", "steward", "--name", f"t{number}").returncode == 0
    assert time.monotonic() - began < 60
    assert os.path.exists(own_cockpit.data / "cockpit.db-turn")
