/* What changes something: every write carries the token of whoever writes, in a header. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const KEPT = "cockpit-token";   // for this tab only
  const SAID = "cockpit-said";

  const kept = () => sessionStorage.getItem(KEPT) || "";

  /* The fields for the token; one typed in any of them stands in all. */
  cockpit.tokenFields = function () {
    for (const place of cockpit.findAll("[data-token]")) {
      if (place.childElementCount) continue;
      const field = cockpit.element("input");
      field.type = "password";
      field.autocomplete = "off";
      field.value = kept();
      field.placeholder = "cck_…";
      field.addEventListener("input", () => sessionStorage.setItem(KEPT, field.value.trim()));
      const label = cockpit.element("label", "", "操作令牌 ");
      label.title = "cockpit token add --role manager --name 姓名";
      label.append(field);
      place.append(label);
    }
  };

  /* Post JSON, or a file as it is; resolves to {ok, body}, where body.detail says what is wrong. */
  cockpit.post = async function (path, body) {
    if (!kept()) return { ok: false, body: { detail: "请先填写操作令牌" } };
    try {
      const answer = await fetch(path, {
        method: "POST",
        headers: {
          "Content-Type": body instanceof Blob ? "application/octet-stream" : "application/json",
          Authorization: "Bearer " + kept(),
        },
        body: body instanceof Blob ? body : JSON.stringify(body),
      });
      return { ok: answer.ok, body: await answer.json() };
    } catch (error) {
      return { ok: false, body: { detail: "连接中断，没有执行" } };
    }
  };

  /* Lay the page out anew, and say on the new one what came of it. */
  cockpit.reloadSaying = function (text) {
    sessionStorage.setItem(SAID, text);
    location.reload();
  };

  /* What the page before this one had to say. */
  cockpit.sayKept = function (element) {
    const said = sessionStorage.getItem(SAID);
    if (said) cockpit.sayOutcome(element, true, said);
    sessionStorage.removeItem(SAID);
  };

  /* Say in an element what came of it: shape and word, then colour. */
  cockpit.sayOutcome = function (element, ok, text) {
    element.classList.toggle("is-bad", !ok);
    cockpit.setText(element, (ok ? "✓ " : "▲ ") + text);
  };
})();
