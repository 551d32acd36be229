// The world, its regions and the traffic between them. Land is a grid of dots, cut from outlines drawn by hand.
const OUTLINES = [
  // longitude, latitude in turn
  [-168,66,-156,71,-128,70,-110,68,-95,72,-82,70,-80,62,-93,59,-88,56,-80,52,-78,58,-70,61,-64,58,-56,52,-66,49,-61,46,-70,43,-75,39,-76,35,-81,31,-80,26,-82,28,-84,30,-90,29,-97,27,-98,21,-95,18,-91,19,-87,21,-88,16,-83,15,-83,10,-78,9,-82,8,-88,13,-95,16,-105,20,-109,25,-115,31,-120,34,-124,40,-124,48,-132,55,-145,60,-152,58,-165,55,-160,60],
  [-54,60,-44,60,-32,68,-20,72,-20,80,-40,83,-65,81,-70,77,-58,75,-52,69],
  [-77,8,-72,12,-62,10,-52,5,-50,0,-35,-6,-39,-14,-41,-22,-48,-26,-54,-34,-58,-38,-65,-42,-66,-47,-69,-52,-74,-52,-74,-44,-72,-33,-70,-19,-76,-14,-81,-5,-79,1],
  [-9,43,-2,44,-1,47,-4,48,2,51,8,54,8,57,12,56,14,54,20,55,22,58,29,60,23,60,21,63,25,65,18,62,17,59,14,56,11,59,6,58,5,62,14,68,25,71,40,67,45,68,60,69,70,73,80,73,105,78,115,74,140,73,160,70,180,69,178,63,163,60,160,52,156,57,143,59,135,54,141,52,137,46,131,43,127,39,129,35,126,35,125,39,121,40,122,37,119,35,122,30,117,23,109,21,106,18,109,12,105,9,101,13,100,8,103,2,101,3,98,8,98,15,94,16,91,22,87,21,80,15,80,10,77,8,73,17,72,21,67,25,57,26,51,29,48,30,50,26,56,25,59,22,52,16,44,13,39,21,35,28,35,33,36,37,28,37,26,40,23,37,20,41,13,45,16,40,18,40,12,44,9,44,3,43,0,39,-5,36,-9,37],
  [-6,36,10,37,11,33,20,31,32,31,35,27,37,20,43,11,51,12,47,4,40,-3,40,-12,35,-20,35,-24,32,-29,26,-34,19,-34,14,-24,12,-16,13,-6,9,0,9,4,4,6,-7,5,-13,9,-17,15,-16,22,-10,30],
  [114,-22,122,-18,129,-14,136,-12,136,-16,141,-17,143,-11,147,-19,153,-26,152,-33,149,-38,140,-38,135,-34,129,-32,118,-35,115,-34],
  [-6,50,1,51,0,54,-3,59,-6,57,-4,54], [-10,52,-6,53,-6,55,-10,54], [-24,65,-14,65,-18,63], [131,31,136,34,141,36,142,40,145,43,141,45,140,39,133,35],
  [95,5,104,-3,106,-6,102,-4], [106,-6,115,-8,114,-9,106,-8], [109,1,117,7,119,2,115,-4,110,-2], [119,-5,121,1,125,1,122,-5], [131,-1,141,-3,150,-10,140,-8,135,-4],
  [120,18,122,18,126,7,122,9], [44,-16,50,-15,47,-25,44,-24], [173,-35,178,-38,172,-44,168,-46,171,-42,174,-40], [80,9,82,7,80,6], [-85,22,-75,20,-74,19,-80,22], [120,25,122,25,121,22],
];
const [MAP_W, NORTH, SOUTH] = [1000, 76, -50];
const PER_DEGREE = MAP_W / 340;
const MAP_H = (NORTH - SOUTH) * PER_DEGREE;
const mapX = (longitude) => (longitude + 158) * PER_DEGREE;
const mapY = (latitude) => (NORTH - latitude) * PER_DEGREE;

function inside(outline, east, north) {
  let within = false;
  for (let a = 0, b = outline.length - 2; a < outline.length; b = a, a += 2) {
    const [x1, y1, x2, y2] = [outline[a], outline[a + 1], outline[b], outline[b + 1]];
    if (y1 > north !== y2 > north && east < ((x2 - x1) * (north - y1)) / (y2 - y1) + x1) within = !within;
  }
  return within;
}

function land() {
  let path = "";
  for (let north = NORTH - 1; north > SOUTH; north -= 2.2) {
    for (let east = -157; east < 182; east += 2.2) {
      if (!OUTLINES.some((outline) => inside(outline, east, north))) continue;
      path += `M${mapX(east).toFixed(1)} ${mapY(north).toFixed(1)}m-2.1 0a2.1 2.1 0 1 0 4.2 0a2.1 2.1 0 1 0-4.2 0`;
    }
  }
  return svg("path", { class: "land", d: path });
}

// Four states of health, told by shape and by colour.
const STATES = {
  well: { look: "f-green", sign: "●", text: "well", path: (r) => `M${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0` },
  strained: { look: "f-orange", sign: "▲", text: "strained (health below 75)", path: (r) => `M0 ${-r * 1.25}L${r * 1.15} ${r * 0.85}H${-r * 1.15}Z` },
  ill: { look: "f-red", sign: "■", text: "ill (below 50)", path: (r) => `M${-r} ${-r}H${r}V${r}H${-r}Z` },
  gone: { look: "f-red", sign: "✕", text: "gone", path: (r) => `M${-r} ${-r * 0.6}L${-r * 0.6} ${-r}L0 ${-r * 0.4}L${r * 0.6} ${-r}L${r} ${-r * 0.6}L${r * 0.4} 0L${r} ${r * 0.6}L${r * 0.6} ${r}L0 ${r * 0.4}L${-r * 0.6} ${r}L${-r} ${r * 0.6}L${-r * 0.4} 0Z` },
};
function stateOf(region) {
  const health = now(region.health);
  if (health === null) return "well";
  return health <= 0 ? "gone" : health < 50 ? "ill" : health < 75 ? "strained" : "well";
}

// City names where neighbours leave room for them.
const LABELS = {
  "us-west1": [-9, 18, "end"], "us-central1": [0, -14, "middle"], "us-east1": [11, 13, "start"], "northamerica-northeast1": [11, -5, "start"],
  "europe-west2": [-11, 0, "end"], "europe-west1": [-6, 20, "end"], "europe-west3": [12, 8, "start"], "europe-north1": [12, -4, "start"],
};
let layer = null;
// On a phone the map is small, and what stands on it is not.
const zoom = () => Math.max(1, Math.min(2.2, 640 / ($("map").clientWidth || 640)));

function drawMap() {
  const viewBox = `0 0 ${MAP_W} ${MAP_H.toFixed(0)}`;
  layer = svg("svg", { viewBox, role: "group", "aria-label": "World map of the regions" });
  // Apart, so that a browser paints the land once and not with every look.
  $("map").replaceChildren(svg("svg", { viewBox, class: "ground", "aria-hidden": "true" }, land()), layer);
  $("map").closest("section").hidden = view.regions.length === 0;
}

function arc(from, to, rate, most) {
  const [x1, y1, x2, y2] = [mapX(from.longitude), mapY(from.latitude), mapX(to.longitude), mapY(to.latitude)];
  const [cx, cy] = [(x1 + x2) / 2, (y1 + y2) / 2 - Math.hypot(x2 - x1, y2 - y1) * 0.22 - 6];
  const short_by = Math.min(9 * zoom(), Math.hypot(x2 - x1, y2 - y1) / 2) / Math.hypot(x2 - cx, y2 - cy); // the tip is beside the mark, not under it
  const path = svg("path", { class: "spill", d: `M${x1} ${y1}Q${cx} ${cy} ${x2 - (x2 - cx) * short_by} ${y2 - (y2 - cy) * short_by}`, "stroke-width": ((1 + 5 * Math.sqrt(rate / most)) * zoom()).toFixed(1), "marker-end": Math.hypot(x2 - x1, y2 - y1) < 40 ? "url(#small-tip)" : "url(#tip)" });
  path.append(svg("title", {}, `${from.name} → ${to.name}: ${short(rate)} a second`));
  return path;
}

function updateMap() {
  if (!layer) return;
  const most = view.most_asked || 1;
  const tip = (id, size) => svg("marker", { id, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: size, markerHeight: size, markerUnits: "userSpaceOnUse", orient: "auto" }, svg("path", { d: "M0 0L8 4L0 8Z", class: "f-purple" }));
  const parts = [svg("defs", {}, tip("tip", 13 * zoom()), tip("small-tip", 7))];
  const spills = [];
  for (const region of view.regions) {
    for (const [to, series] of Object.entries(region.spill || {})) {
      const rate = now(series);
      const target = view.regions.find((one) => one.name === to);
      if (rate > 0 && target) spills.push([region, target, rate]);
    }
  }
  const biggest = spills.reduce((a, [, , rate]) => Math.max(a, rate), 0);
  parts.push(...spills.map(([from, to, rate]) => arc(from, to, rate, biggest)));
  const marks = view.regions.map((region, place) => {
    const state = STATES[stateOf(region)];
    const load = now(region.served) ?? now(region.asked) ?? 0;
    const radius = 5 + 27 * Math.sqrt(Math.max(0, load) / most);
    const used = now(region.utilisation);
    const [dx, dy, anchor] = LABELS[region.name] || [11, 4, "start"];
    const told = `${region.city}, ${region.name}: ${state.text}, ${short(now(region.asked))} asked and ${short(now(region.served))} served a second, ${percent(used)} of its capacity used, ${short(now(region.actual))} instances`;
    const group = svg("g", { transform: `translate(${mapX(region.longitude)} ${mapY(region.latitude)}) scale(${zoom().toFixed(2)})` },
      svg("circle", { class: `halo ${state.look}`, r: radius.toFixed(1) }),
      svg("path", { class: `mark ${state.look}`, d: state.path(region.hub ? 6.5 : 5) }),
      svg("text", { class: "city", x: dx, y: dy, "text-anchor": anchor }, region.city.split(",")[0]),
      svg("circle", { class: "hit", r: Math.max(13, radius).toFixed(1) }, svg("title", {}, told)));
    group.addEventListener("click", () => choose(place));
    return { group, order: stateOf(region) !== "well" ? 1e3 - radius : -radius };
  });
  // Small ones above large ones, and what is not well above all.
  parts.push(...marks.sort((one, other) => one.order - other.order).map(({ group }) => group));
  layer.replaceChildren(...parts);
  $("map-legend").replaceChildren(...Object.values(STATES).map((state) => el("span", {}, el("b", { class: state.look === "f-green" ? "good" : state.look === "f-orange" ? "fair" : "bad" }, state.sign), ` ${state.text}`)),
    el("span", {}, "Disc: requests served"), el("span", {}, spills.length ? `Arrows: ${spills.length} spill routes, ${short(spills.reduce((a, [, , rate]) => a + rate, 0))} a second answered elsewhere` : "No spill at this time"));
}
