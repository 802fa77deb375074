// Alerts from metrics: a threshold, a sudden rise, silence; each once in five minutes. The twin of monitoring.py.
//
//     isthmus run examples/monitoring/monitoring.ts [metrics.csv]

import { fileURLToPath } from 'node:url';
import {
  type KeyedProcessContext,
  type MapState,
  MapStateDescriptor,
  type OnTimerContext,
  type RuntimeContext,
  StreamExecutionEnvironment,
  type ValueState,
  ValueStateDescriptor,
  WatermarkStrategy,
} from 'isthmus';

const LIMIT = 90;
const RISE = 30;
const SILENCE_MS = 60_000;
const QUIET_MS = 300_000;

type Metric = { time: number; host: string; cpu: number };

function parse(line: string): Metric {
  const [time, host, cpu] = line.split(',') as [string, string, string];
  return { time: Number(time), host, cpu: Number(cpu) };
}

/** Keyed by host. */
class Alerts {
  last!: ValueState<Metric>;
  /** When each kind of alert was last raised: nobody wants the same one every ten seconds. */
  raised!: MapState<string, number>;

  open(context: RuntimeContext) {
    this.last = context.getState(new ValueStateDescriptor<Metric>('last'));
    this.raised = context.getMapState(new MapStateDescriptor<string, number>('raised'));
  }

  *processElement(metric: Metric, ctx: KeyedProcessContext<string>): Generator<string> {
    const last = this.last.value();
    if (last !== undefined) ctx.timerService().deleteEventTimeTimer(last.time + SILENCE_MS);
    ctx.timerService().registerEventTimeTimer(metric.time + SILENCE_MS);
    this.last.update(metric);
    const { host, cpu, time } = metric;
    if (cpu > LIMIT) yield* this.alert('limit', time, `${host} is at ${cpu.toFixed(0)} %`);
    if (last !== undefined && cpu - last.cpu > RISE) {
      const text = `${host} rose from ${last.cpu.toFixed(0)} to ${cpu.toFixed(0)} %`;
      yield* this.alert('rise', time, text);
    }
  }

  *onTimer(time: number, ctx: OnTimerContext<string>): Generator<string> {
    const text = `${ctx.getCurrentKey()} has been silent for ${SILENCE_MS / 1000} s`;
    yield* this.alert('silence', time, text);
  }

  *alert(kind: string, time: number, text: string): Generator<string> {
    const raised = this.raised.get(kind);
    if (raised !== undefined && time - raised < QUIET_MS) return;
    this.raised.put(kind, time);
    const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
    yield `${two(time / 60_000)}:${two((time / 1000) % 60)} ${kind}: ${text}`;
  }
}

const path = process.argv[2] ?? fileURLToPath(new URL('./metrics.csv', import.meta.url));
await using env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 1 });
env
  .fromFiles([path])
  .map(parse)
  .assignTimestampsAndWatermarks(
    // A watermark with each metric: a file is read faster than the periodic ones come.
    WatermarkStrategy.forGenerator<Metric>(() => ({
      onEvent: (_metric, timestamp) => timestamp - 1,
    })).withTimestampAssigner((metric) => metric.time),
  )
  .keyBy((metric) => metric.host)
  .process(Alerts)
  .name('alerts')
  .print();
await env.execute('monitoring');
