// The TypeScript step of the log analysis: which part of the site, and what kind of client.

type Hit = { hour: string; path: string; status: number; bytes: number; agent: string };
type Classified = Hit & { section: string; client: string };

const clients: [pattern: RegExp, name: string][] = [
  [/bot|crawl|spider|slurp|feed|monitor|fetch/i, 'robot'],
  [/curl|wget|python|java\/|go-http/i, 'program'],
  [/mobile|iphone|ipad|android/i, 'phone or tablet'],
  [/mozilla|opera/i, 'browser'],
];

/** Adds the first folder of the path and the family of the user agent. */
export function classify(hit: Hit): Classified {
  const folder = /^\/([^/]+)\//.exec(hit.path)?.[1];
  const client = clients.find(([pattern]) => pattern.test(hit.agent))?.[1] ?? 'unknown';
  return { ...hit, section: folder === undefined ? '(root)' : `/${folder}/`, client };
}
