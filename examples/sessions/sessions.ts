// Clicks become visits: a visit ends after half an hour without a click. The twin of sessions.py.
//
//     isthmus run examples/sessions/sessions.ts [clicks.csv]

import { fileURLToPath } from 'node:url';
import {
  EventTimeSessionWindows,
  OutputTag,
  StreamExecutionEnvironment,
  Time,
  WatermarkStrategy,
} from 'isthmus';

type Click = { time: number; user: string; page: string };

const GAP = Time.minutes(30);
const LATE = new OutputTag<Click>('late');

function parse(line: string): Click {
  const [time, user, page] = line.split(',') as [string, string, string];
  return { time: Number(time), user, page };
}

function visit(user: string, _window: unknown, elements: Iterable<Click>): string[] {
  const clicks = Array.from(elements).sort((a, b) => a.time - b.time);
  const [first, last] = [clicks[0], clicks.at(-1)] as [Click, Click];
  const seconds = Math.floor((last.time - first.time) / 1000);
  const pages = clicks.map(({ page }) => page).join(' ');
  return [`${user}: ${clicks.length} clicks in ${seconds} s: ${pages}`];
}

const path = process.argv[2] ?? fileURLToPath(new URL('./clicks.csv', import.meta.url));
await using env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 1 });
const visits = env
  .fromFiles([path])
  .name('clicks')
  .map(parse)
  .assignTimestampsAndWatermarks(
    // A watermark with each click, two minutes behind it: a file is read faster than the periodic ones come.
    WatermarkStrategy.forGenerator<Click>(() => ({
      onEvent: (_click, timestamp) => timestamp - 120_000,
    })).withTimestampAssigner((click) => click.time),
  )
  .keyBy((click) => click.user)
  .window(EventTimeSessionWindows.withGap(GAP))
  .sideOutputLateData(LATE)
  .apply(visit)
  .name('visits');
visits.print();
visits
  .getSideOutput(LATE)
  .map(({ user, page }) => `too late: ${user} ${page}`)
  .print();
await env.execute('sessions');
