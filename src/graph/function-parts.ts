// How the functions of operators are called, as the table of kinds says it.

import type { FunctionPart } from './kind.ts';
import { kindOf, named, type Named, operatorNames, type OperatorName } from './kinds.ts';

const NO_PART: FunctionPart = { methods: [] };

/** How a part of an operator is called there. */
export function callOf(
  spec: Named & { params: { readonly how?: unknown; readonly allWindows?: unknown } },
  part: string,
): FunctionPart {
  const { how, allWindows } = spec.params;
  const said = kindOf(spec).functions[part] ?? NO_PART;
  const call = said.byHow?.[typeof how === 'string' ? how : ''] ?? said;
  // Functions of windows of all records get no key.
  const keyless = allWindows === true && call.plain?.[0] === 3;
  return keyless ? { ...call, args: 2, plain: [2] } : call;
}

/** A method's name in TypeScript. */
export function camelCase(name: string): string {
  return name.replace(/(?<=[a-z])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** `timestamp assigner` of `timestampAssigner`. */
export function inWords(part: string): string {
  return part.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** The method names in TypeScript by which an object is known to be of a kind, the most telling first. */
export function tellingMethods(): [methods: readonly string[], all: boolean, name: OperatorName][] {
  return operatorNames()
    .flatMap((name): [readonly string[], boolean, OperatorName][] => {
      const { methods, typescript, all, tells } = kindOf(named(name)).functions.function ?? NO_PART;
      return tells === true ? [[typescript ?? methods.map(camelCase), all === true, name]] : [];
    })
    .sort(([, a], [, b]) => Number(b) - Number(a));
}
