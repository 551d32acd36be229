import { asked } from "./seen.js";

export default {
  post(url, body, params) {
    const action = url.split("/").pop();
    const read = JSON.parse(body);
    asked(action, params.headers);
    if (action === "upsert" && read.records[0].vector.length !== 8) throw new Error("no vector");
    const answer = action === "stream" ? "event: done\ndata: {}\n\n" : JSON.stringify({ matches: [{ id: "1" }] });
    return {
      status: 200,
      body: answer,
      timings: { duration: 1 },
      json: (name) => (name ? JSON.parse(answer)[name] : JSON.parse(answer)),
    };
  },
};
