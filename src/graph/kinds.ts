// What kinds of operators there are: the one table. Validation, planning, the checks of functions, both hosts, both harnesses and the
// page of operators (docs/operators.md) read it; Python has it as python/isthmus/_program/kinds.json, which `npm run docs` writes.
//
// A new kind is a row here (kind.ts says what is in one), a file in each host and its line in that host's registry, its params on the
// page and a scenario (CONTRIBUTING.md). Sources and sinks are one kind each: which one an operator is follows from its connector, a name of this table
// or a reference to one of somebody else's, who adds no kind. Nobody else asks which kind an operator is, but what its row says of it.

import type { Language } from './job-graph.ts';
import type { FunctionPart, Kept, Kind } from './kind.ts';

const BOTH = ['python', 'typescript'] as const satisfies readonly Language[];

const one = (method: string) => ({ methods: [method], args: 1, plain: [1] }) as const;
const two = (method: string) => ({ methods: [method], args: 2, plain: [2] }) as const;

/** Functions of windows; of all records they get no key. */
const WINDOW_FUNCTION: FunctionPart = {
  methods: ['process', 'apply'],
  byHow: {
    reduce: two('reduce'),
    aggregate: { methods: ['create_accumulator', 'add', 'get_result', 'merge'], all: true },
    apply: { methods: ['apply'], args: 3, plain: [3] },
    process: { methods: ['process'], args: 3, plain: [3] },
    // `params.op` of `params.field`, which is no function of the program's.
    fold: { methods: [] },
  },
};

const WINDOW_PARTS = {
  assigner: { methods: ['assign_windows'], args: 3, optional: true, as: 'window assigner' },
  gap: { ...one('extract'), optional: true, as: 'session gap' },
  trigger: { methods: ['on_element'], args: 4, optional: true },
} as const satisfies Kind['functions'];

const WINDOW_KEEPS = [
  { name: 'contents', per: 'key and window' },
  { name: 'state of functions', per: 'key and window' },
  { name: 'state of triggers', per: 'key and window' },
] as const satisfies readonly Kept[];

const SOURCE: FunctionPart = { methods: ['enumerator', 'reader'], all: true };
const POSITIONS = [{ name: 'positions', per: 'split' }] as const satisfies readonly Kept[];
const CALLS = [{ name: 'records under way', per: 'subtask' }] as const satisfies readonly Kept[];

export const KINDS = {
  source: {
    role: 'source',
    inputs: 0,
    languages: BOTH,
    functions: { connector: SOURCE },
    keeps: POSITIONS,
    connectors: {
      collection: { functions: { elements: { methods: [], value: true } } },
      sequence: { functions: {} },
      lines: { functions: {} },
      csv: { languages: ['python'], functions: {} },
      function: {
        functions: {
          function: {
            methods: ['__iter__', '__aiter__'],
            args: 0,
            plain: [0, 1],
            mayBeAsync: true,
            or: SOURCE,
          },
        },
        keeps: [],
        endless: true,
      },
      input: {
        languages: ['typescript'],
        functions: { function: { methods: [], optional: true } },
        keeps: [],
        endless: true,
        named: true,
      },
    },
  },
  map: {
    role: 'transform',
    inputs: 1,
    languages: BOTH,
    functions: { function: { ...one('map'), optional: true, tells: true } },
    keeps: [],
    oneToOne: true,
  },
  filter: {
    role: 'transform',
    inputs: 1,
    languages: BOTH,
    functions: { function: { ...one('filter'), tells: true } },
    keeps: [],
  },
  flat_map: {
    role: 'transform',
    inputs: 1,
    languages: BOTH,
    functions: { function: { ...one('flat_map'), tells: true } },
    keeps: [],
  },
  map_batch: {
    role: 'transform',
    inputs: 1,
    languages: BOTH,
    functions: { function: { ...one('map_batch'), tells: true } },
    keeps: [],
  },
  flat_map_batch: {
    role: 'transform',
    inputs: 1,
    languages: BOTH,
    functions: { function: { ...one('flat_map_batch'), tells: true } },
    keeps: [],
  },
  project: { role: 'transform', inputs: 1, languages: BOTH, functions: {}, keeps: [] },
  reduce: {
    role: 'transform',
    inputs: 1,
    keyed: 'all',
    languages: BOTH,
    functions: { function: { ...two('reduce'), tells: true } },
    keeps: [{ name: 'result so far', per: 'key' }],
    lastOfKey: true,
  },
  aggregate: {
    role: 'transform',
    inputs: 1,
    keyed: 'all',
    languages: BOTH,
    functions: {},
    keeps: [{ name: 'result so far', per: 'key' }],
    lastOfKey: true,
  },
  process: {
    role: 'transform',
    inputs: 1,
    languages: BOTH,
    functions: { function: { ...two('process_element'), tells: true } },
    keeps: [],
    timers: true,
  },
  co_map: {
    role: 'transform',
    inputs: 2,
    keyed: 'same',
    languages: BOTH,
    functions: { function: { methods: ['map1', 'map2'], all: true, args: 1, tells: true } },
    keeps: [],
  },
  co_flat_map: {
    role: 'transform',
    inputs: 2,
    keyed: 'same',
    languages: BOTH,
    functions: {
      function: { methods: ['flat_map1', 'flat_map2'], all: true, args: 1, tells: true },
    },
    keeps: [],
  },
  co_process: {
    role: 'transform',
    inputs: 2,
    keyed: 'same',
    languages: BOTH,
    functions: {
      function: {
        methods: ['process_element1', 'process_element2'],
        all: true,
        args: 2,
        tells: true,
      },
    },
    keeps: [],
    timers: true,
  },
  broadcast_process: {
    role: 'transform',
    inputs: 2,
    broadcast: true,
    languages: BOTH,
    functions: {
      function: {
        methods: ['process_element', 'process_broadcast_element'],
        all: true,
        args: 2,
        tells: true,
      },
    },
    keeps: [{ name: 'broadcast state', per: 'all' }],
    timers: true,
  },
  timestamps: {
    role: 'transform',
    inputs: 1,
    languages: BOTH,
    functions: {
      timestampAssigner: { ...two('extract_timestamp'), optional: true },
      generator: { methods: ['on_event'], args: 2, optional: true, as: 'watermark generator' },
    },
    keeps: [],
  },
  window: {
    role: 'transform',
    inputs: 1,
    keyed: 'all',
    languages: BOTH,
    functions: {
      function: WINDOW_FUNCTION,
      windowFunction: { methods: ['process', 'apply'], args: 3, plain: [3], optional: true },
      ...WINDOW_PARTS,
    },
    keeps: WINDOW_KEEPS,
    timers: true,
  },
  async: {
    role: 'transform',
    inputs: 1,
    languages: BOTH,
    functions: {
      function: { ...one('async_invoke'), mayBeAsync: true, tells: true },
      retry: { methods: ['can_retry'], args: 1, optional: true },
      retryOnResult: { methods: [], args: 1, plain: [1], optional: true },
      retryOnException: { methods: [], args: 1, plain: [1], optional: true },
    },
    keeps: CALLS,
    asynchronous: true,
  },
  interval_join: {
    role: 'transform',
    inputs: 2,
    keyed: 'all',
    languages: BOTH,
    functions: { function: { methods: ['process_element'], args: 3, plain: [2] } },
    keeps: [
      { name: 'left records', per: 'key' },
      { name: 'right records', per: 'key' },
    ],
    timers: true,
  },
  window_join: {
    role: 'transform',
    inputs: 2,
    keyed: 'all',
    languages: BOTH,
    functions: {
      function: {
        methods: ['join', 'co_group'],
        byHow: { join: two('join'), co_group: two('co_group') },
      },
      ...WINDOW_PARTS,
    },
    keeps: WINDOW_KEEPS,
    timers: true,
  },
  asof_join: {
    role: 'transform',
    inputs: 2,
    keyed: 'all',
    languages: BOTH,
    functions: { function: two('join') },
    keeps: [
      { name: 'left records', per: 'key' },
      { name: 'right records', per: 'key' },
    ],
    timers: true,
  },
  lookup_join: {
    role: 'transform',
    inputs: 1,
    languages: BOTH,
    functions: {
      lookup: {
        methods: ['lookup', 'async_invoke'],
        args: 1,
        plain: [1],
        value: true,
        mayBeAsync: true,
      },
      key: { ...one('get_key'), optional: true },
      function: { ...two('join'), optional: true, as: 'function of results' },
    },
    keeps: CALLS,
    asynchronous: true,
  },
  sink: {
    role: 'sink',
    inputs: 1,
    languages: BOTH,
    functions: { connector: { methods: ['writer'] } },
    keeps: [
      { name: 'committables', per: 'subtask' },
      { name: 'states of writers', per: 'subtask' },
    ],
    connectors: {
      print: { functions: {}, keeps: [], prints: true },
      collect: { functions: {}, keeps: [], toClient: true },
      file: { functions: {} },
      function: {
        functions: {
          function: { ...one('invoke'), typescript: ['write', 'invoke'], tells: true },
        },
        keeps: [],
      },
      output: { functions: {}, keeps: [], toClient: true, named: true },
    },
  },
} as const satisfies { readonly [kind: string]: Kind };

export type OperatorKind = keyof typeof KINDS;

export type SourceConnector = keyof (typeof KINDS)['source']['connectors'];
export type SinkConnector = keyof (typeof KINDS)['sink']['connectors'];
export type ConnectorName = SourceConnector | SinkConnector;

/** What an operator is, in one word: its kind, and for a source or sink that Isthmus brings its connector, too. */
export type OperatorName =
  | Exclude<OperatorKind, 'source' | 'sink'>
  | `source.${SourceConnector}`
  | `sink.${SinkConnector}`;

/** What a spec says of it. */
export interface Named {
  readonly kind: OperatorKind;
  readonly connector?: string;
}

/** `source.lines` of a source of lines; `source` of one of somebody else's; else the kind. */
export function nameOf({ kind, connector }: Named): string {
  return connector === undefined ? kind : `${kind}.${connector}`;
}

/** The kind and the connector of a name. */
export function named(name: OperatorName): { kind: OperatorKind; connector?: ConnectorName } {
  const [kind, connector] = name.split('.') as [OperatorKind, ConnectorName?];
  return connector === undefined ? { kind } : { kind, connector };
}

const ROWS: ReadonlyMap<string, Kind> = new Map(
  Object.entries(KINDS).flatMap(([kind, row]: [string, Kind]): [string, Kind][] => {
    const { connectors = {}, ...shared } = row;
    const rows = Object.entries(connectors).map(([name, own]): [string, Kind] => [
      `${kind}.${name}`,
      { ...shared, ...own },
    ]);
    return [[kind, row], ...rows];
  }),
);

/** Names of all kinds and built-in connectors. */
export function operatorNames(): OperatorName[] {
  return [...ROWS.keys()].filter((name) => name !== 'source' && name !== 'sink') as OperatorName[];
}

/** The row of a kind, and of a connector where there is one. */
export function kindOf(spec: Named): Kind {
  return ROWS.get(nameOf(spec)) ?? KINDS[spec.kind];
}

/** Whether there is a built-in connector of that name. */
export function isConnector({ kind, connector = '' }: Named): boolean {
  return Object.hasOwn((KINDS[kind] as Kind).connectors ?? {}, connector);
}

export function isKind(name: string): name is OperatorKind {
  return Object.hasOwn(KINDS, name);
}

/** Whether an operator begins a pipeline. */
export function isSource(spec: { kind: string }): boolean {
  return ROWS.get(spec.kind)?.role === 'source';
}

/** Whether an operator ends one. */
export function isSink(spec: { kind: string }): boolean {
  return ROWS.get(spec.kind)?.role === 'sink';
}
