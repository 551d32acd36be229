// Time: the slider, the keys, playing, and following what is live.
let playing = null;
let following = true;

function show() {
  charts.forEach(moveCursor);
  if (!modeChart.panel.hidden) { modeChart.cursor.setAttribute("x1", x(at)); modeChart.cursor.setAttribute("x2", x(at)); }
  heat.cursor.setAttribute("x1", heatX(at + 0.5)); heat.cursor.setAttribute("x2", heatX(at + 0.5));
  updateCards(); updateMap(); updateTable(); updateEvents();
  const text = !view.points ? "nothing yet" : view.live ? clock(at) : `${elapsed(at)} · ${clock(at)}`;
  document.querySelectorAll(".at").forEach((place) => { place.textContent = ` at ${text}`; });
  $("clock").textContent = text;
  $("time").value = at;
  $("time").setAttribute("aria-valuetext", `${text}: ${short(now(view.world.served))} served a second, p99 ${ms(now(view.world.p99))}`);
}

function go(step) {
  at = Math.max(0, Math.min(view.points - 1, step));
  following = at === view.points - 1;
  show();
}

function choose(place) {
  chosen = chosen === place ? null : place;
  charts.forEach(drawChart);
  charts.slice(0, 3).forEach((chart) => { chart.panel.querySelector("h2").firstChild.textContent = chart.title + where(); });
  show();
}

function play(on) {
  clearInterval(playing);
  playing = on ? setInterval(() => (at >= view.points - 1 ? play(false) : go(at + 1)), 100) : null;
  $("play").textContent = on ? "Pause" : "Play";
}

function jump(forward) {
  const steps = listed().map((entry) => stepOf(entry.at_s));
  const next = forward ? steps.find((step) => step > at) : steps.reverse().find((step) => step < at);
  if (next !== undefined) go(next);
}

function load(document_) {
  view = { ...EMPTY, ...document_ };
  view.most_asked = view.regions.reduce((most, region) => (region.asked || []).reduce((a, b) => Math.max(a, b ?? 0), most), 0);
  $("time").max = Math.max(0, view.points - 1);
  if (chosen !== null && chosen >= view.regions.length) chosen = null;
  drawHead(); draw(); drawEvents(); drawFindings();
}

function draw() {
  WIDTH = narrow.matches ? 340 : 460;
  charts.forEach(drawChart); drawModes(); drawMissing(); drawHeat();
}

function start(document_) {
  load(document_);
  drawMap();
  at = view.live ? Math.max(0, view.points - 1) : busiest();
  show();
  following = true;
}

// Where a rehearsal opens: at its highest rate, or where its address says (#t=STEP).
function busiest() {
  const named = /^#t=(\d+)$/.exec(location.hash);
  if (named) return Math.min(Number(named[1]), view.points - 1);
  const asked = view.world.asked || [];
  return asked.reduce((best, value, step) => ((value ?? 0) > (asked[best] ?? 0) ? step : best), 0);
}

// A page that nobody sees asks for nothing.
let polled = "";
async function poll() {
  if (document.hidden) { document.addEventListener("visibilitychange", poll, { once: true }); return; }
  try {
    const answer = await fetch("/view.json", { cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const text = await answer.text();
    if (text !== polled) renew(JSON.parse(text));
    polled = text;
  } catch (error) {
    polled = "";
    tellProblem(`The dashboard does not answer (${error.message}): it is asked again every second.`);
  }
  setTimeout(poll, 1000);
}

function renew(fresh) {
  const regions = view.regions.length;
  const moment = view.start_s + at * view.step_s;
  load(fresh);
  if (view.regions.length !== regions) drawMap();
  at = following ? Math.max(0, view.points - 1) : stepOf(moment);
  show();
}

let columns = columnsOf($("charts"));
addEventListener("resize", () => {
  if (columnsOf($("charts")) === columns && WIDTH === (narrow.matches ? 340 : 460)) return;
  columns = columnsOf($("charts"));
  draw(); show();
});
$("time").addEventListener("input", () => { play(false); go(Number($("time").value)); });
$("play").addEventListener("click", () => { if (at >= view.points - 1 && !playing) go(0); play(!playing); });
$("next").addEventListener("click", () => jump(true));
document.addEventListener("keydown", (event) => {
  const scrolls = event.target.closest(".scroll") ? /^Arrow/ : event.target.closest("#events") ? /^(Page|Home|End)/ : null;
  if (scrolls !== null && scrolls.test(event.key)) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const onButton = event.target.closest("button") !== null;
  const keys = {
    ArrowLeft: () => go(at - 1), ArrowRight: () => go(at + 1), Home: () => go(0), End: () => go(view.points - 1),
    PageUp: () => go(at + 10), PageDown: () => go(at - 10), n: () => jump(true), p: () => jump(false),
    Escape: () => { if (chosen !== null) choose(chosen); },
    " ": () => { if (onButton) return false; $("play").click(); return true; },
  };
  const key = keys[event.key];
  if (key && key() !== false) event.preventDefault();
});
start(unpacked(JSON.parse($("view").textContent)));
if (view.live) poll();
