/* Addresses of this machine alone: whoever gets one elsewhere reaches nothing, so what hands it out says so, and what opens it. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

  /* Of these pages and the links to them; "" where they were opened by an address that others have too. */
  cockpit.pagesOnlyHere = function () {
    if (!LOOPBACK.test(location.hostname)) return "";
    return say("▲ 本页地址只有这台机器打得开，链接发给别人也打不开：请架好 HTTPS 代理，设置 COCKPIT_PUBLIC_URL 和 COCKPIT_TRUSTED_PROXIES，再从那个地址打开本页");
  };

  /* Of the broker: it listens on this machine only, or its address was told by a page that was opened on it. */
  cockpit.brokerOnlyHere = function (why) {
    if (why === "broker") return say("▲ 消息服务只有这台机器连得上，别处的设备进不来：请设置 COCKPIT_MQTT_HOST（并设置 COCKPIT_MQTT_CERTIFICATE 和 COCKPIT_MQTT_KEY），再重启");
    return why === "address" ? say("▲ 这个地址只有这台机器连得上，别处的设备要用服务器在网络上的地址：请从设置为 COCKPIT_PUBLIC_URL 的地址打开本页") : "";
  };
})();
