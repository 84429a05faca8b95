"""What a wall shows, figure by figure and colour by colour, beside what the API says that it should."""

from typing import Any

from playwright.sync_api import Page

from tests.running import Cockpit

METRIC = "pm2_5"
SEVERITIES = ("critical", "major", "minor")
Shown = dict[str, Any]
"""What is shown, in words -> what it says."""

LOOK = """() => {
  const { map, state, root } = cockpit;
  const text = (selector) => (document.querySelector(selector) || { textContent: null }).textContent;
  const visible = (selector) => { const one = document.querySelector(selector); return Boolean(one) && !one.hidden; };
  const said = { "live mark": text("[data-live-mark]"), "band": visible("#band") ? text("#band") : "" };
  said["map is lost"] = visible(".map-lost") ? text(".map-lost") : "";
  if (!map.isUp) return said;
  const { handle } = map;
  const of = (source, id) => handle.getFeatureState({ source, id });
  const there = (source) => handle.getSource(source).serialize().data.features.map((one) => one.properties);
  for (const code of Object.keys(state.areas || {})) {
    const row = document.querySelector(`[data-row="areas.${code}"]`);
    said[`area ${code}, figure`] = text(`[data-live="areas.${code}"]`);
    said[`area ${code}, colour on the map`] = of("areas", code).level;
    said[`area ${code}, colour of its row`] = [1, 2, 3].find((level) => row.classList.contains(`level-${level}`)) ?? 0;
  }
  for (const one of cockpit.devices()) said[`device ${one.id}`] = of("devices", one.id).status;
  said["events on the map"] = there("events").map((one) => `${one.id} ${one.severity}`).sort();
  said["alarms on the map"] = there("alarms").map((one) => `${one.id} ${one.priority}`).sort();
  said["gates on the map"] = there("gates").map((one) => `${one.id} ${one.label}`).sort();
  for (const one of ["critical", "major", "minor"]) said[`events, ${one}`] = text(`[data-live="grid_events.*.${one}"]`);
  said["people inside"] = text('[data-live="visitors.fangyan.inside"]');
  said["alarms' banner"] = visible(".alarm-banner");
  const named = handle.getStyle().layers.map((one) => (one.metadata || {}).icon);
  const icons = named.filter((one) => typeof one === "string");
  said["icons that are missing"] = icons.filter((one) => !handle.hasImage(one));
  said["nothing to be loaded"] = handle.areTilesLoaded();
  return said;
}"""


def shown(page: Page) -> Shown:
    """What stands on the wall now."""
    found: Shown = page.evaluate(LOOK)
    return found


def expected(cockpit: Cockpit) -> Shown:
    """What should stand there, by the routes of the API that others use."""
    api = "/api/v1/heling"
    [limits] = [one["levels"] for one in cockpit.get("/api/v1/metrics")["metrics"] if one["code"] == METRIC]
    said: Shown = {"live mark": "● 实时", "band": "", "map is lost": "", "icons that are missing": []}
    for area in cockpit.get(f"{api}/areas")["features"]:
        code, mean = area["properties"]["code"], area["properties"]["metrics"].get(METRIC)
        level = sum(mean["value"] >= limit for limit in limits) if mean else 0
        said[f"area {code}, figure"] = f"{mean['value']:.0f}" if mean else "—"
        said[f"area {code}, colour on the map"] = said[f"area {code}, colour of its row"] = level
    for device in cockpit.get(f"{api}/devices")["features"]:
        if device["geometry"] is not None:
            said[f"device {device['id']}"] = device["properties"]["status"]
    events = [one["properties"] for one in cockpit.get(f"{api}/events", state="open", limit=1000)["features"]]
    alarms = cockpit.get(f"{api}/alarms", state="open", limit=200)
    heard = [one for one in alarms["alarms"] if one["state"] != "acknowledged" or one["active"]]
    said["events on the map"] = sorted(f"{one['id']} {one['severity']}" for one in events)
    said["alarms on the map"] = sorted(
        f"{one['id']} {'acknowledged' if one['state'] == 'acknowledged' else one['priority']}" for one in heard
    )
    for severity in SEVERITIES:
        said[f"events, {severity}"] = str(sum(one["severity"] == severity for one in events))
    said["alarms' banner"] = any(alarms["tally"]["sounding"].values())
    state = cockpit.get(f"{api}/state")["layers"]["visitors"]["fangyan"]
    inside = state["inside"]
    said["people inside"] = "—" if inside is None else _grouped(inside)
    said["gates on the map"] = sorted(f"{key} {_grouped(gate['entered'])}" for key, gate in state["gates"].items())
    said["nothing to be loaded"] = True
    return said


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", "\u202f")


def differing(found: Shown, wanted: Shown) -> list[str]:
    """Each thing that the wall shows otherwise than it should, in words."""
    return [
        f"{name}: {found.get(name, 'nothing')!r}, not {wanted.get(name, 'nothing')!r}"
        for name in sorted(found.keys() | wanted.keys())
        if found.get(name) != wanted.get(name)
    ]
