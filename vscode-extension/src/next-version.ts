// The version that comes after others. A guess for a text box: what is typed there counts, and the sidecar judges it.

/** The newest with its last number one higher, until nobody has it; `newest` is the first. */
export function nextVersion(versions: readonly string[]): string {
  const [, before = '', digits = '', after = ''] = /^(.*?)(\d+)(\D*)$/s.exec(versions[0] ?? '') ?? [];
  if (digits === '') {
    return versions[0] === undefined ? '1.0.0' : free((n) => `${versions[0]}.${n}`, 1n, versions);
  }
  const number = (n: bigint) => before + String(n).padStart(digits.length, '0') + after;
  return free(number, BigInt(digits) + 1n, versions);
}

function free(name: (n: bigint) => string, from: bigint, taken: readonly string[]): string {
  const it = name(from);
  return taken.includes(it) ? free(name, from + 1n, taken) : it;
}
