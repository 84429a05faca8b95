/* Cells of the tables. */
(function () {
  "use strict";

  const React = window.React;
  const cells = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  const MARK = { 低: ["●", "low"], 中: ["◆", "middle"], 高: ["▲", "high"] };

  cells.DeviceLink = (props) =>
    React.createElement("a", { href: "/devices/" + encodeURIComponent(props.data.id) }, props.value);

  cells.EventLink = (props) =>
    React.createElement("a", { href: "/events/" + encodeURIComponent(props.data.id) }, props.value);

  cells.DeviceStatus = (props) => React.createElement("span", { className: "status" }, props.value);

  cells.EventSeverity = (props) => {
    const [mark, tone] = MARK[props.value] || ["", ""];
    return React.createElement("span", null, React.createElement("span", { className: "symbol tone-" + tone }, mark), " " + props.value);
  };

  cells.LocalTime = (props) => window.cockpit.time.full(props.value);
})();
