import type { Algorithm, CheckResult } from '../../props/linearizability/index.js';
import type { HistoryFormat } from '../../props/histories/index.js';

/** A history and what came of it. */
export interface CheckedHistory {
  readonly file: string;
  readonly format: HistoryFormat;
  readonly model: string;
  readonly algorithm: Algorithm;
  readonly result: CheckResult;
  readonly wallMs: number;
}
