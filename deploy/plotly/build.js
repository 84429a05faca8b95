// Builds assets/vendor/plotly-map.min.js: `npm install && npm run build` in this folder.
// The options are those of plotly.js's own esbuild-config.js.
"use strict";

const { environmentPlugin } = require("esbuild-plugin-environment");
const { glsl } = require("esbuild-plugin-glsl");
const inlineCss = require("esbuild-plugin-inline-css");

require("esbuild").build({
  entryPoints: ["entry.js"],
  outfile: "../../assets/vendor/plotly-map.min.js",
  format: "iife",
  globalName: "Plotly",
  bundle: true,
  minify: true,
  plugins: [(inlineCss.default || inlineCss)(), glsl({ minify: true }), environmentPlugin({ NODE_DEBUG: false })],
  alias: { regl: "@plotly/regl", stream: "stream-browserify" },
  define: { global: "window", "define.amd": "false" },
  target: "es2020",
  legalComments: "inline",
}).catch(() => process.exit(1));
