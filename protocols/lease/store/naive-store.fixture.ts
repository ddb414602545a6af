import type { Compare, KeyValue, Operation, OperationResult, WatchEvent } from '../../coordinator/index.js';
import type { Outcome, StoreCommand } from './index.js';

type Txn = Extract<Operation, { kind: 'txn' }>;
type Range = Extract<Operation, { kind: 'range' }>;
type Failure = Extract<Outcome, { kind: 'failed' }>;

interface Version {
  readonly main: number;
  readonly sub: number;
  readonly kind: 'put' | 'delete';
  readonly entry: KeyValue;
}

/** The store's meaning, told naively: a list of all versions that ever were, scanned anew for every question. */
export class NaiveStore {
  versions: Version[] = [];
  leases: { leaseId: string; ttlMs: number }[] = [];
  drawn = 0;
  revision = 0;
  compacted = 0;
  private results: { requestId: string; outcome: Outcome }[] = [];

  apply(command: StoreCommand): { outcome: Outcome; events: WatchEvent[] } {
    const requestId = 'requestId' in command ? command.requestId : '';
    const first = this.results.find((result) => requestId !== '' && result.requestId === requestId);
    if (first !== undefined) return { outcome: first.outcome, events: [] };
    const outcome = this.carryOut(command);
    if (outcome.kind !== 'failed' || outcome.error !== 'invalid') this.results.push({ requestId, outcome });
    const made = this.versions.filter(({ main }) => main === this.revision + 1);
    if (made.length > 0) this.revision += 1;
    if (outcome.kind === 'txn-done') Object.assign(outcome, { revision: this.revision });
    return { outcome, events: made.map(({ kind, entry }) => ({ kind, entry })) };
  }

  private carryOut(command: StoreCommand): Outcome {
    switch (command.kind) {
      case 'lease-grant':
        return this.grant(command.ttlMs, command.leaseId ?? '');
      case 'lease-revoke':
      case 'lease-expire': {
        if (!this.has(command.leaseId)) return failure('lease-not-found');
        this.leases = this.leases.filter(({ leaseId }) => leaseId !== command.leaseId);
        for (const entry of this.stateAt()) if (entry.leaseId === command.leaseId) this.drop(entry);
        return { kind: 'lease-ended', leaseId: command.leaseId };
      }
      case 'compact':
        if (command.revision > this.revision) return failure('future-revision');
        if (command.revision <= this.compacted) return failure('compacted');
        this.compacted = command.revision;
        return { kind: 'compacted', revision: command.revision };
      case 'txn':
        return this.transact({ ...command, kind: 'txn' });
    }
  }

  private grant(ttlMs: number, chosen: string): Outcome {
    if (this.has(chosen)) return failure('lease-exists');
    let leaseId = chosen;
    while (leaseId === '' || (chosen === '' && this.has(leaseId))) leaseId = `lease-${++this.drawn}`;
    this.leases.push({ leaseId, ttlMs });
    return { kind: 'lease-granted', leaseId, ttlMs };
  }

  private has(leaseId: string): boolean {
    return this.leases.some((lease) => lease.leaseId === leaseId);
  }

  private transact(txn: Txn): Outcome {
    if ([...pathsOf(txn.then), ...pathsOf(txn.else)].some(hasConflict)) return failure('invalid');
    const chosen = this.choose(txn);
    for (const operation of flat(chosen.operations)) {
      const fault = this.faultOf(operation);
      if (fault !== undefined) return fault;
    }
    const results = chosen.operations.map((operation) => this.operate(operation));
    return { kind: 'txn-done', succeeded: chosen.succeeded, revision: 0, results };
  }

  /** The same transaction with every inner one reduced to the branch it takes. */
  private choose({ compare, then, else: otherwise }: Txn): { succeeded: boolean; operations: Operation[] } {
    const succeeded = compare.every((one) => this.holds(one));
    const operations = (succeeded ? then : otherwise).map((operation): Operation => {
      if (operation.kind !== 'txn') return operation;
      const inner = this.choose(operation);
      return { kind: 'txn', compare: inner.succeeded ? [] : [NEVER], then: inner.operations, else: inner.operations };
    });
    return { succeeded, operations };
  }

  private faultOf(operation: Operation): Failure | undefined {
    if (operation.kind === 'get' || operation.kind === 'range') {
      const { revision = 0 } = operation;
      if (revision > this.revision) return failure('future-revision');
      return revision > 0 && revision < this.compacted ? failure('compacted') : undefined;
    }
    if (operation.kind !== 'put') return undefined;
    if (operation.leaseId !== '' && !this.has(operation.leaseId)) return failure('lease-not-found');
    const keeps = operation.ignoreLease === true || operation.ignoreValue === true;
    return keeps && this.find(operation.key) === undefined ? failure('key-not-found') : undefined;
  }

  /** What a read of its own answers. */
  read(operation: Operation): OperationResult {
    const fault = this.faultOf(operation);
    return fault === undefined ? this.operate(operation) : { kind: 'refused', error: fault.error, detail: '' };
  }

  private operate(operation: Operation): OperationResult {
    switch (operation.kind) {
      case 'txn':
        return {
          kind: 'txn',
          succeeded: operation.compare.length === 0,
          results: operation.then.map((inner) => this.operate(inner)),
        };
      case 'get': {
        const found = this.stateAt(operation.revision).find(({ key }) => key === operation.key) ?? null;
        return {
          kind: 'get',
          found: found !== null && operation.keysOnly === true ? { ...found, value: null } : found,
        };
      }
      case 'range':
        return this.range(operation);
      case 'put':
        return this.put(operation);
      case 'delete':
      case 'delete-prefix': {
        const doomed = this.stateAt().filter((entry) => covers(operation, entry.key));
        for (const entry of doomed) this.drop(entry);
        const result = { kind: 'delete' as const, deleted: doomed.length };
        return operation.previous === true ? { ...result, previous: doomed } : result;
      }
    }
  }

  private put(operation: Extract<Operation, { kind: 'put' }>): OperationResult {
    const before = this.find(operation.key);
    const entry: KeyValue = {
      key: operation.key,
      value: operation.ignoreValue === true ? (before?.value ?? null) : operation.value,
      createRevision: before?.createRevision ?? this.revision + 1,
      modRevision: this.revision + 1,
      version: (before?.version ?? 0) + 1,
      leaseId: operation.ignoreLease === true ? (before?.leaseId ?? '') : operation.leaseId,
    };
    this.add('put', entry);
    return operation.previous === true ? { kind: 'put', previous: before ?? null } : { kind: 'put' };
  }

  private range(range: Range): OperationResult {
    const all = this.stateAt(range.revision).filter(({ key }) => covers(range, key));
    let found = range.countOnly === true ? [] : all;
    found = found.filter(({ modRevision: mod, createRevision: create }) => {
      if (range.minModRevision !== undefined && mod < range.minModRevision) return false;
      if (range.maxModRevision !== undefined && mod > range.maxModRevision) return false;
      if (range.minCreateRevision !== undefined && create < range.minCreateRevision) return false;
      return range.maxCreateRevision === undefined || create <= range.maxCreateRevision;
    });
    const { sort } = range;
    if (sort !== undefined) {
      const factor = sort.order === 'ascending' ? 1 : -1;
      found = [...found].sort((a, b) => factor * order(field(sort.by, a), field(sort.by, b)));
    }
    const more = range.limit > 0 && found.length > range.limit;
    if (more) found = found.slice(0, range.limit);
    if (range.keysOnly === true) found = found.map((entry) => ({ ...entry, value: null }));
    const isCounted = range.count === true || range.countOnly === true;
    return { kind: 'range', found, more, ...(isCounted ? { count: all.length } : {}) };
  }

  private holds(compare: Compare): boolean {
    const isRange = compare.end !== undefined || compare.prefix === true;
    const entries = this.stateAt().filter(({ key }) => {
      if (!isRange) return key === compare.key;
      return compare.prefix === true
        ? key.startsWith(compare.key)
        : key >= compare.key && key < (compare.end as string);
    });
    if (entries.length === 0) return compare.target !== 'value' && meets(MISSING, compare);
    return entries.every((entry) => meets(entry, compare));
  }

  private drop(entry: KeyValue): void {
    this.add('delete', { ...entry, value: null, modRevision: this.revision + 1 });
  }

  private add(kind: Version['kind'], entry: KeyValue): void {
    const main = this.revision + 1;
    this.versions.push({ main, sub: this.versions.filter((version) => version.main === main).length, kind, entry });
  }

  find(key: string): KeyValue | undefined {
    return this.stateAt().find((entry) => entry.key === key);
  }

  /** Every key's last version as of a revision, in key order; without one, as of now and what is being done. */
  stateAt(revision = 0): KeyValue[] {
    const last = new Map<string, Version>();
    for (const version of this.versions) {
      if (revision === 0 || version.main <= revision) last.set(version.entry.key, version);
    }
    const live = [...last.values()].filter(({ kind }) => kind === 'put').map(({ entry }) => entry);
    return live.sort((a, b) => order(a.key, b.key));
  }

  /** What a key was just before a revision; undefined where that is compacted, null where it was not there. */
  before(key: string, revision: number): KeyValue | null {
    const earlier = this.versions.filter((version) => version.entry.key === key && version.main < revision);
    const last = earlier.at(-1);
    return last?.kind === 'put' ? last.entry : null;
  }
}

const NEVER: Compare = { key: 'never', target: 'version', operator: '<', operand: 0 };
const MISSING: KeyValue = { key: '', value: null, createRevision: 0, modRevision: 0, version: 0, leaseId: '' };

function failure(error: Failure['error']): Failure {
  return { kind: 'failed', error, detail: '' };
}

/** All lists of flat operations that could be carried out, one for each way through the branches. */
function pathsOf(operations: readonly Operation[]): Operation[][] {
  let paths: Operation[][] = [[]];
  for (const operation of operations) {
    const ways = operation.kind === 'txn' ? [...pathsOf(operation.then), ...pathsOf(operation.else)] : [[operation]];
    paths = paths.flatMap((path) => ways.map((way) => [...path, ...way]));
  }
  return paths;
}

function flat(operations: readonly Operation[]): Operation[] {
  return operations.flatMap((operation) => (operation.kind === 'txn' ? flat(operation.then) : [operation]));
}

function hasConflict(path: readonly Operation[]): boolean {
  const puts = path.flatMap((operation) => (operation.kind === 'put' ? [operation.key] : []));
  if (new Set(puts).size < puts.length) return true;
  return path.some(
    (operation) =>
      (operation.kind === 'delete' || operation.kind === 'delete-prefix') && puts.some((key) => covers(operation, key)),
  );
}

function covers(operation: Operation, key: string): boolean {
  if (operation.kind === 'delete') return operation.key === key;
  if (operation.kind !== 'delete-prefix' && operation.kind !== 'range') return false;
  const { prefix, from, end } = operation;
  return key.startsWith(prefix) && (from === undefined || key >= from) && (end === undefined || key < end);
}

function field(by: string, entry: KeyValue): unknown {
  if (by === 'key') return entry.key;
  if (by === 'value') return entry.value;
  return by === 'version' ? entry.version : by === 'create' ? entry.createRevision : entry.modRevision;
}

/** Numbers before strings. */
function order(a: unknown, b: unknown): number {
  if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
  if (a === b) return 0;
  return (a as string) < (b as string) ? -1 : 1;
}

function meets(entry: KeyValue, { target, operator, operand }: Compare): boolean {
  const actual = target === 'lease' ? entry.leaseId : field(target, entry);
  if (operator === '=') return actual === operand;
  if (operator === '!=') return actual !== operand;
  if (typeof actual !== typeof operand) return false;
  return operator === '<' ? (actual as number) < (operand as number) : (actual as number) > (operand as number);
}
