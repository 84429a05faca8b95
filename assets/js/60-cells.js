/* Cells of the tables. */
(function () {
  "use strict";

  /** @param {string} tag @param {object | null} props @param {(ReactElement | string)[]} content */
  const draw = (tag, props, ...content) => window.React.createElement(tag, props, ...content);   // React comes after this script
  /** @type {Record<string, (props: CellProps<any>) => ReactElement | string>} */
  const cells = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  const TONES = ["", "low", "middle", "high"];   // by the rank of a severity: so the column sorts by it

  // Tab does not go through all cells: it leaves them, as the browser would.
  window.dashAgGridFunctions = { ...window.dashAgGridFunctions, leave: () => false };

  document.addEventListener("keydown", ({ key, target }) => {
    if (key === "Enter" && target instanceof Element && target.matches(".ag-cell")) target.querySelector("a")?.click();
  }, { capture: true });   // the grid keeps it to itself

  cells.DeviceLink = (props) =>
    draw("a", { href: window.cockpit.link("/devices/" + encodeURIComponent(props.data.id)), title: props.value }, props.value);

  cells.EventLink = (props) =>
    draw("a", { href: window.cockpit.link("/events/" + encodeURIComponent(props.data.id)), title: props.value }, props.value);

  /* What a column is too narrow for is told where somebody points. */
  cells.Whole = (props) => draw("span", { title: props.value }, props.value);

  cells.DeviceStatus = (props) => draw("span", { className: "status", title: props.value }, props.value);

  cells.EventSeverity = (props) => {
    const { MARKS, LEVEL_WORDS } = window.cockpit;
    const mark = draw("span", { className: "symbol tone-" + TONES[props.value] }, MARKS[props.value]);
    return draw("span", null, mark, " " + LEVEL_WORDS[props.value]);
  };

  /* A limit, and by word and sign that it is over, or soon will be; what has none says nothing. */
  /** @param {CellProps<number | null> & {data: {warn?: number | null}}} props */
  cells.EventDue = ({ value, data }) => {
    if (value === null) return "";
    const kind = value <= window.cockpit.now() ? "late" : data.warn && data.warn <= window.cockpit.now() ? "soon" : "";
    return draw("span", { className: kind && `is-${kind}`, title: dueText(value, data) }, dueText(value, data));
  };

  /** @param {number} due @param {{warn?: number | null}} data */
  const dueText = (due, data) => {
    const { now, say, time } = window.cockpit;
    if (due <= now()) return say("▲ 逾期 ") + time.short(due);
    if (!data.warn || data.warn > now()) return time.short(due);
    return time.isToday(due) ? say("◆ 今日 {when} 到期", { when: time.minute(due) }) : say("◆ {when} 到期", { when: time.short(due) });
  };

  /** @param {CellProps<string> & {data: {unassigned?: boolean}}} props */
  cells.EventHolder = ({ value, data }) => draw("span", { className: data.unassigned ? "is-late" : "", title: value }, value);

  /* A time that is missing is none, not the beginning of all counting. */
  /** @param {number | null | undefined} ms */
  const full = (ms) => (ms === null || ms === undefined ? "—" : window.cockpit.time.full(ms));

  cells.LocalTime = (props) => full(props.value);

  /* When a device was last heard; it stands first, or last, among the times where it never was. */
  /** @param {number | null | undefined} ms */
  const heard = (ms) => (ms === null || ms === undefined ? window.cockpit.say("从未上报") : full(ms));
  cells.LastHeard = (props) => heard(props.value);

  /* What a cell says, as text: by the name of what draws it. */
  window.cockpit.cellText = function (drawnBy, value) {
    if (drawnBy === "LastHeard") return heard(value);
    if (value === null || value === undefined) return "";
    const { MARKS, LEVEL_WORDS, time } = window.cockpit;
    if (drawnBy === "EventSeverity") return `${MARKS[value]} ${LEVEL_WORDS[value]}`;
    return drawnBy === "LocalTime" || drawnBy === "EventDue" ? time.full(value) : String(value);
  };

  /* Columns are laid out for the least type; where a large screen has larger letters they are as much wider. */
  const LEAST_REM = 7.5;   // pixels: 00-tokens.css
  /** @type {GridColumn[] | null} */
  let laidOut = null;
  let times = 1;

  /* Called by a page whose table comes when the page has its size already. */
  window.cockpit.widen = async function () {
    const now = parseFloat(getComputedStyle(document.documentElement).fontSize) / LEAST_REM;
    const place = document.querySelector('[id$="-table"]');
    if (now === times || !place || !window.dash_ag_grid) return;
    times = now;
    const api = await window.dash_ag_grid.getApiAsync(place.id);
    laidOut = laidOut ?? api.getColumnDefs() ?? [];
    /** @param {number | undefined} px */
    const wider = (px) => (px ? Math.round(px * now) : undefined);
    api.setGridOption("columnDefs", laidOut.map((one) => ({ ...one, width: one.flex ? undefined : wider(one.width), minWidth: wider(one.minWidth) })));
  };

  new ResizeObserver(window.cockpit.widen).observe(document.documentElement);
})();
