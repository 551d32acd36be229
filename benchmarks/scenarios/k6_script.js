import http from "k6/http";
import ws from "k6/ws";
import exec from "k6/execution";
import { check, sleep } from "k6";
import { Rate, Trend } from "k6/metrics";

export const options = __OPTIONS__;

const scenario = __SCENARIO__;

const failed = new Rate("swell_failed");
const shed = new Rate("swell_shed");
const answered = new Trend("swell_answer_ms", true);
const url = __ENV.SWELL_URL || "http://127.0.0.1:8080";
const collection = __ENV.COLLECTION || "rehearsal";
const dimension = Number(__ENV.DIMENSION || 384);
const PATIENCE_MS = 60000;

// The same seed asks the same, iteration by iteration.
let state = 0;

function random() {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
}

// [what, share of all up to it]
function oneOf(shares) {
  const share = random();
  for (const [what, reached] of shares) if (share <= reached) return what;
  return shares[shares.length - 1][0];
}

// [last key of a class, share of requests up to it]: keys of a class are asked for alike.
function draw() {
  const share = random();
  let first = 0;
  let rank = -1;
  for (const [last, reached] of scenario.classes) {
    if (share <= reached) {
      rank = first + Math.floor(random() * (last - first));
      break;
    }
    first = last;
  }
  if (rank < 0) rank = first - 1;
  if (!scenario.drift) return rank;
  const minutes = (exec.instance.currentTestRunDuration / 1000 / scenario.seconds) * scenario.minutes;
  return rank + scenario.drift.keys * Math.floor(minutes / scenario.drift.turnover_min + ((rank * 0.6180339887498949) % 1));
}

// The vector of a key is always the same: what is popular is asked for again, and caches show.
function vectorOf(key) {
  let mixed = (key * 2654435761 + scenario.seed) >>> 0;
  const vector = [];
  for (let at = 0; at < dimension; at += 1) {
    mixed = (Math.imul(mixed, 1664525) + 1013904223) >>> 0;
    vector.push(mixed / 2147483648 - 1);
  }
  return vector;
}

function meant(kind, key) {
  if (kind === "write") return ["upsert", { records: [{ id: `live-${key % 1000}`, vector: vectorOf(key) }] }];
  if (kind === "delete") return ["delete", { ids: [`live-${key % 1000}`] }];
  const ask = { vector: vectorOf(key), top_k: 10 };
  // The collection has an attribute `part`, an integer.
  if (kind === "filtered") ask.filter = { eq: { part: key % 10 } };
  return ["query", ask];
}

function tell(tier, good, code, took) {
  shed.add(code === "shed", { tier });
  failed.add(!good && code !== "shed");
  if (good) answered.add(took);
}

function codeOf(problem) {
  return String((problem && problem.type) || "").split("/").pop();
}

function headersOf(tier) {
  const key = __ENV[`SWELL_API_KEY_${tier.toUpperCase()}`] || __ENV.SWELL_API_KEY;
  return key ? { Authorization: `Bearer ${key}` } : {};
}

// Geometric and exponential, as of the users of a live run.
function requestsOfSession() {
  const { requests } = scenario.sessions;
  return requests > 1 ? 1 + Math.floor(Math.log(1 - random()) / Math.log(1 - 1 / requests)) : 1;
}

function thinkS() {
  return -Math.log(1 - random()) * scenario.sessions.think_s;
}

function overHttp(protocol, tier, count) {
  const params = { headers: Object.assign({ "Content-Type": "application/json" }, headersOf(tier)) };
  for (let asked = 0; asked < count; asked += 1) {
    const [action, body] = meant(oneOf(scenario.kinds[protocol]), draw());
    const path = protocol === "sse" ? "stream" : action;
    const answer = http.post(`${url}/v1/collections/${collection}/${path}`, JSON.stringify(body), params);
    const streamed = protocol !== "sse" || String(answer.body).includes("event: done");
    const good = (answer.status === 200 || answer.status === 202) && streamed;
    let problem = null;
    try {
      problem = good ? null : answer.json();
    } catch (error) {
      // It is no JSON: it failed all the same.
    }
    tell(tier, good, codeOf(problem), answer.timings.duration);
    if (good && path === "query") check(answer, { "has matches": (seen) => seen.json("matches").length > 0 });
    if (scenario.sessions) sleep(thinkS());
  }
}

// Each request subscribes, its answer is the first frame, then it is given back.
function overWebSocket(tier, count) {
  const answer = ws.connect(`${url.replace(/^http/, "ws")}/v1/stream`, { headers: headersOf(tier) }, (socket) => {
    let asked = 0;
    let began = 0;
    const ask = () => {
      const [, body] = meant(oneOf(scenario.kinds.websocket), draw());
      asked += 1;
      began = Date.now();
      socket.send(JSON.stringify(Object.assign({ type: "subscribe", subscription: String(asked), collection }, body)));
    };
    socket.on("open", ask);
    socket.on("message", (text) => {
      const frame = JSON.parse(text);
      if (!began || frame.subscription !== String(asked)) return;
      if (!["answer", "update", "unchanged", "error"].includes(frame.type)) return;
      const good = frame.type !== "error";
      tell(tier, good, codeOf(frame.problem), Date.now() - began);
      began = 0;
      if (good) socket.send(JSON.stringify({ type: "unsubscribe", subscription: String(asked) }));
      if (asked < count) socket.setTimeout(ask, Math.max(1, thinkS() * 1000));
      else socket.close();
    });
    socket.on("error", () => failed.add(true));
    socket.setInterval(() => {
      if (began && Date.now() - began > PATIENCE_MS) {
        failed.add(true);
        socket.close();
      }
    }, 1000);
  });
  if (!answer || answer.status !== 101) failed.add(true);
}

export default function () {
  state = Math.imul(scenario.seed + 1, 0x9e3779b1) ^ Math.imul(exec.scenario.iterationInTest + 1, 0x85ebca6b);
  const tier = oneOf(scenario.tiers);
  const protocol = oneOf(scenario.protocols);
  const count = scenario.sessions ? requestsOfSession() : 1;
  if (protocol === "websocket") overWebSocket(tier, count);
  else overHttp(protocol, tier, count);
}
