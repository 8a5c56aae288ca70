// What HTML cannot do by itself: tips on charts, live progress, copying, the slider's figure, the browser's time zone.
// Every page works without it.
"use strict";

const tip = document.createElement("div");
tip.id = "tip";
tip.hidden = true;
document.body.append(tip);

// A tip follows the pointer over a chart, stays while the pointer is on the tip itself, appears at a tap,
// and goes with Escape.
function showTip(event) {
  if (!(event.target instanceof Element) || event.target.closest("#tip")) return;
  const holder = event.target.closest("[data-tip]");
  tip.hidden = !holder;
  if (!holder) return;
  tip.textContent = holder.getAttribute("data-tip");
  const width = tip.offsetWidth;
  const left = Math.min(Math.max(4, event.clientX - width / 2), window.innerWidth - width - 4);
  tip.style.left = `${left}px`;
  tip.style.top = `${Math.max(4, event.clientY - 36)}px`;
}
document.addEventListener("pointermove", (event) => { if (event.pointerType !== "touch") showTip(event); });
document.addEventListener("pointerdown", showTip);
document.documentElement.addEventListener("pointerleave", (event) => {
  if (event.pointerType !== "touch") tip.hidden = true;
});

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
  tip.hidden = true;
  for (const menu of document.querySelectorAll("details.who[open]")) menu.open = false;
});

// Tabs that do not fit are scrolled: the current one is in view.
for (const tab of document.querySelectorAll(".tabs [aria-current]")) {
  const tabs = tab.parentElement;
  tabs.scrollLeft = tab.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - tab.offsetWidth) / 2;
}

for (const range of document.querySelectorAll("input[type=range][data-output]")) {
  const output = document.getElementById(range.dataset.output);
  const show = () => { output.textContent = `${range.value} ${range.value === "1" ? "day" : "days"}`; };
  range.addEventListener("input", show);
  show();
}

for (const field of document.querySelectorAll("[data-timezone]")) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
  if (!field.options || [...field.options].some((option) => option.value === zone)) field.value = zone;
}

// A button that fills its field from the clipboard, where the browser lets a page read that.
for (const button of document.querySelectorAll("[data-paste]")) {
  if (!navigator.clipboard?.readText) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.paste);
    try {
      field.value = await navigator.clipboard.readText();
      field.dispatchEvent(new Event("input", { bubbles: true }));
    } catch {
      field.focus();
    }
  });
}

// A part that is only of use together with a choice: data-with="name=value".
function showParts() {
  for (const part of document.querySelectorAll("[data-with]")) {
    const [name, value] = part.dataset.with.split("=");
    const chosen = document.querySelector(`[name="${name}"]:checked`) || document.querySelector(`select[name="${name}"]`);
    part.hidden = !chosen || chosen.value !== value;
  }
  for (const part of document.querySelectorAll("[data-without]")) {
    const [name, value] = part.dataset.without.split("=");
    const chosen = document.querySelector(`select[name="${name}"]`);
    part.hidden = Boolean(chosen) && chosen.value === value;
  }
}
document.addEventListener("change", showParts);
showParts();

// A refused form: the summary has the focus, and its field says so.
const problem = document.getElementById("problem");
if (problem && document.querySelector("form")) {
  const field = problem.dataset.field && (document.getElementById(problem.dataset.field)
    || document.querySelector(`[name="${CSS.escape(problem.dataset.field)}"]`));
  if (field) {
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", `${field.getAttribute("aria-describedby") || ""} problem`.trim());
  }
  problem.focus();
}

for (const live of document.querySelectorAll("[data-stream]")) {
  const source = new EventSource(live.dataset.stream);
  const said = document.querySelector("[data-said]");
  source.addEventListener("progress", (event) => { live.innerHTML = event.data; });
  source.addEventListener("said", (event) => { if (said) said.textContent = event.data; });
  source.addEventListener("done", () => {
    source.close();
    window.location.reload();
  });
}

for (const form of document.querySelectorAll("form[data-confirm]")) {
  form.addEventListener("submit", (event) => {
    if (!window.confirm(form.dataset.confirm)) event.preventDefault();
  });
}
