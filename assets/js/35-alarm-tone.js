/* The tone of the alarms: for displays that ask for it by ?tone=1, while something loud is unacknowledged. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const { alarms, element } = cockpit;
  const AGAIN_MS = 10000;
  /** @type {AudioContext | null} */
  let sound = null;
  let played = -Infinity;
  /** @type {Live.Priority | null} */
  let loud = null;   // the loudest priority that sounds, null where none is loud

  alarms.tone = function (tally) {
    if (!cockpit.root.dataset.tone || cockpit.at !== null) return;
    const heard = cockpit.curtain.isDrawn() ? ["critical"] : alarms.LOUDEST;
    loud = alarms.LOUDEST.find((priority) => heard.includes(priority) && alarms.count(tally.sounding, priority)) || null;
    if (sound === null && "AudioContext" in window) {
      sound = new AudioContext();
      // Browsers let a page sound only after somebody touched it, unless the display is started with leave to.
      for (const gesture of ["pointerdown", "keydown"]) document.addEventListener(gesture, () => sound?.resume().then(play));
      sound.addEventListener("statechange", sayTone);
    }
    sayTone();
    play();
  };

  function sayTone() {
    const foot = cockpit.need(".bottom");
    let mark = foot.querySelector(".tone-state");
    if (!mark) foot.prepend((mark = element("span", "tone-state")));
    const isOn = sound !== null && sound.state === "running";
    cockpit.setText(mark, isOn ? say("♪ 提示音开") : sound === null ? say("✕ 无提示音：浏览器不支持") : say("✕ 提示音未开：点一下屏幕"));
    mark.classList.toggle("is-off", !isOn);
  }

  function play() {
    if (loud === null || !sound || sound.state !== "running" || cockpit.clock.since(played) < AGAIN_MS) return;
    played = cockpit.clock.steady();
    const beeps = loud === "critical" ? 3 : 2;
    for (let beep = 0; beep < beeps; beep += 1) chirp(sound, sound.currentTime + beep * 0.3, loud === "critical" ? 880 : 660);
    cockpit.root.dataset.toned = String(Number(cockpit.root.dataset.toned || 0) + 1);
  }

  /** @param {AudioContext} by @param {number} at @param {number} hertz */
  function chirp(by, at, hertz) {
    const made = new OscillatorNode(by, { frequency: hertz });
    const volume = new GainNode(by, { gain: 0 });
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(0.2, at + 0.02);
    volume.gain.setValueAtTime(0.2, at + 0.18);
    volume.gain.linearRampToValueAtTime(0, at + 0.2);
    made.connect(volume).connect(by.destination);
    made.start(at);
    made.stop(at + 0.22);
  }

  alarms.play = play;
})();
