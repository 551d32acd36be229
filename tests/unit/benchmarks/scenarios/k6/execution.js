import { seen } from "./seen.js";

export default {
  scenario: {
    get iterationInTest() {
      return seen.iteration;
    },
  },
  instance: { currentTestRunDuration: 1000 },
};
