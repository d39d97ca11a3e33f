// Keys, sorting and the side panel. Pages work without this file.
"use strict";

const panel = () => document.getElementById("panel");

// ---- the side panel -------------------------------------------------------------------------------------------------
let cameFrom = null; // what had the focus when the panel was opened
let opened = 0; // how many steps of history the panel took

document.addEventListener("htmx:before:request", (event) => {
  if (event.detail?.ctx?.target !== panel()) return; // a part of a page that is asked for anew is no step
  const source = event.target;
  if (source && source.closest && !source.closest("#panel")) { cameFrom = source; opened = 0; }
  opened += 1;
});
document.addEventListener("htmx:after:swap", (event) => {
  const box = panel();
  if (event.detail?.ctx?.target !== box) return;
  const anchor = event.detail.ctx.request?.anchor; // a rule one came for is marked, as :target would be on a page of its own
  if (anchor) document.getElementById(anchor)?.classList.add("sought");
  if (box && box.childElementCount) { box.scrollTop = 0; box.focus({ preventScroll: true }); drawCharts(box); }
});

function closePanel() {
  const box = panel();
  if (!box || !box.childElementCount) return false;
  box.replaceChildren();
  if (opened > 0) { const steps = opened; opened = 0; skipRestore = true; history.go(-steps); }
  if (cameFrom && cameFrom.isConnected) cameFrom.focus();
  return true;
}
// Going back to where the panel was opened from needs no new page: it is still here.
let skipRestore = false;
window.addEventListener("popstate", (event) => {
  if (skipRestore) { skipRestore = false; event.stopImmediatePropagation(); }
}, true);

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-close], [data-open], button.sort, [data-print]");
  if (!button) return;
  if (button.dataset.close) closePanel();
  else if (button.dataset.open) document.getElementById(button.dataset.open).showModal();
  else if ("print" in button.dataset) window.print();
  else sortBy(button.closest("th"));
});

// ---- tables ---------------------------------------------------------------------------------------------------------
const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });

function sortBy(heading) {
  const table = heading.closest("table");
  const place = [...heading.parentElement.children].indexOf(heading);
  const numeric = heading.matches(".number, .rate");
  const down = heading.getAttribute("aria-sort") === "ascending" || (numeric && !heading.hasAttribute("aria-sort"));
  for (const other of table.querySelectorAll("th[aria-sort]")) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", down ? "descending" : "ascending");
  const body = table.tBodies[0];
  const value = (row) => row.cells[place].dataset.value ?? row.cells[place].textContent.trim();
  const rows = [...body.rows].sort((one, other) => {
    const [a, b] = [value(one), value(other)];
    if (numeric) { // what has no value stands last either way
      if (a === "" || b === "") return (a === "") - (b === "");
      return down ? b - a : a - b;
    }
    return down ? collator.compare(b, a) : collator.compare(a, b);
  });
  body.append(...rows);
}

// ---- keys -----------------------------------------------------------------------------------------------------------
function rowsInReach() {
  const box = panel();
  const root = box && box.childElementCount ? box : document.getElementById("main");
  return [...root.querySelectorAll("table.data tbody tr, ul.due li, ol.timeline > li")].filter((row) => row.querySelector("a"));
}

function step(by) {
  const rows = rowsInReach();
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.classList.contains("at"));
  const next = rows[Math.min(rows.length - 1, Math.max(0, at + by))];
  for (const row of rows) row.classList.toggle("at", row === next);
  next.scrollIntoView({ block: "nearest" });
  next.querySelector("a.door, a").focus({ preventScroll: true });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.closest("input, textarea, select");
  if (event.key === "Escape") {
    if (typing) typing.blur();
    else if (!document.querySelector("dialog[open]") && closePanel()) event.preventDefault();
    return;
  }
  if (typing) return;
  const act = { "/": () => document.querySelector("[data-key='/']").focus(), j: () => step(1), k: () => step(-1), "?": () => document.getElementById("keys").showModal() }[event.key];
  const button = document.querySelector(`#main button[data-press="${CSS.escape(event.key)}"]`);
  if (act) { event.preventDefault(); act(); }
  else if (button) { event.preventDefault(); button.click(); }
});

// ---- language -------------------------------------------------------------------------------------------------------
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-lang]");
  if (link) document.cookie = `wangdi_lang=${link.dataset.lang}; path=/; max-age=31536000; samesite=lax`;
});

function drawCharts(root) { if (window.wangdiCharts) window.wangdiCharts(root); }
