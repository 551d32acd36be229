export function check(value, rules) {
  for (const [name, rule] of Object.entries(rules)) if (!rule(value)) throw new Error(name);
}

export function sleep(seconds) {
  if (!(seconds >= 0)) throw new Error(`sleeps ${seconds} s`);
}
