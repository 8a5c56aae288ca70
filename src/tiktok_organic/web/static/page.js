// What HTML cannot do by itself: tips on charts, live progress, copying, the slider's figure, the browser's time zone.
// Every page works without it.
"use strict";

const tip = document.createElement("div");
tip.id = "tip";
tip.hidden = true;
document.body.append(tip);

document.addEventListener("pointermove", (event) => {
  const holder = event.target instanceof Element ? event.target.closest("[data-tip]") : null;
  tip.hidden = !holder;
  if (!holder) return;
  tip.textContent = holder.getAttribute("data-tip");
  const width = tip.offsetWidth;
  const left = Math.min(Math.max(4, event.clientX - width / 2), window.innerWidth - width - 4);
  tip.style.left = `${left}px`;
  tip.style.top = `${Math.max(4, event.clientY - 36)}px`;
});
document.addEventListener("pointerleave", () => { tip.hidden = true; });

document.addEventListener("click", async (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-copy]") : null;
  if (button) {
    const source = document.getElementById(button.getAttribute("data-copy"));
    const text = "value" in source ? source.value : source.textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      window.getSelection().selectAllChildren(source);
      document.execCommand("copy");
    }
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1600);
  }
  for (const menu of document.querySelectorAll("details.who[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.who[open]")) menu.open = false;
});

for (const range of document.querySelectorAll("input[type=range][data-output]")) {
  const output = document.getElementById(range.dataset.output);
  const show = () => { output.textContent = `${range.value} ${range.value === "1" ? "day" : "days"}`; };
  range.addEventListener("input", show);
  show();
}

for (const field of document.querySelectorAll("input[data-timezone]")) {
  field.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
}

// A part that is only of use together with a choice: data-with="name=value".
function showParts() {
  for (const part of document.querySelectorAll("[data-with]")) {
    const [name, value] = part.dataset.with.split("=");
    const chosen = document.querySelector(`[name="${name}"]:checked`) || document.querySelector(`select[name="${name}"]`);
    part.hidden = !chosen || chosen.value !== value;
  }
}
document.addEventListener("change", showParts);
showParts();

for (const live of document.querySelectorAll("[data-stream]")) {
  const source = new EventSource(live.dataset.stream);
  source.addEventListener("progress", (event) => { live.innerHTML = event.data; });
  source.addEventListener("done", () => {
    source.close();
    window.location.reload();
  });
}
