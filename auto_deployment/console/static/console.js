"use strict";
// Everything is readable without this file: it draws the tables as plots and keeps an open page up to date.

const COLOURS = {stable: "--stable", canary: "--canary", limit: "--bad", static: "--quiet"};
const OTHERS = ["--text", "--open", "--good"];
const POLL_MS = 30000;
const PLOTS_MS = 20000;

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function draw(figure) {
  const place = figure.querySelector(".canvas");
  const table = figure.querySelector("details table");  // not the legend of what was drawn before
  if (!place || !table || typeof uPlot === "undefined") return;
  const names = [...table.querySelectorAll("thead th")].slice(1).map((one) => one.textContent);
  const rows = [...table.querySelectorAll("tbody tr")];
  const read = (cell) => (cell.dataset.value === "" ? null : Number(cell.dataset.value));
  const data = [rows.map((row) => Number(row.querySelector("th").dataset.at))];
  names.forEach((_, at) => data.push(rows.map((row) => read(row.querySelectorAll("td")[at]))));
  const axis = () => ({stroke: colour("--quiet"), grid: {stroke: colour("--line"), width: 1}, ticks: {stroke: colour("--line")}});
  const series = names.map((name, at) => ({
    label: name,
    stroke: colour(COLOURS[name] || OTHERS[at % OTHERS.length]),
    width: 2,
    dash: name === "limit" ? [6, 4] : undefined,
    points: {show: rows.length < 3},
  }));
  place.replaceChildren();
  new uPlot({
    width: Math.max(place.clientWidth, 200), height: 190, tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "UTC"),
    axes: [{...axis(), values: clock, incrs: [60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 1209600, 2592000, 7776000, 31536000]}, {...axis(), size: 70, values: digits}], series: [{}, ...series], legend: {live: false}, cursor: {drag: {x: false, y: false}},
  }, data, place);
}

// What uPlot does by itself says 0 for all that is less than a thousandth.
const digits = (plot, values) => values.map((one) => one?.toLocaleString("en", {maximumSignificantDigits: 6}));

const two = (number) => String(number).padStart(2, "0");

// Hours of the day; with the date in front once a plot spans more than a day, the date alone from five days on.
function clock(plot, moments) {
  const days = (plot.scales.x.max - plot.scales.x.min) / 86400;
  return moments.map((at) => {
    const time = new Date(at * 1000);
    const date = `${two(time.getUTCMonth() + 1)}-${two(time.getUTCDate())}`;
    const hour = `${two(time.getUTCHours())}:${two(time.getUTCMinutes())}`;
    return days > 5 ? date : days > 1 ? `${date} ${hour}` : hour;
  });
}

const drawAll = (root) => root.querySelectorAll("figure.plot").forEach(draw);

function isInUse(part) {
  return part.contains(document.activeElement) || (part.dataset.part === "forms" && part.querySelector("details[open]"));
}

// Fetches this page anew and takes over what changed, but nothing that somebody is typing into.
async function refresh(wanted) {
  let text;
  try {
    const answer = await fetch(location.href, {headers: {Accept: "text/html"}});
    if (!answer.ok || answer.redirected) return;
    text = await answer.text();
  } catch { return; }
  const fresh = new DOMParser().parseFromString(text, "text/html");
  document.querySelectorAll("[data-part]").forEach((part) => {
    const other = fresh.getElementById(part.id);
    if (!other || !wanted(part) || isInUse(part)) return;
    const open = [...part.querySelectorAll("figure details[open]")].map((one) => one.closest("figure").id);
    part.replaceChildren(...other.childNodes);
    open.forEach((id) => part.querySelector(`#${CSS.escape(id)} details`)?.setAttribute("open", ""));
    drawAll(part);
  });
}

let mark = null;
function tell(news) {
  if (!news.live) return;
  for (const [place, text] of Object.entries(news.live)) {
    const cell = document.querySelector(`[data-live="${CSS.escape(place)}"]`);
    if (cell && cell.textContent !== text) cell.textContent = text;
  }
  if (mark !== null && mark !== news.release) refresh((part) => part.dataset.part !== "timed");
  mark = news.release;
}

function say(text) {
  const place = document.getElementById("liveness");
  if (place) { place.hidden = !text; place.textContent = text; }
}

let stream = null;
let polling = null;
function follow() {
  if (stream || document.hidden) return;
  stream = new EventSource("/live");
  stream.onopen = () => { clearInterval(polling); polling = null; say("Live: it changes by itself."); };
  stream.onmessage = (event) => tell(JSON.parse(event.data));
  stream.onerror = () => {
    if (stream.readyState !== EventSource.CLOSED) { say("The console does not answer: trying again."); return; }
    stream = null;  // refused: all places are taken, so ask now and then
    say("Many watch at once: looked at every half minute.");
    polling ||= setInterval(poll, POLL_MS);
  };
}

async function poll() {
  if (document.hidden) return;
  try { tell(await (await fetch("/live.json")).json()); } catch { /* the next time */ }
  if (Math.random() < 0.2) follow();
}

// A page that nobody sees holds no place.
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) { follow(); return; }
  stream?.close();
  stream = null;
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawAll(document));
let resized = null;
let width = innerWidth;
// A telephone's bars change the height all the time, which is no reason to draw anew.
addEventListener("resize", () => {
  if (innerWidth === width) return;
  width = innerWidth;
  clearTimeout(resized);
  resized = setTimeout(() => drawAll(document), 50);
});

drawAll(document);
if (document.querySelector("[data-live], [data-part]")) follow();
if (document.querySelector('[data-part="timed"]')) {
  setInterval(() => { if (!document.hidden) refresh((part) => part.dataset.part === "timed"); }, PLOTS_MS);
}
