/* The value of an alarm as it was when it was raised, the value now, and what keeps it where the condition itself is gone. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const { alarms } = cockpit;
  const SILENT = ["stale", "offline"];   // of such a device nobody knows how it is now

  /* What its device says now of what it is about; null where that is not known. */
  /** @param {Live.Alarm} one */
  function now(one) {
    const device = one.device && one.kind === "device" ? cockpit.state.devices?.[one.device] : null;
    const entry = one.metric === null ? null : device?.latest?.[one.metric];
    if (!device || !entry || SILENT.includes(cockpit.statusOf(device))) return null;
    const [ts, value, quality] = entry;
    return ts < one.raised || quality === "suspect" || typeof value !== "number" ? null : value;
  }

  /* Whether a value is back within the limit, though not by the deadband; nobody knows where no limit is told. */
  /** @param {Live.Alarm} one @param {number} value */
  function isWithin({ threshold, back }, value) {
    if (threshold === null || back === null) return false;
    return back < threshold ? value < threshold && value >= back : value > threshold && value <= back;
  }

  /* Why it stands where its condition is gone: until when, or until what; "" where the condition holds. */
  alarms.held = function (one) {
    if (!one.active) return "";
    if (one.leaves !== null) return say("已回到限值内，恢复延时至 {until}", { until: cockpit.time.short(one.leaves) });
    const value = now(one);
    if (value === null || !isWithin(one, value)) return "";
    return say("回差内，过 {back} 才恢复", { back: alarms.figure(one.metric, one.back) });
  };

  /* The value when it was raised and the value now, each by its name, and what keeps it. */
  alarms.saidNow = function (one) {
    const value = now(one);
    const said = value === null || alarms.isWord(one) ? "" : say("现为 {value}", { value: alarms.figure(one.metric, value) });
    return [alarms.valueSaid(one), said, alarms.limitSaid(one), alarms.held(one)].filter(Boolean).join(" · ");
  };
})();
