// Builds assets/vendor/plotly-map.min.js: `npm install && npm run build` in this folder.
// The options are those of plotly.js's own esbuild-config.js.
"use strict";

const { readFile, writeFile } = require("node:fs/promises");
const { environmentPlugin } = require("esbuild-plugin-environment");
const { glsl } = require("esbuild-plugin-glsl");
const inlineCss = require("esbuild-plugin-inline-css");

const OUT = "../../assets/vendor/plotly-map.min.js";

// What is written otherwise here than in the packages: of a file each pair says what is written there and what is to be; a
// version in which it is not found stops the build.
const MENDED = [
  {
    // MapLibre 6.9.0 keeps, each time the graphics context is lost and comes back, the old style (a third of a MiB) in the
    // listeners of its plugin for right-to-left text, and one listener on the canvas: a wall that loses it daily would grow
    // for ever.
    file: /maplibre-gl[\\/]dist[\\/]maplibre-gl\.mjs$/,
    pairs: [
      [
        /destroy\(\)\{(?=this\._frameRequest&&=)(?<=(\w+)\(\)\.off\((\w+),this\._rtlPluginLoaded\)[^]*)/,
        (_, plugin, loaded) => `destroy(){${plugin}().off(${loaded},this._rtlPluginLoaded),`,
      ],
      [
        /(this\._canvas)\.addEventListener\(`webglcontextcreationerror`,(\w+)=>\{(\w+)=\2\},\{once:!0\}\);/,
        (_, canvas, event, kept) =>
          `let noted=${event}=>{${kept}=${event}};${canvas}.addEventListener(\`webglcontextcreationerror\`,noted,{once:!0});` +
          `queueMicrotask(()=>${canvas}?.removeEventListener(\`webglcontextcreationerror\`,noted));`,
      ],
    ],
  },
  {
    // To plotly.js 4.1.1 a map has failed with the first source that cannot be read, as from a server that is busy; ours
    // asks for it again (assets/js/19-map-keep.js).
    file: /plotly\.js[\\/]src[\\/]plots[\\/]map[\\/]map\.js$/,
    pairs: [[/function handler\(\) \{(?=\s*reject\(new Error\(constants\.mapOnErrorMsg)/, "function handler(event) { if (event.sourceId) return;"]],
  },
];

const mended = {
  name: "mended",
  setup(build) {
    for (const { file, pairs } of MENDED) {
      build.onLoad({ filter: file }, async ({ path }) => {
        let contents = await readFile(path, "utf8");
        for (const [written, wanted] of pairs) {
          if (!written.test(contents)) throw new Error(`${path} has changed: ${written} is not in it`);
          contents = contents.replace(written, wanted);
        }
        return { contents, loader: "js" };
      });
    }
  },
};

// The plugin names the style sheet's element by the folder in which this was built.
const withoutFolder = (text) => text.replaceAll(/(getElementById\(|\.id=)"[0-9a-f]{64}"/g, '$1"plotly-map-style"');

require("esbuild").build({
  entryPoints: ["entry.js"],
  outfile: OUT,
  format: "iife",
  globalName: "Plotly",
  bundle: true,
  minify: true,
  plugins: [mended, (inlineCss.default || inlineCss)(), glsl({ minify: true }), environmentPlugin({ NODE_DEBUG: false })],
  alias: { regl: "@plotly/regl", stream: "stream-browserify" },
  define: { global: "window", "define.amd": "false" },
  target: "es2020",
  legalComments: "inline",
  write: false,
}).then(({ outputFiles }) => writeFile(OUT, withoutFolder(outputFiles[0].text))).catch((error) => {
  console.error(error);
  process.exit(1);
});
