// What the scripts asked, and what they said of the answers.
export const seen = { asked: {}, keys: {}, failed: 0, answered: 0, iteration: 0 };

export function asked(what, headers) {
  seen.asked[what] = (seen.asked[what] || 0) + 1;
  const key = headers.Authorization.split(" ").pop();
  seen.keys[key] = (seen.keys[key] || 0) + 1;
}
