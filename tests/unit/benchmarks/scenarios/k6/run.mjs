// Runs scripts for k6 one after the other: node run.mjs SCRIPT...
import { seen } from "./node_modules/k6/seen.js";

globalThis.__ENV = {
  DIMENSION: "8",
  SWELL_API_KEY_PREMIUM: "premium",
  SWELL_API_KEY_STANDARD: "standard",
  SWELL_API_KEY: "free",
};
const found = {};
for (const name of process.argv.slice(2)) {
  Object.assign(seen, { asked: {}, keys: {}, failed: 0, answered: 0 });
  const script = await import(`./${name}`);
  for (seen.iteration = 0; seen.iteration < 200; seen.iteration += 1) script.default();
  found[name] = structuredClone(seen);
}
console.log(JSON.stringify(found));
