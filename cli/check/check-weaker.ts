import type { Plain } from '../../runtime/data.js';
import {
  checkSequential,
  findSessionViolation,
  SESSION_GUARANTEES,
  type SessionGuarantee,
} from '../../props/guarantees/index.js';
import { isOpen, type Operation } from '../../props/histories/index.js';
import type { AnyModel, CheckProgress, CheckResult, Verdict } from '../../props/linearizability/index.js';

/** Judges a guarantee weaker than linearizability: `sequential`, `sessions`, or one of the four of a session. */
export function checkWeaker(
  guarantee: string,
  file: string,
  model: AnyModel,
  operations: readonly Operation[],
  goesOn: (progress: CheckProgress) => boolean,
): CheckResult {
  if (guarantee === 'sequential') {
    const { verdict, steps, explanation } = checkSequential(model, operations, { goesOn });
    return asResult(operations, verdict, steps, explanation);
  }
  const wanted = SESSION_GUARANTEES.filter(
    (one) => guarantee === 'sessions' || guarantee === one,
  ) as SessionGuarantee[];
  // The sessions of a register or a store: what it holds at first is the value that nobody wrote.
  const initial = model.initial(null) as Plain;
  const found = findSessionViolation(operations, wanted, initial, file);
  const explanation = found && `line ${found.culprit.line}: ${found.explanation}`;
  return asResult(operations, found === undefined ? 'legal' : 'illegal', operations.length, explanation);
}

function asResult(
  operations: readonly Operation[],
  verdict: Verdict,
  steps: number,
  explanation: string | undefined,
): CheckResult {
  return {
    verdict,
    operations: operations.length,
    openOperations: operations.filter(isOpen).length,
    steps,
    parts: [{ key: null, verdict, operations: operations.length, steps }],
    explanation,
    ...(verdict === 'unknown' ? { unknownBecause: 'time' as const } : {}),
  };
}
