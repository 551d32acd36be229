import { seen } from "./seen.js";

export class Rate {
  constructor(name) {
    this.name = name;
  }
  add(value) {
    if (this.name === "swell_failed" && value) seen.failed += 1;
  }
}

export class Trend {
  add() {
    seen.answered += 1;
  }
}
