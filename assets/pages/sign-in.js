/* Signing in, and choosing a password by a link that works once. Stands alone: nobody is signed in yet. */
(function () {
  "use strict";

  /** @param {string} text */
  const say = (text) => String((window.cockpitWords || {})[text] ?? text);

  /** @typedef {{ok: boolean, detail?: string, role?: string}} Told */

  const form = document.querySelector("form");
  if (!form) return;   // a link that is not good any more
  const query = new URLSearchParams(location.search);
  const PHONE = matchMedia("(max-width: 700px)");

  /* Only a path of ours is gone to: an address of elsewhere in ?next= is no reason to leave. */
  /** @param {string} first */
  function next(first = "/") {
    const target = new URL(query.get("next") || form?.dataset.next || first, location.origin);
    return target.origin === location.origin ? target.pathname + target.search : "/";
  }

  /** @type {Record<"sign-in" | "welcome", (given: FormData) => Promise<Told> | Told>} */
  const sends = {
    "sign-in": (given) => post("/api/v1/session", { name: given.get("name"), password: given.get("password") }),
    welcome(given) {
      if (given.get("password") !== given.get("again")) return { ok: false, detail: say("两次输入不一致") };
      const name = given.get("name");
      return post("/api/v1/invitation", { token: query.get("token") || "", password: given.get("password"), name });
    },
  };

  /** @param {string} path @param {object} body */
  async function post(path, body) {
    try {
      const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json", "Accept-Language": document.documentElement.lang }, body: JSON.stringify(body) });
      const { detail, role } = await answer.json();
      return { ok: answer.ok, detail, role };
    } catch (error) {
      return { ok: false, detail: say("连接中断，请再试") };
    }
  }

  // The way by another provider leads back to the same page.
  const elsewhere = /** @type {HTMLAnchorElement | null} */ (document.querySelector(".elsewhere"));
  if (elsewhere) elsewhere.href += "?next=" + encodeURIComponent(next());

  // The link is a secret: not for the list of visited pages.
  if (form.dataset.kind === "welcome") history.replaceState(null, "", "/welcome");

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
    button.disabled = true;
    const { ok, detail, role } = await sends[/** @type {"sign-in" | "welcome"} */ (form.dataset.kind)](new FormData(form));
    button.disabled = false;
    // A steward with a phone comes to report, and to what is theirs to do.
    if (ok) location.assign(next(role === "steward" && PHONE.matches ? "/report" : "/"));
    else /** @type {HTMLElement} */ (document.querySelector("[data-outcome]")).textContent = "▲ " + detail;
  });
})();
