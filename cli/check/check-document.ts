import type { Operation } from '../../props/histories/index.js';
import { describeOperation } from '../../props/linearizability/index.js';
import type { CheckedHistory } from './checked-history.js';

/** What `--json` writes; docs/checking.md describes it. */
export interface CheckDocument {
  readonly version: 1;
  readonly verdict: 'legal' | 'illegal' | 'unknown';
  readonly histories: readonly HistoryDocument[];
}

interface HistoryDocument {
  readonly file: string;
  readonly format: string;
  readonly model: string;
  readonly algorithm: string;
  readonly verdict: 'legal' | 'illegal' | 'unknown';
  readonly unknownBecause?: string;
  readonly explanation?: string;
  readonly operations: number;
  readonly openOperations: number;
  readonly steps: number;
  readonly wallMs: number;
  readonly parts: readonly {
    readonly key: string | null;
    readonly verdict: string;
    readonly operations: number;
    readonly steps: number;
  }[];
  readonly counterexample?: CounterexampleDocument;
}

interface CounterexampleDocument {
  readonly key: string | null;
  readonly culprit: OperationDocument;
  readonly prefix: readonly OperationDocument[];
  readonly states: readonly string[];
  readonly refusals: readonly string[];
}

interface OperationDocument {
  readonly process: number | string;
  readonly line: number;
  readonly text: string;
}

export function checkDocument(checked: readonly CheckedHistory[]): CheckDocument {
  const verdicts = checked.map(({ result }) => result.verdict);
  const verdict = verdicts.includes('illegal') ? 'illegal' : verdicts.includes('unknown') ? 'unknown' : 'legal';
  return { version: 1, verdict, histories: checked.map(historyDocument) };
}

function historyDocument({ file, format, model, algorithm, result, wallMs }: CheckedHistory): HistoryDocument {
  const { verdict, operations, openOperations, steps, counterexample, unknownBecause, explanation } = result;
  return {
    ...{ file, format, model, algorithm, verdict },
    ...(unknownBecause === undefined ? {} : { unknownBecause }),
    ...(explanation === undefined ? {} : { explanation }),
    ...{ operations, openOperations, steps, wallMs: Math.round(wallMs * 1000) / 1000 },
    parts: result.parts.map(({ key, verdict: ofPart, operations: count, steps: tried }) => ({
      ...{ key, verdict: ofPart, operations: count, steps: tried },
    })),
    ...(counterexample === undefined
      ? {}
      : {
          counterexample: {
            key: counterexample.key,
            culprit: operationDocument(counterexample.culprit),
            prefix: counterexample.prefix.map(operationDocument),
            states: counterexample.states,
            refusals: counterexample.refusals.map(({ reason }) => reason),
          },
        }),
  };
}

function operationDocument(operation: Operation): OperationDocument {
  return { process: operation.process, line: operation.line, text: describeOperation(operation) };
}
