/* A figure that opens its rows: a link with `data-rows`, whose number is how many rows there are, or what they come to. */
(function () {
  "use strict";

  const cockpit = window.cockpit;

  /* The address of rows on a page of ours, of the community, theme and time that are shown. */
  cockpit.rowsAddress = function (path, asked = {}) {
    const [page, given = ""] = path.split("?");
    const query = new URLSearchParams({ community: cockpit.root.dataset.community ?? "", ...Object.fromEntries(new URLSearchParams(given)), ...asked });
    if (cockpit.root.dataset.theme === "light") query.set("theme", "light");
    return cockpit.link(`${page}?${query}`);
  };

  /* A figure as the way to its rows. */
  cockpit.toRows = function (text, path, asked) {
    const made = cockpit.element("a", "to-rows", text);
    made.dataset.rows = path;
    made.href = cockpit.rowsAddress(path, asked);
    return made;
  };

  /* What the server laid out with the address of its rows becomes the way there; on a wall nobody goes anywhere. */
  cockpit.startRows = function () {
    if (cockpit.root.dataset.page === "wall") return;
    for (const figure of /** @type {Iterable<HTMLElement>} */ (cockpit.findAll("span[data-rows]"))) {
      const link = cockpit.toRows(figure.textContent ?? "", figure.dataset.rows ?? "");
      link.className = `${figure.className} to-rows`;
      Object.assign(link.dataset, figure.dataset);
      figure.replaceWith(link);
    }
  };
})();
