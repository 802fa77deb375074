// Forecasts the next month of a real series as it arrives, learns from each, and shows its error as it goes.
// The twin of forecast.py.
//
//     isthmus run examples/prediction/forecast.ts

import {
  type KeyedProcessContext,
  type RuntimeContext,
  StreamExecutionEnvironment,
  type ValueState,
  ValueStateDescriptor,
  WatermarkStrategy,
} from 'isthmus';

const SHOW_EVERY = 60;
const [LEVEL, TREND, SEASON] = [0.5, 0.02, 0.2];

type Reading = { time: number; ppm: number };

/** Holt and Winters' exponential smoothing: a level, a trend, and how each month differs from them. */
type Model = {
  level: number;
  trend: number;
  season: number[];
  seen: number;
  /** Sums, of forecasts, and of the naive one that says "as last month". */
  error: number;
  naiveError: number;
  last: number;
  /** The month it has come to, counted from the year 0. */
  month: number;
};

function emptyModel(): Model {
  const season = Array.from({ length: 12 }, () => 0);
  return { level: 0, trend: 0, season, seen: 0, error: 0, naiveError: 0, last: 0, month: 0 };
}

/** Of any month to come. */
function forecastOf(model: Model, month: number): number {
  return model.level + model.trend * (month - model.month) + (model.season[month % 12] as number);
}

function learn(model: Model, month: number, value: number): void {
  const season = model.season[month % 12] as number;
  const [before, months] = model.seen === 0 ? [value, 1] : [model.level, month - model.month];
  model.level = LEVEL * (value - season) + (1 - LEVEL) * (before + model.trend * months);
  model.trend = (TREND * (model.level - before)) / months + (1 - TREND) * model.trend;
  model.season[month % 12] = SEASON * (value - model.level) + (1 - SEASON) * season;
  model.seen += 1;
  model.last = value;
  model.month = month;
}

/** The model is the state of its key: plain data with functions beside it, which any state backend can keep. */
class Forecast {
  model!: ValueState<Model>;

  open(context: RuntimeContext) {
    this.model = context.getState(new ValueStateDescriptor<Model>('model'));
  }

  *processElement({ ppm }: Reading, ctx: KeyedProcessContext<string>) {
    const model = this.model.value() ?? emptyModel();
    const date = new Date(ctx.timestamp());
    const month = date.getUTCFullYear() * 12 + date.getUTCMonth();
    if (model.seen > 0) {
      const forecast = forecastOf(model, month);
      model.error += Math.abs(ppm - forecast);
      model.naiveError += Math.abs(ppm - model.last);
      if (model.seen % SHOW_EVERY === 0) {
        const [error, naive] = [model.error / model.seen, model.naiveError / model.seen];
        yield `${date.toISOString().slice(0, 7)} forecast ${forecast.toFixed(2)}, came ${ppm.toFixed(2)} ppm; ` +
          `mean error so far ${error.toFixed(2)} (as last month: ${naive.toFixed(2)})`;
      }
    }
    learn(model, month, ppm);
    this.model.update(model);
  }
}

function parse(line: string): Reading {
  const [day, ppm] = line.split(',') as [string, string];
  return { time: Date.parse(day), ppm: Number(ppm) };
}

await using env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 1 });
env
  .readTextFile(new URL('./co2.csv', import.meta.url))
  .name('CO2 at Mauna Loa')
  .filter((line) => !line.startsWith('Date'))
  .map(parse)
  .assignTimestampsAndWatermarks(
    WatermarkStrategy.forMonotonousTimestamps<Reading>().withTimestampAssigner(({ time }) => time),
  )
  .keyBy(() => 'Mauna Loa')
  .process(Forecast)
  .name('forecast')
  .print();
await env.execute('prediction');
