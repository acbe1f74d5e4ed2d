// Makes a chosen picture small enough to travel with its questionnaire, and says so:
// <p data-fits="field" data-most="bytes" data-done="what is said">. Without it a large picture is refused in words.
"use strict";

async function smaller(file, most) {
  // Turned as the camera was held. What the browser cannot draw is left to the server to refuse.
  const picture = await createImageBitmap(file);
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  for (let longest = 900; longest > 100; longest *= 0.8) {
    const scale = Math.min(1, longest / Math.max(picture.width, picture.height));
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    // Where a picture is transparent a JPEG would be black.
    context.fillStyle = "white";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const made = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.8));
    if (made.size <= most) return new File([made], "bilde.jpg", { type: made.type });
  }
  return file;
}

for (const said of document.querySelectorAll("[data-fits]")) {
  const field = document.getElementById(said.dataset.fits);
  const most = Number(said.dataset.most);
  field.addEventListener("change", async () => {
    said.textContent = "";
    const [file] = field.files;
    if (!file || (file.size <= most && ["image/png", "image/jpeg"].includes(file.type))) return;
    const made = await smaller(file, most).catch(() => file);
    // Another may have been chosen meanwhile.
    if (made === file || field.files[0] !== file) return;
    const files = new DataTransfer();
    files.items.add(made);
    field.files = files.files;
    said.textContent = said.dataset.done;
  });
}
