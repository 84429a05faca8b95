// What our figures are made of: lines and points (in the core), bars, and the map.
"use strict";

const Plotly = require("plotly.js/lib/core");
Plotly.register([require("plotly.js/lib/bar"), require("plotly.js/lib/scattermap")]);
module.exports = Plotly;
