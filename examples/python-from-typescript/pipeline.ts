// A whole Python pipeline, fed and read by TypeScript.

import { loadPipeline } from 'isthmus';

async function* reviews() {
  yield { id: 1, text: 'Great phone, love the screen.' };
  yield { id: 2, text: 'It arrived on a Tuesday.' };
  yield { id: 3, text: 'Broken on day one. Awful!' };
}

const pipeline = await loadPipeline(new URL('./sentiment.py', import.meta.url));
process.stdout.write(
  `inputs: ${pipeline.inputs.join(', ')}; outputs: ${pipeline.outputs.join(', ')}\n`,
);
const job = await pipeline.start({ inputs: { reviews: reviews() } });
for await (const line of job.outputs['strong'] ?? []) process.stdout.write(`${String(line)}\n`);
await job.result;
