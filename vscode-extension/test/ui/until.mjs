// Waits for what must become true. Knows neither editor nor boards.

/** Longer than anything takes here, also on a busy machine. */
export const LIMIT = 20_000;
const PAUSE = 50;

/**
 * Asks until the answer is true, and answers it; after `limit` milliseconds it says what it waited for.
 * @template T
 * @param {string} what
 * @param {() => T | Promise<T>} ask
 * @param {number} [limit]
 * @returns {Promise<T>}
 */
export async function until(what, ask, limit = LIMIT) {
  const end = Date.now() + limit;
  let last;
  for (;;) {
    try {
      last = await ask();
      if (last) return last;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`waited ${limit} ms for ${what}; last: ${String(last)}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

/**
 * Waits until a text matches, and answers it; the error shows the text.
 * @param {string} what
 * @param {() => Promise<string>} read
 * @param {RegExp} wanted
 * @param {number} [limit]
 */
export async function untilText(what, read, wanted, limit = LIMIT) {
  let text = '';
  try {
    await until(what, async () => wanted.test((text = await read())), limit);
  } catch {
    throw new Error(`waited ${limit} ms for ${what} to match ${wanted}; it shows:\n${text}`);
  }
  return text;
}
