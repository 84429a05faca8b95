/* What is one's own, under one's name in the header; and text that is copied by a button. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  /** @type {[part: string, name: string][]} */
  const PARTS = [
    ["person", say("姓名与电话")], ["password", say("口令")], ["look", say("语言与配色")],
    ["sessions", say("已登录的设备")], ["notices", say("想要的通知")],
  ];

  cockpit.accountMenu = function (name, leave) {
    const made = element("span", "account");
    const button = element("button", "quiet who", name);
    button.type = "button";
    button.setAttribute("aria-expanded", "false");
    const menu = element("div", "account-menu");
    menu.hidden = true;
    const query = new URLSearchParams({ community: cockpit.root.dataset.community });
    const theme = new URLSearchParams(location.search).get("theme");
    if (theme) query.set("theme", theme);
    for (const [part, text] of PARTS) {
      const link = element("a", "", text);
      link.href = `/account?${query}#account-${part}`;
      menu.append(link);
    }
    if (cockpit.may("admin")) {
      const first = element("a", "", say("上手清单"));
      first.href = `/first-hour?${query}`;
      menu.append(first);
    }
    menu.append(leave);
    /** @param {boolean} isOpen */
    const open = (isOpen) => {
      menu.hidden = !isOpen;
      button.setAttribute("aria-expanded", String(isOpen));
    };
    button.addEventListener("click", () => open(menu.hidden));
    document.addEventListener("click", (event) => made.contains(/** @type {Node} */ (event.target)) || open(false));
    made.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || menu.hidden) return;
      open(false);
      button.focus();
    });
    made.append(button, menu);
    return made;
  };

  cockpit.copyable = function (text) {
    const made = element("span", "copyable");
    const button = element("button", "ahead", say("复制"));
    button.type = "button";
    const said = element("span", "second");
    said.setAttribute("role", "status");
    button.addEventListener("click", async () => {
      cockpit.setText(said, (await copied(text)) ? say("✓ 已复制") : say("▲ 浏览器不让复制，请选中后按 Ctrl+C"));
    });
    made.append(button, said);
    return made;
  };

  /* Without TLS a browser has no clipboard for scripts, but copies what is selected. */
  /** @param {string} text */
  async function copied(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch (error) {
      const field = element("textarea", "unseen");
      field.value = text;
      document.body.append(field);
      field.select();
      const isDone = document.execCommand("copy");
      field.remove();
      return isDone;
    }
  }
})();
