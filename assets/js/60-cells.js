/* Cells of the tables. */
(function () {
  "use strict";

  const draw = (...given) => window.React.createElement(...given);   // React comes after this script
  const cells = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  const MARK = { 低: ["●", "low"], 中: ["◆", "middle"], 高: ["▲", "high"] };

  cells.DeviceLink = (props) =>
    draw("a", { href: window.cockpit.link("/devices/" + encodeURIComponent(props.data.id)) }, props.value);

  cells.EventLink = (props) =>
    draw("a", { href: window.cockpit.link("/events/" + encodeURIComponent(props.data.id)) }, props.value);

  cells.DeviceStatus = (props) => draw("span", { className: "status" }, props.value);

  cells.EventSeverity = (props) => {
    const [mark, tone] = MARK[props.value] || ["", ""];
    return draw("span", null, draw("span", { className: "symbol tone-" + tone }, mark), " " + props.value);
  };

  cells.LocalTime = (props) => window.cockpit.time.full(props.value);
})();
