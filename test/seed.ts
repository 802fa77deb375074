// What every random test of both languages draws from: test/seed.json, or ISTHMUS_TEST_SEED (`npm run fresh-seeds`).

import { readFileSync } from 'node:fs';

const given = JSON.parse(readFileSync(new URL('seed.json', import.meta.url), 'utf8')) as {
  seed: number;
};

const asked = process.env.ISTHMUS_TEST_SEED ?? '';

export const SEED = asked === '' ? given.seed : Number(asked);
