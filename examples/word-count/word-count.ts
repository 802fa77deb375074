// Counts words as they come: `isthmus run examples/word-count/word-count.ts [file…]`.

import { StreamExecutionEnvironment } from 'isthmus';

const poem = ['the sea the sky', 'the sea is wide', 'and wide the sky'];
const files = process.argv.slice(2);

await using env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 1 });
const lines = files.length > 0 ? env.fromFiles(files) : env.fromCollection(poem);
lines
  .flatMap((line) => line.toLowerCase().split(/\s+/).filter(Boolean))
  .map((word): [string, number] => [word, 1])
  .keyBy(([word]) => word)
  .reduce(([word, a], [, b]) => [word, a + b])
  .map(([word, count]) => `${word} ${count}`)
  .print();
await env.execute('word count');
