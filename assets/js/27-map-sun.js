/* The map's light stands where the sun does over the community; by night it is the moon's, faint and from the north-west. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const RADIAN = Math.PI / 180;
  const DAY_MS = 86400000;
  const J2000_MS = Date.UTC(2000, 0, 1, 12);
  const EVERY_MS = 60000;
  const TWILIGHT = 6;          // degrees below the horizon at which civil twilight ends
  const NIGHT = { azimuth: 315, altitude: 55, intensity: 0.3, colour: [150, 178, 214] };
  const DAY = { intensity: 0.58, colour: [255, 250, 240] };
  const LOW = [255, 232, 206];  // the sun at the horizon
  const ON_WHITE = { intensity: 0.3, color: "white" };   // in the light theme a coloured light looks like dirt
  const LEAST_ALTITUDE = 48;    // a lower light would leave roofs darker than walls, and all walls but one black
  const MOST_ALTITUDE = 62;     // a higher one all of them

  /* Where the sun stands: degrees clockwise from north, and above the horizon. By the low-precision formulas of the
     Astronomical Almanac (page C5), which are right to 0.01 degrees from 1950 to 2050; refraction is left out. */
  cockpit.sun = function (ms, lon, lat) {
    const days = (ms - J2000_MS) / DAY_MS;
    const mean = (280.46 + 0.9856474 * days) % 360;
    const anomaly = ((357.528 + 0.9856003 * days) % 360) * RADIAN;
    const ecliptic = (mean + 1.915 * Math.sin(anomaly) + 0.02 * Math.sin(2 * anomaly)) * RADIAN;
    const obliquity = (23.439 - 0.0000004 * days) * RADIAN;
    const ascension = Math.atan2(Math.cos(obliquity) * Math.sin(ecliptic), Math.cos(ecliptic));
    const declination = Math.asin(Math.sin(obliquity) * Math.sin(ecliptic));
    const sidereal = (18.697374558 + 24.06570982441908 * days) * 15 + lon;
    const hour = sidereal * RADIAN - ascension;
    const phi = lat * RADIAN;
    const altitude = Math.asin(Math.sin(phi) * Math.sin(declination) + Math.cos(phi) * Math.cos(declination) * Math.cos(hour));
    const azimuth = Math.atan2(Math.sin(hour), Math.cos(hour) * Math.sin(phi) - Math.tan(declination) * Math.cos(phi));
    return { azimuth: (azimuth / RADIAN + 180 + 360) % 360, altitude: altitude / RADIAN };
  };

  /* The light for a place of the sun. */
  /** @param {{azimuth: number, altitude: number}} given */
  function light({ azimuth, altitude }) {
    if (altitude < -TWILIGHT) return of(NIGHT);
    const day = Math.min(1, (altitude + TWILIGHT) / (2 * TWILIGHT));
    const high = Math.min(1, Math.max(0, altitude) / 30);
    return of({
      azimuth,
      altitude: Math.min(MOST_ALTITUDE, Math.max(LEAST_ALTITUDE, altitude)),
      intensity: NIGHT.intensity + day * (DAY.intensity - NIGHT.intensity),
      colour: between(NIGHT.colour, between(LOW, DAY.colour, high), day),
    });
  }

  /** @param {number[]} from @param {number[]} to @param {number} share */
  const between = (from, to, share) => from.map((value, index) => Math.round(value + share * (to[index] - value)));

  /** @param {{azimuth: number, altitude: number, intensity: number, colour: number[]}} given */
  const of = ({ azimuth, altitude, intensity, colour }) => ({
    anchor: "map", position: [1.2, azimuth, 90 - altitude], intensity, color: `rgb(${colour.join(",")})`,
  });

  function shine() {
    const [lon, lat] = cockpit.map.outline()[0];
    const sun = light(cockpit.sun(cockpit.now(), lon, lat));
    const wanted = cockpit.root.dataset.theme === "light" ? { ...sun, ...ON_WHITE } : sun;
    cockpit.map.put("light", (handle) => handle.setLight(wanted));
  }

  cockpit.map.shine = shine;

  cockpit.map.always.push(() => {
    shine();
    setInterval(shine, EVERY_MS);
  });
})();
