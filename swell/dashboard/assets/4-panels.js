// Cards, the timeline of serving modes, the table, the events, the findings.
function card(name, big, small, look = "") {
  return el("div", { class: "card" }, el("dl", {}, el("dt", {}, name), el("dd", { class: `big ${look}` }, big), el("dd", { class: "small" }, small)));
}

function updateCards() {
  const world = view.world;
  const [asked, served, failed, shed] = ["asked", "served", "errors", "shed"].map((name) => now(world[name]));
  const came = [served, failed, shed].some((rate) => rate === null) ? asked : served + failed + shed; // what was made again, too
  const share = came && failed !== null ? failed / came : null;
  const mode = now(world.mode);
  const target = now(world.target);
  const cards = [
    card("Served a second", short(served), `of ${short(asked)} asked${target === null ? "" : `, target ${short(target)}`}`),
    card("Time to answer, p99", ms(now(world.p99)), `p50 ${ms(now(world.p50))}, p95 ${ms(now(world.p95))}`),
    card("Failed", percent(share), `${view.live ? "refused" : "shed"} ${percent(came && shed !== null ? shed / came : null)}`, share > 0.01 ? "bad" : ""),
    told(world.actual) && card("Instances ready", short(now(world.actual)), `planned ${short(now(world.planned))}, ceiling ${short(now(world.ceiling))}`),
    (told(world.spent) || told(world.allowed_per_hour)) && card(view.live ? "Spent today" : "Spent so far", dollars(now(world.spent)), `${dollars(now(world.spend_per_hour))} an hour, ${dollars(now(world.allowed_per_hour))} allowed`),
    told(world.mode) && card("Serving mode", mode === null ? "–" : `${mode}`, mode === null ? "not known" : modeName(mode), mode > 0 ? "fair" : "good"),
  ];
  $("cards").replaceChildren(...cards.filter(Boolean));
}

const modeChart = { drawing: svg("svg", { role: "img" }), legend: el("p", { class: "legend" }) };
modeChart.panel = el("section", { class: "panel" }, el("h2", {}, "Serving mode over time"), modeChart.drawing, modeChart.legend);
$("charts").append(modeChart.panel);

// A lane for each mode: where the bar is tells it, its colour only repeats that.
function drawModes() {
  const modes = (view.world.mode || []).map((mode) => (known(mode) ? mode : null));
  modeChart.panel.hidden = !told(modes);
  const lane = (HEIGHT - TOP - BOTTOM) / MODES.length;
  const foot = (mode) => TOP + (MODES.length - mode) * lane - 2;
  const parts = [...frame(modeChart), ...timeTicks()];
  MODES.forEach((name, mode) => parts.push(
    svg("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: foot(mode), y2: foot(mode) }),
    svg("text", { x: LEFT - 5, y: foot(mode) - 2, "text-anchor": "end" }, String(mode)),
    svg("text", { x: LEFT + 3, y: foot(mode) - 13 }, name)));
  const spans = [];
  for (let step = 0; step < modes.length; ) {
    let end = step;
    while (end < modes.length && modes[end] === modes[step]) end += 1;
    if (modes[step] !== null) {
      const [from, to] = [x(step - 0.5), x(end - 0.5)];
      parts.push(svg("rect", { class: modes[step] === 0 ? "f-green" : modes[step] < 3 ? "f-orange" : "f-red", x: from, y: foot(modes[step]) - 9, width: Math.max(2, to - from), height: 9 }, svg("title", {}, `${modes[step]} ${modeName(modes[step])}: ${elapsed(step)} to ${elapsed(end)}`)));
      spans.push(`${modeName(modes[step])} from ${elapsed(step)}`);
    }
    step = end;
  }
  modeChart.cursor = svg("line", { class: "cursor", y1: TOP, y2: HEIGHT - BOTTOM });
  modeChart.drawing.replaceChildren(...parts, modeChart.cursor);
  modeChart.drawing.setAttribute("aria-label", `Serving mode: ${spans.slice(0, 12).join(", ")}`);
  const minutes = Object.entries((view.summary || {}).minutes_in_mode || {});
  modeChart.legend.replaceChildren(...minutes.map(([name, spent]) => el("span", {}, `${name} `, el("b", {}, `${short(spent)} min`))));
}

// What is not there, and why.
const missing = el("section", { class: "panel" });
$("charts").append(missing);
function drawMissing() {
  missing.hidden = !(view.missing || []).length;
  missing.replaceChildren(el("h2", {}, "Not shown"), bullets(view.missing || []));
}

const heat = { drawing: svg("svg", { role: "img" }), legend: el("p", { class: "legend" }) };
heat.panel = el("section", { class: "panel heat-panel" }, el("h2", {}, "Load of every region ", el("span", { class: "quiet" }, "share of its capacity that is used")), heat.drawing, heat.legend);
$("charts").append(heat.panel);
const [ROW, HEAT_TOP] = [15, 16];
let [HEAT_W, HEAT_LEFT] = [940, 160];
const columnsOf = (grid) => getComputedStyle(grid).gridTemplateColumns.split(" ").length;
// As many columns as the panels before it leave, so that no hole is beside it.
function fitHeat() {
  const columns = columnsOf($("charts"));
  const before = [...$("charts").children].filter((panel) => !panel.hidden && panel !== heat.panel).length;
  const span = columns - (before % columns);
  heat.panel.style.gridColumn = `span ${span}`;
  heat.panel.classList.toggle("across", columns === 1 || span > 1);
  [HEAT_W, HEAT_LEFT] = narrow.matches ? [420, 152] : [columns === 1 ? 940 : Math.max(560, 470 * span), 160];
}
const heatX = (step) => HEAT_LEFT + ((HEAT_W - HEAT_LEFT) * step) / Math.max(1, view.points);

const LONGEST_NAME = 32; // characters that can still be read where they are pressed together
const shortName = (name) => (name.length > LONGEST_NAME ? `${name.slice(0, 19)}…${name.slice(-12)}` : name);
// A name is never cut: pressed together, shortened in its middle where that is not enough, and whole when it is pointed at.
function fitNames() {
  for (const text of heat.drawing.querySelectorAll(".region-name")) {
    if (text.getComputedTextLength() <= HEAT_LEFT - 10) continue;
    text.setAttribute("textLength", HEAT_LEFT - 10);
    text.setAttribute("lengthAdjust", "spacingAndGlyphs");
  }
}

// One rectangle for each stretch of the same tenth.
function heatRow(region, place) {
  const parts = [svg("text", { class: "region-name", x: HEAT_LEFT - 8, y: HEAT_TOP + place * ROW + 11, "text-anchor": "end" }, shortName(region.name), svg("title", {}, region.name))];
  const level = (step) => {
    const used = (region.utilisation || [])[step];
    return (region.health || [])[step] === 0 ? "off" : known(used) ? Math.min(10, Math.ceil(used * 10)) : null;
  };
  for (let step = 0; step < view.points; ) {
    const found = level(step);
    let end = step + 1;
    while (end < view.points && level(end) === found) end += 1;
    if (found !== null && found !== 0) {
      const look = found === "off" ? "heat off" : found >= 10 ? "heat over" : "heat";
      parts.push(svg("rect", { class: look, x: heatX(step).toFixed(1), y: HEAT_TOP + place * ROW + 1, width: (heatX(end) - heatX(step)).toFixed(1), height: ROW - 2, opacity: found === "off" ? 0.8 : (found / 10).toFixed(1) }));
    }
    step = end;
  }
  return parts;
}

function drawHeat() {
  heat.panel.hidden = view.regions.length < 2;
  fitHeat();
  const tall = HEAT_TOP + view.regions.length * ROW + 2;
  heat.cursor = svg("line", { class: "cursor", y1: HEAT_TOP, y2: tall });
  heat.drawing.setAttribute("viewBox", `0 0 ${HEAT_W} ${tall}`);
  heat.drawing.setAttribute("aria-label", "Load of every region over time; the table of regions has the numbers");
  heat.drawing.replaceChildren(...view.regions.flatMap(heatRow), ...(view.simulated ? [svg("text", { class: "sim", x: HEAT_W - 4, y: 11, "text-anchor": "end" }, "SIMULATED")] : []), heat.cursor);
  fitNames();
  const key = (look, opacity) => svg("svg", { viewBox: "0 0 26 10", "aria-hidden": "true" }, svg("rect", { class: look, width: 26, height: 10, opacity }));
  heat.legend.replaceChildren(...[["heat", 0.3, "30 %"], ["heat", 0.6, "60 %"], ["heat", 0.9, "90 %"], ["heat over", 1, "above 90 %"], ["heat off", 0.8, "gone"]].map(([look, opacity, name]) => el("span", {}, key(look, opacity), name)));
}

const numbers = (name, write) => [(region) => write(now(region[name])), (region) => told(region[name])];
const away = (region) => Object.values(region.spill || {}).reduce((sum, series) => sum + (now(series) || 0), 0);
// Heading, what a cell says, whether anything is known of it.
const COLUMNS = [
  ["Load", (region) => [el("meter", { min: 0, max: 1, low: 0.7, high: 0.9, optimum: 0, value: now(region.utilisation) ?? 0, "aria-label": "load" }), ` ${percent(now(region.utilisation))}`], (region) => told(region.utilisation)],
  ["Asked/s", ...numbers("asked", short)], ["Served/s", ...numbers("served", short)], ["Failed/s", (region) => (now(region.errors) > 0.01 * now(region.asked) ? el("b", { class: "bad" }, short(now(region.errors))) : short(now(region.errors))), (region) => told(region.errors)], ["p99", ...numbers("p99", ms)],
  ["Ready", ...numbers("actual", short)], ["Planned", ...numbers("planned", short)], ["Ceiling", ...numbers("ceiling", short)],
  ["Answered elsewhere", (region) => (away(region) ? `${short(away(region))}/s` : "–"), () => true],
];

function updateTable() {
  const columns = COLUMNS.filter(([, , is]) => view.regions.some(is));
  const head = ["Region", "Health", ...columns.map(([name]) => name)];
  const rows = view.regions.map((region, place) => {
    const state = STATES[stateOf(region)];
    return el("tr", { class: chosen === place ? "chosen" : null },
      el("td", {}, el("button", { type: "button", "aria-pressed": String(chosen === place), onclick: () => choose(place) }, region.name)),
      el("td", {}, el("b", { class: state.look === "f-green" ? "good" : state.look === "f-orange" ? "fair" : "bad", title: state.text }, state.sign), ` ${short(now(region.health))}`),
      ...columns.map(([, cell]) => el("td", {}, ...[cell(region)].flat())));
  });
  const focused = document.activeElement && document.activeElement.closest("#regions tr");
  const place = focused ? focused.rowIndex - 1 : -1;
  $("regions").replaceChildren(el("thead", {}, el("tr", {}, ...head.map((name) => el("th", { scope: "col" }, name)))), el("tbody", {}, ...rows));
  if (place >= 0 && rows[place]) rows[place].querySelector("button").focus({ preventScroll: true });
  $("regions").closest("section").hidden = view.regions.length === 0;
}

const hiddenKinds = new Set(["scaling"]);
const listed = () => view.timeline.filter((entry) => !hiddenKinds.has(entry.kind));

// Before what is kept, or of a quicker clock: no step of the page is at its time.
const isElsewhere = (entry) => Boolean(view.live) && (entry.at_s < view.start_s || entry.at_s > view.start_s + view.points * view.step_s + 60);
let drawnEvents = "";
let current = -1;
// Only what is new is drawn: a button that is focused, and where the list was scrolled to, stay.
function drawEvents() {
  const seen = JSON.stringify([view.timeline, [...hiddenKinds], view.timeline.filter(isElsewhere).length]);
  if (seen === drawnEvents) return;
  [drawnEvents, current] = [seen, -1];
  const kinds = [...new Set(view.timeline.map((entry) => entry.kind))];
  $("kinds").replaceChildren(...kinds.map((kind) => el("button", { type: "button", "aria-pressed": String(!hiddenKinds.has(kind)), onclick: () => {
    if (hiddenKinds.has(kind)) hiddenKinds.delete(kind); else hiddenKinds.add(kind);
    drawEvents(); updateEvents();
    [...$("kinds").children][kinds.indexOf(kind)].focus();
  } }, `${kind.replace("_", " ")} (${view.timeline.filter((entry) => entry.kind === kind).length})`)));
  $("marks").textContent = marked().length ? "▾ in charts: calendar and faults" : "";
  const entries = listed();
  $("events").replaceChildren(...(entries.length ? entries : []).map((entry) => el("li", {}, el("button", { type: "button", disabled: isElsewhere(entry), onclick: () => go(stepOf(entry.at_s)) },
    el("time", {}, view.live ? clock((entry.at_s - view.start_s) / view.step_s) : elapsed(Math.max(0, (entry.at_s - view.start_s) / view.step_s))), el("i", {}, entry.kind.replace("_", " ")), el("span", {}, entry.text)))));
  if (!entries.length) $("events").append(el("li", { class: "quiet" }, view.timeline.length ? "No event of these kinds." : view.live ? "Nothing in the last hour. Calendar, forecasts, plans, prewarms, scaling, money and alarms are told here." : "Nothing was told."));
}

function updateEvents() {
  const second = view.start_s + (at + 1) * view.step_s;
  const entries = listed();
  let place = -1;
  entries.forEach((entry, number) => { if (entry.at_s < second) place = number; });
  if (place === current) return;
  current = place;
  [...$("events").children].forEach((item, number) => item.classList.toggle("now", number === current));
  const item = $("events").children[current];
  if (item) $("events").scrollTop = item.offsetTop - $("events").offsetTop - 90;
}

function finding(title, ...content) {
  return el("section", { class: "panel" }, el("h2", {}, title), ...content);
}
function bullets(lines) {
  return el("ul", {}, ...lines.map((text) => el("li", {}, text)));
}

// What forecasts each region, and how good that has been; a model that was replaced is marked.
function forecastScores() {
  const three = (value) => (known(value) ? value.toFixed(3) : "–");
  const head = ["Region", "Forecast by", "Accuracy", "Skill", "Naive", "Bins", "Bursts", "Covered", "Foretold", "Lead"];
  const row = (one) => {
    const replaced = /^model_is_worse|^model_not_yet/.test(one.reason || "");
    return el("tr", {}, el("td", {}, one.region), el("td", {}, el("span", { class: replaced ? "bad" : null }, `${replaced ? "✕ " : ""}${(one.method || "").replace("_", " ")}`)),
      ...[three(one.accuracy), percent(one.skill), three(one.naive_accuracy), short(one.bins), short(one.bursts), percent(one.onsets_covered), percent(one.recall), known(one.median_lead_min) ? `${one.median_lead_min} min` : "–"].map((text) => el("td", {}, text)));
  };
  const made = finding("How good the forecasts are",
    el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Table of forecasts" }, el("table", {}, el("thead", {}, el("tr", {}, ...head.map((name) => el("th", { scope: "col" }, name)))), el("tbody", {}, ...view.forecasts.map(row)))),
    el("p", { class: "quiet" }, "Accuracy is the model's: 1 − WAPE on bins of 5 minutes, 15 minutes ahead, in the last two days; skill is against persistence, naive the accuracy of repeating last week. ✕: the model did worse and is replaced. Bursts of 28 days: covered by P95 of 15 minutes before, foretold by an alarm, how long before."));
  made.classList.add("spread");
  return made;
}

function drawFindings() {
  const analysis = view.analysis || {};
  const found = [];
  if (view.objectives.length) {
    const row = (one) => el("tr", {}, el("td", {}, one.name.replaceAll("_", "_\u200b")), el("td", {}, `${one.direction === "at_most" ? "≤" : "≥"} ${one.limit_text}`), el("td", {}, one.measured_text, one.why ? el("span", { class: "quiet" }, `: ${one.why}`) : ""),
      el("td", {}, el("b", { class: { kept: "good", broken: "bad" }[one.verdict] ?? "fair" }, `${{ kept: "✓", broken: "✕" }[one.verdict] ?? "?"} ${one.verdict}`)));
    found.push(finding("Objectives", el("table", {}, el("thead", {}, el("tr", {}, ...["objective", "limit", "measured (95 % interval)", ""].map((name) => el("th", { scope: "col" }, name)))), el("tbody", {}, ...view.objectives.map(row)))));
    found[0].classList.add("spread");
  }
  if ((view.disagreements || []).length) found.push(finding("Announced otherwise than learned", bullets(view.disagreements)));
  if (view.forecasts && view.forecasts.length) found.push(forecastScores());
  if (analysis.score) found.push(finding(`Score ${analysis.score.points} of 100`, bullets(analysis.score.lines)));
  if (analysis.recommendations) found.push(finding("What to change", bullets(analysis.recommendations)));
  if (analysis.bottleneck) found.push(finding("What limits it", analysis.bottleneck.length ? bullets(analysis.bottleneck) : el("p", {}, "Nothing was seen to.")));
  if (analysis.anomalies) found.push(finding(analysis.anomalies.length ? "What stood out (shaded in the charts)" : "What stood out", analysis.anomalies.length ? el("ul", {}, ...analysis.anomalies.map((one) => el("li", {}, el("button", { type: "button", onclick: () => go(stepOf(one.from_s)) }, elapsedAt(one.from_s - view.start_s)), ` ${one.text}`))) : el("p", {}, "Nothing did.")));
  if ((analysis.phases || []).length) found.push(finding("Before, during and after its faults", bullets(analysis.phases)));
  if ((analysis.budget || []).length) found.push(finding("Error budget", bullets(analysis.budget)));
  if ((analysis.against || []).length) found.push(finding("Against the earlier record", bullets(analysis.against)));
  $("findings").replaceChildren(...found);
}

// Told aloud where it is read aloud: once, not at every look.
function tellProblem(text) {
  if ($("problem").textContent !== text) $("problem").textContent = text;
}

function drawHead() {
  document.title = `${view.simulated ? "SIMULATED: " : ""}${view.title || "Swell"}`;
  $("title").textContent = view.title || "Swell";
  $("subtitle").textContent = view.subtitle || "";
  tellProblem(view.problem || "");
  $("word").hidden = !view.simulated;
  document.body.classList.toggle("simulated", Boolean(view.simulated));
  const kind = $("kind");
  kind.hidden = !view.simulated;
  if (view.simulated) kind.replaceChildren(el("b", {}, "SIMULATED"), view.simulated_text || "No request was made.");
  const verdict = (view.analysis || {}).verdict;
  $("verdict").hidden = !verdict;
  if (verdict) { $("verdict").textContent = verdict.text; $("verdict").className = `verdict ${verdict.look}`; }
  $("about").replaceChildren(bullets(view.notes || []), el("p", { class: "quiet keys" }, "Keys: ← → one step, Page Up and Down ten, Home, End, Space plays, N and P next and previous event, Escape all regions."));
}
