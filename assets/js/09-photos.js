/* Photos before they travel: small enough for a bad line and for proxies that take 1 MB; what this browser cannot read
   goes as it is. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const SIDES = [1600, 1200, 800, 480];   // the server keeps no more than the first
  const QUALITY = 0.82;
  const USUAL_BYTES = 900000;
  const MOST_BYTES = 16 * 1024 * 1024;    // as layers/photos.py
  const photos = (cockpit.photos = /** @type {Cockpit["photos"]} */ ({ MOST: 9 }));

  /* A file as it is kept and sent: {bytes, type, step}; throws where it is neither readable nor small enough. */
  photos.prepare = async function (file) {
    for (let step = 0; step < SIDES.length; step += 1) {
      const made = await scaled(file, step);
      if (made === null) break;
      if (made.size <= USUAL_BYTES || step === SIDES.length - 1) return kept(made, step);
    }
    if (file.size > MOST_BYTES) throw new Error(say("照片 {name} 此浏览器读不了，又超过 16 MB，没有加入；请在相册里另存为 JPEG", { name: file.name }));
    return { ...(await kept(file, null)), isOriginal: true };
  };

  /* The same photo smaller; null where it cannot be made so. */
  photos.smaller = async function ({ bytes, type, step }) {
    const next = step === null ? 0 : step + 1;
    const made = next < SIDES.length ? await scaled(new Blob([bytes], { type }), next) : null;
    return made === null ? null : kept(made, next);
  };

  // Bytes, not a blob: some phones lose the blobs of their database.
  /** @param {Blob} blob @param {number | null} step */
  const kept = async (blob, step) => ({ bytes: await blob.arrayBuffer(), type: blob.type || "application/octet-stream", step });

  /** @param {Blob} blob @param {number} step */
  async function scaled(blob, step) {
    try {
      const picture = await createImageBitmap(blob, { imageOrientation: "from-image" });
      const scale = Math.min(1, SIDES[step] / Math.max(picture.width, picture.height));
      const canvas = cockpit.element("canvas");
      canvas.width = Math.max(1, Math.round(picture.width * scale));
      canvas.height = Math.max(1, Math.round(picture.height * scale));
      canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
      picture.close();
      return await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
    } catch (error) {
      return null;   // not a picture that this browser reads
    }
  }
})();
