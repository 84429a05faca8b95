/* A device's credentials as they are told this once: to be copied, scanned, and tried out by a command. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const { element } = cockpit;
  const SVG = "http://www.w3.org/2000/svg";

  /* Put a text where it can be pasted from; true where that went well. */
  /** @param {string} text */
  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Without TLS there is no clipboard but that of a selection.
      const field = element("textarea");
      field.value = text;
      field.dataset.kept = "";
      document.body.append(field);
      field.select();
      const isCopied = document.execCommand("copy");
      field.remove();
      return isCopied;
    }
  }

  /** @param {string} text @param {string} what */
  function copier(text, what) {
    const button = element("button", "quiet", say("复制"));
    button.type = "button";
    button.setAttribute("aria-label", say("复制{what}", { what }));
    button.addEventListener("click", async () => {
      const came = (await copy(text)) ? say("✓ 已复制") : say("▲ 请手工选取");
      cockpit.setText(button, came);
      button.setAttribute("aria-label", `${came} ${what}`);
    });
    return button;
  }

  /** @param {Api.Credentials} of */
  function code({ qr }) {
    const made = document.createElementNS(SVG, "svg");
    made.setAttribute("viewBox", `0 0 ${qr.size} ${qr.size}`);
    made.setAttribute("class", "qr");
    made.setAttribute("role", "img");
    made.setAttribute("aria-label", say("凭据的二维码"));
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", qr.path);
    made.append(path);
    return made;
  }

  /** @param {Api.Credentials} of @param {string} sample */
  function byShell({ host, port, tls, username, password, topic }, sample) {
    const ca = tls ? " --cafile ca.pem" : "";
    return `mosquitto_pub -h ${host} -p ${port}${ca} -q 1 -u ${username} -P '${password}' -t ${topic}/telemetry -m '${sample}'`;
  }

  /** @param {Api.Credentials} of @param {string} sample */
  function byPaho({ host, port, tls, username, password, topic }, sample) {
    return [
      "import paho.mqtt.client as mqtt",
      "",
      `client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, "${username}", clean_session=False)`,
      `client.username_pw_set("${username}", "${password}")`,
      ...(tls ? ['client.tls_set("ca.pem")'] : []),
      `client.connect("${host}", ${port})`,
      "client.loop_start()",
      `client.publish("${topic}/telemetry", '${sample}', qos=1).wait_for_publish()`,
      "client.disconnect()",
    ].join("\n");
  }

  /** @param {string} name @param {string} text @param {string} kind */
  function command(name, text, kind) {
    const made = element("details", "command-text");
    made.dataset.commandText = kind;
    const head = element("summary", "", name);
    const shown = element("pre");
    shown.append(element("code", "", text));
    shown.tabIndex = 0;
    made.append(head, copier(text, name), shown);
    return made;
  }

  /* Show credentials in a place until the page goes; who leaves it is asked first. */
  cockpit.showCredentials = function (place, of, sample) {
    const made = element("section", "credentials");
    made.dataset.credentials = of.device;
    const rows = element("dl");
    /** @type {[string, string][]} */
    const told = [[say("用户名"), of.username], [say("密钥"), of.password], [say("主题"), `${of.topic}/telemetry`], [say("地址"), `${of.host}:${of.port}${of.tls ? " TLS" : ""}`]];
    for (const [name, text] of told) {
      const said = element("dd");
      const value = element("code", "", text);
      if (text === of.password) value.dataset.secret = "";
      said.append(value, copier(text, name));
      rows.append(element("dt", "", name), said);
    }
    const scan = element("figure");
    scan.append(code(of), element("figcaption", "second", say("扫码取得连接地址与密钥（mqtt://）")));
    const shell = command(say("用 mosquitto_pub 试发"), byShell(of, sample), "mosquitto");
    shell.open = true;
    made.append(
      element("h3", "", say("{device} 的凭据", { device: of.device })),
      element("p", "once", say("◆ 密钥只显示这一次，离开本页后不能再看；丢失时在设备页更换密钥")),
      ...(of.only_here ? [element("p", "once", cockpit.brokerOnlyHere(of.only_here))] : []),
      rows, scan, shell, command(say("用 Python（paho-mqtt）试发"), byPaho(of, sample), "paho"),
    );
    place.replaceChildren(made);
    return made;
  };
})();
