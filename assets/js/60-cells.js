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
    draw("a", { href: window.cockpit.link("/devices/" + encodeURIComponent(props.data.id)) }, props.value);

  cells.EventLink = (props) =>
    draw("a", { href: window.cockpit.link("/events/" + encodeURIComponent(props.data.id)) }, props.value);

  cells.DeviceStatus = (props) => draw("span", { className: "status" }, props.value);

  cells.EventSeverity = (props) => {
    const { MARKS, LEVEL_WORDS } = window.cockpit;
    const mark = draw("span", { className: "symbol tone-" + TONES[props.value] }, MARKS[props.value]);
    return draw("span", null, mark, " " + LEVEL_WORDS[props.value]);
  };

  cells.LocalTime = (props) => window.cockpit.time.full(props.value);

  /* What a cell says, as text: by the name of what draws it. */
  window.cockpit.cellText = function (drawnBy, value) {
    if (value === null || value === undefined) return "";
    const { MARKS, LEVEL_WORDS, time } = window.cockpit;
    if (drawnBy === "EventSeverity") return `${MARKS[value]} ${LEVEL_WORDS[value]}`;
    return drawnBy === "LocalTime" ? time.full(value) : String(value);
  };
})();
