// Charts over time: one common cursor, drawn as SVG.
const [HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [188, 48, 8, 18, 20];
const TICKS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400];
const narrow = matchMedia("(max-width: 620px)");
const charts = [];
let WIDTH = 460;

const x = (step) => LEFT + ((WIDTH - LEFT - RIGHT) * (step + 0.5)) / Math.max(1, view.points);

function line(series, y) {
  let path = "";
  let pen = false;
  for (let step = 0; step < view.points; step += 1) {
    if (!known(series[step])) { pen = false; continue; }
    path += `${pen ? "L" : "M"}${x(step).toFixed(1)} ${y(series[step]).toFixed(1)}`;
    pen = true;
  }
  return path;
}

function band(low, high, y) {
  let [path, back] = ["", ""];
  for (let step = 0; step < view.points; step += 1) {
    if (!known(high[step])) {
      if (back) path += `${back}Z`;
      back = "";
      continue;
    }
    path += `${back ? "L" : "M"}${x(step).toFixed(1)} ${y(high[step]).toFixed(1)}`;
    back = `L${x(step).toFixed(1)} ${y(low && known(low[step]) ? low[step] : y.floor).toFixed(1)}` + back;
  }
  return back ? `${path}${back}Z` : path;
}

function scale(chart, drawn) {
  const values = drawn.flatMap((one) => one.values).filter(known);
  const bottom = HEIGHT - BOTTOM;
  let y;
  if (chart.log) {
    const positive = values.filter((value) => value > 0);
    const low = Math.floor(Math.log10(Math.min(1, ...positive)));
    const high = Math.max(low + 1, Math.ceil(Math.log10(positive.reduce((a, b) => Math.max(a, b), 10))));
    y = (value) => bottom - ((bottom - TOP) * (Math.log10(Math.max(value, 10 ** low)) - low)) / (high - low);
    y.floor = 10 ** low;
    y.ticks = Array.from({ length: high - low + 1 }, (_, place) => 10 ** (low + place));
  } else {
    const top = chart.top ?? values.reduce((a, b) => Math.max(a, b), 0);
    const rough = Math.max((top || 1) / 4, chart.least || 0);
    const power = 10 ** Math.floor(Math.log10(rough));
    const tick = power * [1, 2, 2.5, 5, 10].find((times) => power * times >= rough * 0.999);
    const high = chart.top ?? Math.max(tick, Math.ceil(top / tick) * tick);
    y = (value) => bottom - ((bottom - TOP) * Math.max(0, Math.min(value, high))) / high;
    y.floor = 0;
    y.ticks = Array.from({ length: Math.round(high / tick) + 1 }, (_, place) => place * tick).filter((value) => value <= high * 1.001);
  }
  return y;
}

function axes(chart, y) {
  const parts = y.ticks.flatMap((value) => [
    svg("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y(value), y2: y(value) }),
    svg("text", { x: LEFT - 5, y: y(value) + 4, "text-anchor": "end" }, chart.format(value)),
  ]);
  return [...parts, ...timeTicks(), ...moments()];
}

// When of a rehearsal an event begins, peaks and ends, and what went wrong: told in the list of events, marked in charts.
const marked = () => (view.live ? [] : view.timeline.filter((entry) => ["calendar", "fault"].includes(entry.kind) && entry.at_s > view.start_s));
function moments() {
  return marked().map((entry) => {
    const place = (LEFT + ((WIDTH - LEFT - RIGHT) * (entry.at_s - view.start_s)) / Math.max(1, view.points * view.step_s)).toFixed(1);
    return svg("path", { class: "moment-mark", d: `M${place} ${HEIGHT - BOTTOM}V${TOP}l-4-6h8l-4 6` }, svg("title", {}, `${elapsedAt(entry.at_s - view.start_s)} ${entry.text}`));
  });
}

// At full seconds, minutes or hours: of the clock where it is live, of the run where it is not.
function timeTicks() {
  const length = Math.max(view.step_s, view.points * view.step_s);
  const most = view.live ? 3 : narrow.matches ? 4 : 6;
  const every = TICKS_S.find((tick) => length / tick <= most) ?? TICKS_S.at(-1);
  const parts = [];
  for (let second = view.live ? every - (view.start_s % every) : 0; second <= length; second += every) {
    const place = LEFT + ((WIDTH - LEFT - RIGHT) * second) / length;
    const anchor = place < LEFT + 16 ? "start" : place > WIDTH - RIGHT - 22 ? "end" : "middle";
    parts.push(svg("text", { x: place, y: HEIGHT - 4, "text-anchor": anchor }, view.live ? clock(second / view.step_s) : elapsedAt(second)));
  }
  return parts;
}

function frame(chart) {
  chart.drawing.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  return view.simulated ? [svg("text", { class: "sim", x: WIDTH - RIGHT, y: 11, "text-anchor": "end" }, "SIMULATED")] : [];
}

function swatch(one) {
  const mark = one.area
    ? svg("rect", { class: `area ${one.area}`, width: 26, height: 10 })
    : svg("line", { class: `s ${one.look}`, x1: 0, x2: 26, y1: 5, y2: 5 });
  return svg("svg", { viewBox: "0 0 26 10", "aria-hidden": "true" }, mark);
}

function drawChart(chart) {
  const drawn = chart.series().filter((one) => one.values && one.values.some(known));
  chart.panel.hidden = drawn.length === 0;
  if (!drawn.length) return;
  const y = scale(chart, drawn.filter((one) => !one.off));
  const odd = (chart.anomalies ? (view.analysis || {}).anomalies || [] : []).filter((one) => chart.anomalies.includes(one.signal));
  const parts = odd.map((one) => svg("rect", {
    class: "odd", x: x(stepOf(one.from_s)) - 1, y: TOP, height: HEIGHT - TOP - BOTTOM,
    width: Math.max(3, x(stepOf(one.until_s)) - x(stepOf(one.from_s))),
  }));
  parts.push(...axes(chart, y));
  for (const one of drawn.filter((each) => !each.off)) {
    if (one.area) parts.push(svg("path", { class: `area ${one.area}`, d: band(one.low, one.values, y) }));
    if (one.look) parts.push(svg("path", { class: `s ${one.look}`, d: line(one.values, y) }));
  }
  parts.push(...frame(chart));
  chart.cursor = svg("line", { class: "cursor", y1: TOP, y2: HEIGHT - BOTTOM });
  chart.drawing.replaceChildren(...parts, chart.cursor);
  chart.drawn = drawn;
  chart.drawing.setAttribute("aria-label", `${chart.title}: ` + drawn.map((one) => {
    const values = one.values.filter(known);
    return `${one.name} from ${chart.format(values.reduce((a, b) => Math.min(a, b)))} to ${chart.format(values.reduce((a, b) => Math.max(a, b)))}`;
  }).join("; "));
}

function moveCursor(chart) {
  if (chart.panel.hidden) return;
  chart.cursor.setAttribute("x1", x(at));
  chart.cursor.setAttribute("x2", x(at));
  chart.legend.replaceChildren(...chart.drawn.map((one) => el("span", {}, swatch(one), `${one.name} `, el("b", {}, one.word ? one.word(now(one.values)) : chart.format(now(one.values))))));
}

function addChart(chart) {
  chart.drawing = svg("svg", { role: "img", class: "plot" });
  chart.legend = el("p", { class: "legend" });
  chart.panel = el("section", { class: "panel" }, el("h2", {}, chart.title, chart.unit ? el("span", { class: "quiet" }, ` ${chart.unit}`) : ""), chart.drawing, chart.legend);
  const follow = (event) => {
    const box = chart.drawing.getBoundingClientRect();
    const place = ((event.clientX - box.left) / box.width) * WIDTH;
    go(Math.floor(((place - LEFT) / (WIDTH - LEFT - RIGHT)) * view.points));
  };
  chart.drawing.addEventListener("pointerdown", follow);
  chart.drawing.addEventListener("pointermove", (event) => { if (event.pointerType === "mouse" && event.buttons) follow(event); });
  charts.push(chart);
  $("charts").append(chart.panel);
}

const whole = (name) => (chosen === null ? view.world[name] : view.regions[chosen][name]);
// A ceiling far above what runs would press all else to the floor: it is told beside, and not drawn.
function ceiling() {
  const most = (names) => Math.max(1, ...names.flatMap((name) => whole(name) || []).filter(known));
  const far = most(["ceiling"]) > 5 * most(["actual", "planned", "starting"]);
  return { name: far ? "ceiling, far above" : "ceiling", look: "c-ink dots", values: whole("ceiling"), off: far };
}
const where = () => (chosen === null ? "" : ` in ${view.regions[chosen].name}`);

addChart({
  title: "Requests", unit: "a second", format: short, anomalies: ["asked", "served", "errors", "shed"],
  series: () => [
    { name: view.live ? "asked" : "asked (target)", look: "c-ink dash", values: whole("asked") },
    { name: "target: 90 % of the forecast", look: "c-sky long", values: whole("target") },
    { name: "served", look: "c-blue", area: "f-blue", values: whole("served") },
    { name: "failed", look: "c-red", values: whole("errors") },
    { name: view.live ? "refused" : "shed", look: "c-purple dots", values: whole("shed") },
  ],
});
addChart({
  title: "Time to answer", unit: "ms, logarithmic", format: short, log: true, anomalies: ["p50", "p99"],
  series: () => [
    { name: "p50", look: "c-green", values: whole("p50") },
    { name: "p95", look: "c-orange dash", values: whole("p95") },
    { name: "p99", look: "c-red dots", values: whole("p99") },
  ],
});
addChart({
  title: "Instances", format: short, least: 1, anomalies: ["actual"],
  series: () => [
    ceiling(),
    { name: "planned", look: "c-orange dash", values: whole("planned") },
    { name: "ready", look: "c-blue", area: "f-blue", values: whole("actual") },
    { name: "starting", look: "c-green dots", values: whole("starting") },
  ],
});
addChart({
  title: "Forecast and what came", unit: "requests a second", format: short,
  series: () => {
    const fan = view.world.forecast || {};
    return [
      { name: "99 % stay below", area: "f-fan outer", low: fan["0.5"], values: fan["0.99"] },
      { name: "90 %", area: "f-fan", low: fan["0.5"], values: fan["0.9"] },
      { name: `median, ${view.world.lead_text ?? `${view.world.lead_min ?? 15} min before`}`, look: "c-sky dash", values: fan["0.5"] },
      { name: "asked", look: "c-ink", values: fan["0.5"] ? view.world.asked : null },
    ];
  },
});
addChart({
  title: "Spending and budget", unit: "dollars an hour", format: (micros) => "$" + short((micros ?? 0) / 1e6),
  series: () => [
    { name: "allowed", look: "c-ink dash", values: view.world.allowed_per_hour },
    { name: "spent", look: "c-green", area: "f-green", values: view.world.spend_per_hour },
  ],
});
addChart({
  title: "Answers from a cache", unit: "share of what was asked", format: percent, top: 1,
  series: () => Object.entries(view.world.caches || {}).map(([name, values], place) => ({
    name, values, look: ["c-blue", "c-orange dash", "c-green dots", "c-purple", "c-red long"][place % 5],
  })),
});
