// A service whose requests are answered by a Python model: POST a text, get its score.

import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { CallError, py, StreamExecutionEnvironment, UserFunctionError } from 'isthmus';

type Score = { score: number };

const env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 2 });
const model = py<string, Score>(new URL('./model.py', import.meta.url), 'Sentiment');
const score = await env.call(model, { timeoutMs: 5_000, maxCalls: 1_000 });

const server = createServer(async (request, response) => {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  try {
    const body = await text(request);
    const found = await score.with({ signal: gone.signal })(body);
    response.end(JSON.stringify(found));
  } catch (error) {
    response.statusCode = statusOf(error);
    response.end(JSON.stringify({ error: (error as Error).name }));
  }
});
server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => {
  const { port } = server.address() as { port: number };
  console.log(`http://127.0.0.1:${port}`);
});

// Requests under way are answered, then the workers end.
process.once('SIGTERM', () => {
  server.close(async () => {
    await env.close();
    console.log('closed');
  });
});

function statusOf(error: unknown): number {
  if (error instanceof UserFunctionError) return 422;
  if (error instanceof CallError) return error.code === 'ISTHMUS_CALL_LIMIT' ? 503 : 504;
  return 500;
}
