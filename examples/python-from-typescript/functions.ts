// Python functions in a TypeScript stream.

import { py, StreamExecutionEnvironment } from 'isthmus';

type Review = { id: number; text: string };
type Scored = Review & { score: number };

const score = py<Review, Scored>(new URL('./sentiment.py', import.meta.url), 'score');
const strong = py<Scored, boolean>(new URL('./sentiment.py', import.meta.url), 'Threshold', {
  args: [1],
});

const reviews: Review[] = [
  { id: 1, text: 'Great phone, love the screen.' },
  { id: 2, text: 'It arrived on a Tuesday.' },
  { id: 3, text: 'Broken on day one. Awful!' },
];

await using env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 1 });
const scored = env
  .fromCollection(reviews)
  .map(score)
  .filter(strong)
  .map((review) => `#${review.id}: ${review.score > 0 ? 'happy' : 'unhappy'} (${review.score})`);
for await (const line of scored.executeAndCollect()) process.stdout.write(`${line}\n`);
