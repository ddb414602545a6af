import { t, type Infer, type Type, type Variants } from '../../runtime/schema.js';

/*
 * What transactions and reads are made of: etcd's v3 KV API, as plain data. The fields that are optional ask for what only a
 * multi-version store has (ranges, old revisions, sorting, previous values, nesting); a coordinator without one refuses them with
 * `invalid`, see `findMultiVersionField`.
 */

export const compareType = t.object({
  key: t.string,
  /** `create` and `mod` are revisions (0: no such key), `version` counts changes since creation, `lease` is a lease id. */
  target: t.oneOf('create', 'mod', 'version', 'lease', 'value'),
  operator: t.oneOf('=', '!=', '<', '>'),
  operand: t.plain,
  /** All keys in `key` <= k < `end` must meet the comparison; where there is none, as for one key that is not there. */
  end: t.optional(t.string),
  /** The same for all keys that begin with `key`. Not together with `end`. */
  prefix: t.optional(t.bool),
});
export type Compare = Infer<typeof compareType>;

/** Within the keys of a prefix only those in `from` <= key < `end`. */
const boundFields = { from: t.optional(t.string), end: t.optional(t.string) };

const sortType = t.object({
  by: t.oneOf('key', 'version', 'create', 'mod', 'value'),
  order: t.oneOf('ascending', 'descending'),
});
export type Sort = Infer<typeof sortType>;

const flatOperations = {
  /**
   * `leaseId` '' attaches no lease. `previous` asks for the entry before. `ignoreValue` keeps the value and `ignoreLease` the lease that the key
   * has (`value` is then null, `leaseId` ''); `key-not-found` where there is no such key.
   */
  put: {
    key: t.string,
    value: t.plain,
    leaseId: t.string,
    previous: t.optional(t.bool),
    ignoreValue: t.optional(t.bool),
    ignoreLease: t.optional(t.bool),
  },
  delete: { key: t.string, previous: t.optional(t.bool) },
  'delete-prefix': { prefix: t.string, ...boundFields, previous: t.optional(t.bool) },
  /** As of `revision`, where that is not 0. `keysOnly`: values are null. */
  get: { key: t.string, revision: t.optional(t.int), keysOnly: t.optional(t.bool) },
  /**
   * In key order, or as `sort` says (ties in key order); `limit` 0 is no limit. `count` asks for the number of keys in the range, whatever
   * limit and filters leave of them; `countOnly` for that number alone. Filters by mod and create revision include their bounds.
   */
  range: {
    prefix: t.string,
    limit: t.int,
    ...boundFields,
    revision: t.optional(t.int),
    sort: t.optional(sortType),
    keysOnly: t.optional(t.bool),
    count: t.optional(t.bool),
    countOnly: t.optional(t.bool),
    minModRevision: t.optional(t.int),
    maxModRevision: t.optional(t.int),
    minCreateRevision: t.optional(t.int),
    maxCreateRevision: t.optional(t.int),
  },
};

export interface NestedTransaction {
  readonly kind: 'txn';
  readonly compare: readonly Compare[];
  readonly then: readonly Operation[];
  readonly else: readonly Operation[];
}

/** A transaction within one decides by the state before the outermost one, and its changes are of the same revision. */
export type Operation = Variants<typeof flatOperations> | NestedTransaction;

/** How deep transactions may lie within one another. */
const NESTING_MAX = 8;

function operationTypeAt(depthLeft: number): Type<Operation> {
  if (depthLeft === 0) return t.variants(flatOperations);
  const branch = t.array(operationTypeAt(depthLeft - 1));
  const txn = { compare: t.array(compareType), then: branch, else: branch };
  return t.variants({ ...flatOperations, txn }) as Type<Operation>;
}

export const operationType: Type<Operation> = operationTypeAt(NESTING_MAX);

export const keyValueType = t.object({
  key: t.string,
  value: t.plain,
  createRevision: t.int,
  modRevision: t.int,
  version: t.int,
  leaseId: t.string,
});
export type KeyValue = Infer<typeof keyValueType>;

/** Why a verb failed, and whether it may have happened. */
export const coordinatorErrorType = t.oneOf(
  'unavailable', // no leader, no store in reach: certainly did not happen
  'unknown', // timed out or lost on the way: may have happened
  'compacted', // the revision asked for is gone
  'future-revision', // the revision asked for is yet to come
  'lease-not-found',
  'lease-exists', // the id chosen for a lease is another's
  'key-not-found', // a put that keeps value or lease of a key that is not there
  'invalid',
);
export type CoordinatorError = Infer<typeof coordinatorErrorType>;

const flatResults = {
  /** `previous`, where asked for: the entry before, null if there was none. */
  put: { previous: t.optional(t.nullable(keyValueType)) },
  delete: { deleted: t.int, previous: t.optional(t.array(keyValueType)) },
  get: { found: t.nullable(keyValueType) },
  range: { found: t.array(keyValueType), more: t.bool, count: t.optional(t.int) },
  /** In a read only: this operation asked for a revision that the store does not have. A transaction fails as a whole. */
  refused: { error: coordinatorErrorType, detail: t.string },
};

export interface NestedResult {
  readonly kind: 'txn';
  readonly succeeded: boolean;
  readonly results: readonly OperationResult[];
}
export type OperationResult = Variants<typeof flatResults> | NestedResult;

function resultTypeAt(depthLeft: number): Type<OperationResult> {
  if (depthLeft === 0) return t.variants(flatResults);
  const txn = { succeeded: t.bool, results: t.array(resultTypeAt(depthLeft - 1)) };
  return t.variants({ ...flatResults, txn }) as Type<OperationResult>;
}

export const operationResultType: Type<OperationResult> = resultTypeAt(NESTING_MAX);

const PLAIN_FIELDS: ReadonlySet<string> = new Set(['kind', 'key', 'value', 'leaseId', 'prefix', 'limit']);
const PLAIN_COMPARE_FIELDS: ReadonlySet<string> = new Set(['key', 'target', 'operator', 'operand']);

/** What of an operation or compare only a multi-version store understands: the first such field, or undefined. */
export function findMultiVersionField(asked: Operation | Compare): string | undefined {
  if (!('kind' in asked)) return Object.keys(asked).find((name) => !PLAIN_COMPARE_FIELDS.has(name));
  return asked.kind === 'txn' ? 'a transaction within one' : Object.keys(asked).find((name) => !PLAIN_FIELDS.has(name));
}
