// A stream without an end that is stopped in order: `isthmus run examples/orderly-stop/meter.ts`.
// Under `isthmus run --stop-on SIGTERM` the signal does the same.

import { setTimeout as sleep } from 'node:timers/promises';
import {
  type SourceContext,
  StreamExecutionEnvironment,
  Time,
  TumblingEventTimeWindows,
  WatermarkStrategy,
} from 'isthmus';

type Reading = [minute: number, value: number];

/** A reading every 10 minutes, for two hours; then it waits for more. */
async function* meter({ signal }: SourceContext): AsyncGenerator<Reading> {
  for (let minute = 0; minute < 120; minute += 10) yield [minute, 100 + minute];
  while (!signal.aborted) await sleep(10);
  console.log('the meter is closed');
}

await using env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 1 });
const hours = env
  .fromSource(meter)
  .assignTimestampsAndWatermarks(
    WatermarkStrategy.forMonotonousTimestamps<Reading>().withTimestampAssigner(
      ([minute]) => minute * 60_000,
    ),
  )
  .keyBy(() => 'house')
  .window(TumblingEventTimeWindows.of(Time.hours(1)))
  .reduce(([minute, a], [, b]) => [minute, a + b])
  .map(([minute, sum]) => `hour of minute ${minute}: ${sum}`);
const results = hours.executeAndCollect({ name: 'meter' });
const job = await results.job();
for await (const hour of results) {
  console.log(hour);
  // The second hour is not over, as far as the job knows: leaving the loop here would lose it.
  void job.stop();
}
