/* What of a page's text is not as it should be: cut, covered, too pale, too small, or wider than its screen.
   Called with {least}: the least type size in pixels; {isWall}: nobody scrolls there, nor hovers. Answers [{fault, text, where, box, ...}]. */
({ least, isWall }) => {
  const SLACK = 1.5;            // pixels: boxes are rounded
  const LARGE = 24, LARGE_BOLD = 18.66;      // WCAG 2.2, 1.4.3
  const found = [];
  const styles = new Map();
  const styleOf = (one) => styles.get(one) || (styles.set(one, getComputedStyle(one)), styles.get(one));
  const parentOf = (one) => one.parentElement || (one.getRootNode() instanceof ShadowRoot ? one.getRootNode().host : null);
  const up = function* (one) { for (let at = one; at; at = parentOf(at)) yield at; };
  const name = (one) => [one.tagName.toLowerCase(), one.id && `#${one.id}`, ...[...one.classList].slice(0, 2).map((each) => `.${each}`)].filter(Boolean).join("");
  const where = (one) => [...up(one)].slice(0, 4).reverse().map(name).join(" > ");
  const round = (box) => [box.left, box.top, box.right, box.bottom].map(Math.round);
  const tell = (fault, word, more = {}) => found.push({ fault, text: word.text, where: where(word.element), box: round(word), ...more });

  /* --- every line of text that is to be seen --- */

  /* The letters themselves: a line's box is half as high again. */
  const pen = document.createElement("canvas").getContext("2d");
  const inks = new Map();
  function ink(style, text) {
    const font = `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`, key = font + text;
    if (!inks.has(key)) {
      pen.font = font;
      const { fontBoundingBoxAscent, fontBoundingBoxDescent, actualBoundingBoxAscent, actualBoundingBoxDescent } = pen.measureText(text);
      inks.set(key, [fontBoundingBoxAscent - actualBoundingBoxAscent, fontBoundingBoxDescent - actualBoundingBoxDescent]);
    }
    return inks.get(key);
  }

  const words = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || element.closest("script, style, option, noscript, textarea, [data-unmeasured]")) continue;
    if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    if ([...up(element)].some((one) => one.clientWidth === 1 && one.clientHeight === 1)) continue;   // for screen readers only
    const range = document.createRange();
    range.selectNodeContents(node);
    const drawn = element instanceof SVGElement ? element.getScreenCTM?.() : null;
    const times = drawn ? (drawn.b ? 0 : drawn.d) : 1;   // what is turned keeps its box
    const [above, below] = ink(styleOf(element), node.data.trim()).map((part) => part * times);
    for (const { left, top, right, bottom } of range.getClientRects()) {
      if (right - left < 1 || bottom - top < 1) continue;
      words.push({ element, node, text: node.data.trim().slice(0, 60), left, top: top + above, right, bottom: bottom - below });
    }
  }

  /* --- cut --- */

  const isWhole = (word) => [...up(word.element)].some((each) => (each.title && (each.title.includes(word.node.data.trim()) || each.title.length >= word.text.length)) || each.matches("[data-event], [data-alarm]"));
  const shortens = (one) => styleOf(one).textOverflow === "ellipsis" || styleOf(one).webkitLineClamp !== "none";

  /* The grid's head scrolls along with its rows. */
  const scrolls = (one, axis) => !isWall && (["auto", "scroll"].includes(styleOf(one)[`overflow${axis}`]) || one.matches(".ag-header, .ag-center-cols-viewport"));

  for (const word of words) {
    // What may be reached by scrolling is looked for no further out than it scrolls.
    const seen = (word.seen = { left: word.left, top: word.top, right: word.right, bottom: word.bottom });
    const isGone = () => seen.right - seen.left < 1 || seen.bottom - seen.top < 1;
    for (const one of up(word.element)) {
      const style = styleOf(one);
      if (one === document.body || one === document.documentElement) break;
      if (one instanceof SVGElement && !(one instanceof SVGSVGElement)) continue;
      if (["contents", "inline"].includes(style.display) || isGone()) continue;
      const box = one.getBoundingClientRect();
      const out = {
        X: style.overflowX === "visible" ? 0 : Math.max(box.left - seen.left, seen.right - box.right),
        Y: style.overflowY === "visible" ? 0 : Math.max(box.top - seen.top, seen.bottom - box.bottom),
      };
      for (const axis of ["X", "Y"]) {
        if (out[axis] <= SLACK || scrolls(one, axis) || word.isCut) continue;
        word.isCut = true;
        if (!(shortens(one) && isWhole(word))) tell(shortens(one) ? "shortened, and nowhere whole" : "cut", word, { by: name(one), its: round(box), px: Math.round(out[axis]) });
      }
      if (style.overflowX !== "visible") { seen.left = Math.max(seen.left, box.left); seen.right = Math.min(seen.right, box.right); }
      if (style.overflowY !== "visible") { seen.top = Math.max(seen.top, box.top); seen.bottom = Math.min(seen.bottom, box.bottom); }
      if (style.position === "fixed") break;
    }
    const isPhone = innerWidth <= 640;
    const out = Math.max(-seen.left, seen.right - innerWidth, isWall && !isPhone ? seen.bottom - innerHeight : 0);
    if (out > SLACK && !word.isCut && !isGone()) tell("off the screen", word, { px: Math.round(out) });
  }
  const shown = words.filter(({ seen }) => seen.right - seen.left > 1 && seen.bottom - seen.top > 1);

  /* An ellipsis is drawn within the box: the text's own lines tell nothing of it. */
  for (const word of shown) {
    const one = word.element.closest("*");
    if (!word.isCut && styleOf(one).textOverflow === "ellipsis" && one.scrollWidth > one.clientWidth + 1 && !isWhole(word)) {
      tell("shortened, and nowhere whole", word, { its: round(one.getBoundingClientRect()) });
    }
  }

  /* --- one over another --- */

  const isOpaque = (one) => (colour(styleOf(one).backgroundColor) || [0, 0, 0, 0])[3] > 0.9;
  /* What is laid over the page with a ground of its own: a list that opens, a bar at the foot. */
  const sheetOf = (one) => [...up(one)].find((each) => ["fixed", "absolute", "sticky"].includes(styleOf(each).position) && isOpaque(each));
  shown.sort((a, b) => a.seen.top - b.seen.top);
  shown.forEach((word, place) => {
    for (let next = place + 1; next < shown.length && shown[next].seen.top < word.seen.bottom; next += 1) {
      const other = shown[next];
      if (other.node === word.node) continue;
      const x = Math.min(word.seen.right, other.seen.right) - Math.max(word.seen.left, other.seen.left);
      const y = Math.min(word.seen.bottom, other.seen.bottom) - Math.max(word.seen.top, other.seen.top);
      if (x <= SLACK || y <= SLACK) continue;
      // A wall stands still; on a phone it scrolls under a bar as any page does.
      if (!(isWall && innerWidth > 640) && sheetOf(word.element) !== sheetOf(other.element)) continue;
      tell("over another", word, { other: other.text, its: round(other), of: where(other.element) });
    }
  });

  /* --- wider than the screen --- */

  const page = document.scrollingElement;
  if (page.scrollWidth > page.clientWidth + 1) {
    const scrolled = (one) => [...up(one.parentElement)].some((each) => each !== document.body && each !== document.documentElement && styleOf(each).overflowX !== "visible");
    const widest = [...document.body.querySelectorAll("*")].filter((one) => one.getBoundingClientRect().right > page.clientWidth + 1 && !scrolled(one)).pop();
    found.push({ fault: "the page scrolls sideways", text: "", where: widest ? where(widest) : "", box: widest ? round(widest.getBoundingClientRect()) : [], px: page.scrollWidth - page.clientWidth });
  }
  if (isWall && innerWidth > 640 && page.scrollHeight > innerHeight + 1) found.push({ fault: "the wall scrolls", text: "", where: "", box: [], px: page.scrollHeight - innerHeight });

  /* --- pale, small --- */

  function colour(text) {
    const parts = (text.match(/[\d.]+/g) || []).map(Number);
    if (text.startsWith("color(srgb")) return [...parts.slice(0, 3).map((part) => 255 * part), parts[3] ?? 1];
    return text.startsWith("rgb") ? [parts[0], parts[1], parts[2], parts[3] ?? 1] : null;
  }
  const over = (above, below) => [0, 1, 2].map((part) => above[part] * above[3] + below[part] * (1 - above[3]));
  const light = (rgb) => {
    const [r, g, b] = rgb.map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [high, low] = [light(a), light(b)].sort((one, other) => other - one);
    return (high + 0.05) / (low + 0.05);
  };
  const told = new Set();
  const maps = [...document.querySelectorAll(".map")].map((one) => ({ one, box: one.getBoundingClientRect() }));
  const isOverMap = (around, word) => maps.some(({ one, box }) => around.contains(one) && word.left < box.right && word.right > box.left && word.top < box.bottom && word.bottom > box.top);
  for (const word of shown) {
    const { element } = word, style = styleOf(element);
    if (told.has(element)) continue;
    told.add(element);
    const isDrawn = element instanceof SVGElement;
    const drawn = isDrawn ? element.getScreenCTM?.() : null;
    const scale = drawn ? Math.hypot(drawn.a, drawn.b) : 1;
    const size = parseFloat(style.fontSize) * scale;
    if (size < least - 0.1) tell("too small", word, { px: Number(size.toFixed(1)), least: Number(least.toFixed(1)) });
    if (element.closest(":disabled, [aria-disabled='true']")) continue;
    let paint = colour(isDrawn ? style.fill : style.color);
    if (!paint) continue;
    paint = [paint[0], paint[1], paint[2], paint[3] * (isDrawn ? Number(style.fillOpacity) : 1)];
    const layers = [];
    let ground = null;
    if (isDrawn && style.paintOrder.startsWith("stroke") && colour(style.stroke)) ground = colour(style.stroke).slice(0, 3);
    for (const one of up(element)) {
      const own = styleOf(one);
      paint[3] *= Number(own.opacity);
      if (ground) continue;
      if (own.textShadow !== "none") ground = colour(own.textShadow)?.slice(0, 3) ?? null;
      const behind = colour(own.backgroundColor);
      if (behind && behind[3] > 0.99) ground = behind.slice(0, 3);
      else if (behind && behind[3] > 0) layers.push(behind);
      if (!ground && !isDrawn && !layers.length && isOverMap(one, word)) {
        tell("on the map, with no ground of its own", word);
        ground = colour(styleOf(document.body).backgroundColor).slice(0, 3);
      }
    }
    ground = layers.reverse().reduce((below, above) => over(above, below), ground || [255, 255, 255]);
    const ratio = contrast(over(paint, ground), ground);
    // A sign of one shape is a graphic (1.4.11).
    const isSign = [...word.text].length === 1 && /[^\p{L}\p{N}]/u.test(word.text);
    const isLarge = isSign || size >= LARGE || (size >= LARGE_BOLD && Number(style.fontWeight) >= 700);
    if (ratio < (isLarge ? 3 : 4.5) - 0.01) tell("too pale", word, { contrast: Number(ratio.toFixed(2)), ink: over(paint, ground).map(Math.round).join(","), ground: ground.map(Math.round).join(",") });
  }
  return found;
}
