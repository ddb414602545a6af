import type { Plain } from '../../../runtime/data.js';
import type { Operation } from '../../histories/index.js';
import { textOf, type Model } from '../model.js';
import { classByAnswer, plainKey, samePlain, unknownFunction } from './values.js';

type Registers = Readonly<Record<string, Plain>>;
/** `["read", name, value]`, `["write", name, value]`; a read of two parts has an unknown value. */
type Step = readonly Plain[];

const READS: ReadonlySet<unknown> = new Set(['read', 'r']);
const WRITES: ReadonlySet<unknown> = new Set(['write', 'w']);

/**
 * Registers that are read and written several at once: `txn([["read", "x", nil], ["write", "y", 2]])`, of which the answer tells the values read.
 * A transaction takes effect at one moment; its steps see each other. What was never written is nil, or what `initial` says.
 */
export function multiRegister(initial: Plain = {}): Model<Registers> {
  return {
    name: 'multi-register',
    initial: () => initial as Registers,
    step: stepTransaction,
    stateKey: plainKey,
    partition: ({ key }) => key,
    classOf: classByAnswer,
    isRead: ({ argument }) => stepsOf(argument).every(([kind]) => READS.has(kind)),
    fault: (operation) => unknownFunction(operation, ['txn']) ?? transactionFault(operation),
    describeState: textOf,
  };
}

function stepTransaction(registers: Registers, { argument, result }: Operation): Registers | undefined {
  let after = registers;
  const answers = result === undefined ? undefined : stepsOf(result);
  for (const [index, [kind, name, value]] of stepsOf(argument).entries()) {
    const register = String(name);
    if (WRITES.has(kind)) {
      after = { ...after, [register]: value ?? null };
    } else {
      const answer = answers?.[index]?.[2];
      const held = Object.hasOwn(after, register) ? (after[register] ?? null) : null;
      if (answer !== undefined && !samePlain(held, answer)) return undefined;
    }
  }
  return after;
}

function stepsOf(value: Plain): readonly Step[] {
  return value as readonly Step[];
}

function transactionFault({ argument, result }: Operation): string | undefined {
  const isListed = (value: Plain): boolean => Array.isArray(value) && (value as readonly Plain[]).every(isStep);
  if (!isListed(argument))
    return `txn takes steps such as [["read", "x", null], ["write", "y", 2]], not ${textOf(argument)}`;
  if (result === undefined) return undefined;
  if (!isListed(result) || stepsOf(result).length !== stepsOf(argument).length) {
    return `txn answers with its steps and the values read, not ${textOf(result)}`;
  }
  const asked = stepsOf(argument);
  const other = stepsOf(result).findIndex((answer, index) => !isAnswerTo(asked[index] ?? [], answer));
  return other < 0
    ? undefined
    : `txn answers ${textOf(stepsOf(result)[other] ?? null)} to the step ${textOf(asked[other] ?? null)}, which is another`;
}

/** A read may bring any value; a write answers with what was written. */
function isAnswerTo([kind, name, value]: Step, answer: Step): boolean {
  if (READS.has(kind) !== READS.has(answer[0]) || String(name) !== String(answer[1])) return false;
  return READS.has(kind) || samePlain(value ?? null, answer[2] ?? null);
}

function isStep(value: Plain): boolean {
  return Array.isArray(value) && (READS.has(value[0]) || (WRITES.has(value[0]) && value.length === 3));
}
