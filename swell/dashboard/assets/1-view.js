// What is shown, at which step, and how numbers are written.
const EMPTY = { regions: [], timeline: [], objectives: [], points: 0, step_s: 1, start_s: 0, world: {}, summary: {}, analysis: {} };
let view = EMPTY;
let at = 0;
let chosen = null;

const $ = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";

function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "onclick") made.addEventListener("click", value);
    else if (value !== null && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// What swell/dashboard/packing.py packed: two letters a number of three digits, null, zero, or a number of repetitions.
const LETTERS = Array.from({ length: 94 }, (_, place) => String.fromCharCode(33 + place)).filter((letter) => !'"&<\\'.includes(letter)).join("");
function series(text) {
  const begin = text.indexOf(":") + 1;
  const least = parseInt(text, 10);
  const made = [];
  for (let place = begin; place < text.length; place += 2) {
    const code = LETTERS.indexOf(text[place]) * 90 + LETTERS.indexOf(text[place + 1]);
    const [digits, power] = [((code - 2) % 900) + 100, least + Math.floor((code - 2) / 900)];
    if (code > 7201) made.push(...Array(code - 7201).fill(made.at(-1)));
    else made.push(code === 0 ? null : code === 1 ? 0 : power < 0 ? digits / 10 ** -power : digits * 10 ** power);
  }
  return made;
}
function unpacked(value) {
  if (typeof value !== "object" || value === null) return value;
  if (typeof value.packed === "string") return series(value.packed);
  return Array.isArray(value) ? value.map(unpacked) : Object.fromEntries(Object.entries(value).map(([name, part]) => [name, unpacked(part)]));
}

const known = (value) => value !== null && value !== undefined && !Number.isNaN(value);
const told = (series) => (series || []).some(known);
const now = (series) => (series && known(series[at]) ? series[at] : null);

function short(value, digits = 3) {
  if (!known(value)) return "–";
  const size = Math.abs(value);
  for (const [unit, name] of [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]]) {
    if (size >= unit * 0.99995) return String(+(value / unit).toPrecision(digits)) + name;
  }
  return String(+value.toPrecision(digits));
}
const percent = (share) => (known(share) ? (share > 0 && share < 0.001 ? "<0.1 %" : `${+(share * 100).toPrecision(3)} %`) : "–");
const ms = (value) => (known(value) ? (value >= 1000 ? `${short(value / 1000)} s` : `${short(value)} ms`) : "–");
const dollars = (micros) => {
  if (!known(micros)) return "–";
  const amount = micros / 1e6;
  return "$" + (amount >= 100 ? Math.round(amount).toLocaleString("en") : amount.toFixed(2));
};
const two = (value) => String(value).padStart(2, "0");

function elapsedAt(second) {
  const seconds = Math.round(second);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return view.points * view.step_s < 900 ? `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}` : `${hours}:${two(minutes)}`;
}
const elapsed = (step) => elapsedAt(step * view.step_s);
function clock(step) {
  const moment = new Date((view.start_s + step * view.step_s) * 1000);
  return view.live ? moment.toLocaleTimeString("en-GB") : moment.toISOString().slice(11, 16) + " UTC";
}
const stepOf = (second) => Math.max(0, Math.min(view.points - 1, Math.floor((second - view.start_s) / view.step_s)));

const MODES = ["normal", "minor", "major", "critical", "emergency"];
const modeName = (mode) => MODES[mode] ?? `mode ${mode}`;
