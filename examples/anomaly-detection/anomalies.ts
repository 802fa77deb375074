// Four years of Seattle's temperatures: read and keyed in TypeScript, judged by a Python class, shown in TypeScript.
//
//     isthmus run examples/anomaly-detection/anomalies.ts

import { fileURLToPath } from 'node:url';
import { py, StreamExecutionEnvironment, WatermarkStrategy } from 'isthmus';

type Reading = { date: string; measure: string; value: number };
type Outlier = Reading & { kind: 'season' | 'change'; judged: number; z: number; usual: number };

const file = fileURLToPath(new URL('./seattle.csv', import.meta.url));
const outliers = py<Reading, Outlier>(new URL('./detect.py', import.meta.url), 'Outliers', {
  kwargs: { limit: 2.9 },
});

await using env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 1 });
const readings = env
  .fromFiles([file])
  .filter((line) => !line.startsWith('date'))
  .flatMap((line): Reading[] => {
    const [date, max, min] = line.split(',') as [string, string, string];
    return [
      { date, measure: 'highest', value: Number(max) },
      { date, measure: 'lowest', value: Number(min) },
    ];
  })
  .name('readings')
  .assignTimestampsAndWatermarks(
    WatermarkStrategy.forMonotonousTimestamps<Reading>().withTimestampAssigner(({ date }) =>
      Date.parse(date),
    ),
  );
const found = readings.keyBy(({ measure }) => measure).process(outliers);
for await (const { date, measure, value, kind, judged, z, usual } of found.executeAndCollect()) {
  const signed = (number: number) => (number > 0 ? `+${number}` : `${number}`);
  const what = kind === 'season' ? '' : `${signed(judged)} in a day, `;
  console.log(`${date} ${measure} ${value} °C: ${what}${signed(z)} deviations from ${usual}`);
}
