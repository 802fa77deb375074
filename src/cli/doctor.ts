// What an installation is made of, whether it works, and what to do where it does not.

import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { execa } from 'execa';
import {
  findInterpreter,
  type InterpreterCandidate,
  missingPackagesText,
  resolveInterpreter,
  WORKER_PACKAGES,
} from '../bridge/interpreter.ts';
import { configurationInForce } from '../config/in-force.ts';
import { hostProblem } from '../config/host.ts';
import type { ResolvedConfiguration, Setting } from '../config/resolve.ts';
import { settingRows } from '../config/table.ts';
import { VERSION } from '../version.ts';
import { packageFolder } from './program.ts';
import { type SettingFlags, settingsEnvironment, withSettings } from './settings.ts';

const OPTIONAL_PACKAGES = ['numpy', 'pyarrow', 'pandas', 'polars'];

const PACKAGES = `
import json, sys
from importlib.metadata import version, PackageNotFoundError
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = version(name)
    except PackageNotFoundError:
        found[name] = None
try:
    import isthmus
    found["isthmus"] = isthmus.__version__
except Exception as e:
    found["isthmus"] = None
sys.stdout.write(json.dumps(found))
`;

interface Finding {
  what: string;
  found: string;
  ok: boolean;
  /** What to do. */
  advice?: string;
}

interface Diagnosis {
  findings: Finding[];
  configuration: Setting[];
  warnings: string[];
}

interface DoctorFlags extends SettingFlags {
  all?: boolean;
  json?: boolean;
}

/** `isthmus doctor` */
export function doctorCommand(program: Command): void {
  withSettings(program.command('doctor'))
    .description(
      'check Node, Python and packages; show the configuration in force and whence it is',
    )
    .option('--all', 'every setting, with the defaults')
    .option('--json', 'as JSON')
    .action(async (flags: DoctorFlags) => {
      const diagnosis = await diagnose(settingsEnvironment(flags), flags.all === true);
      const text = flags.json === true ? JSON.stringify(diagnosis, null, 2) : readable(diagnosis);
      process.stdout.write(`${text}\n`);
      process.exitCode = diagnosis.findings.every(({ ok }) => ok) ? 0 : 1;
    });
}

async function diagnose(environment: Record<string, string>, all: boolean): Promise<Diagnosis> {
  const { resolved, problem } = resolvedOr({ ...process.env, ...environment });
  return {
    findings: [
      { what: 'Isthmus', found: VERSION, ok: true },
      nodeFinding(),
      ...(await pythonFindings(findInterpreter(resolved?.settings.pythonExecutable))),
      ...(problem === undefined ? [] : [problem]),
    ],
    configuration: [...(resolved?.said ?? []), ...(all ? defaultsBeside(resolved?.said) : [])],
    warnings: resolved?.warnings ?? [],
  };
}

function resolvedOr(environment: NodeJS.ProcessEnv): {
  resolved?: ResolvedConfiguration;
  problem?: Finding;
} {
  try {
    return { resolved: configurationInForce({}, environment) };
  } catch (error) {
    const advice = error instanceof Error ? error.message : String(error);
    return {
      problem: { what: 'configuration', found: 'a value does not fit', ok: false, advice },
    };
  }
}

function defaultsBeside(said: readonly Setting[] = []): Setting[] {
  return settingRows
    .filter(([, { key }]) => !said.some((setting) => setting.key === key))
    .map(([, row]) => ({ key: row.key, value: row.default ?? '', place: 'default' }));
}

function nodeFinding(): Finding {
  const advice = hostProblem();
  return {
    what: 'Node',
    found: `${process.versions.node} (${process.execPath})`,
    ok: advice === undefined,
    ...(advice === undefined ? {} : { advice }),
  };
}

async function pythonFindings(candidate: InterpreterCandidate): Promise<Finding[]> {
  let executable: string;
  try {
    const resolved = await resolveInterpreter(candidate);
    executable = resolved.executable;
    const found = `${resolved.version} (${executable}, from ${resolved.source})`;
    return [{ what: 'Python', found, ok: true }, ...(await packageFindings(executable))];
  } catch (error) {
    const advice = error instanceof Error ? error.message : String(error);
    const found = `${candidate.command} (from ${candidate.source})`;
    return [{ what: 'Python', found, ok: false, advice }];
  }
}

async function packageFindings(executable: string): Promise<Finding[]> {
  const folder = packageFolder();
  const { stdout } = await execa(
    executable,
    ['-c', PACKAGES, ...WORKER_PACKAGES, ...OPTIONAL_PACKAGES],
    { env: { PYTHONPATH: folder } },
  );
  const versions = JSON.parse(stdout) as Record<string, string | null>;
  const findings = WORKER_PACKAGES.map((name): Finding => {
    const version = versions[name] ?? null;
    return version === null
      ? { what: name, found: 'missing', ok: false, advice: missingPackagesText(executable, [name]) }
      : { what: name, found: version, ok: true };
  });
  const own = versions.isthmus ?? 'not importable';
  findings.push({
    what: 'Python package',
    found: `isthmus ${own} (${folder})`,
    ok: own === VERSION,
    ...(own === VERSION
      ? {}
      : { advice: `Install isthmus ${VERSION} for Python, as the runtime is.` }),
  });
  const optional = OPTIONAL_PACKAGES.flatMap((name) =>
    typeof versions[name] === 'string' ? [`${name} ${versions[name]}`] : [],
  );
  findings.push({
    what: 'for vectorised functions',
    found: optional.length === 0 ? 'none installed' : optional.join(', '),
    ok: true,
  });
  return findings;
}

function readable({ findings, configuration, warnings }: Diagnosis): string {
  const width = Math.max(...findings.map(({ what }) => what.length));
  const lines = findings.map(
    ({ what, found, ok, advice }) =>
      `${ok ? '✓' : '✗'} ${what.padEnd(width)}  ${found}${advice === undefined ? '' : `\n    ${advice}`}`,
  );
  const all = configuration.some(({ place }) => place === 'default');
  lines.push('', `configuration in force${all ? '' : ' (defaults left out)'}:`);
  if (configuration.length === 0) lines.push('  nothing is set');
  for (const { key, value, place, from } of configuration) {
    lines.push(`  ${key} = ${value}   (${place}${from === undefined ? '' : `: ${from}`})`);
  }
  for (const warning of warnings) lines.push(`  warning: ${warning}`);
  if (existsSync('/.dockerenv')) lines.push('', 'running in a container');
  return lines.join('\n');
}
