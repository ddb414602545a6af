import type { Plain } from '../../runtime/data.js';

/**
 * Guard style "unique key and upsert", as one does it in a table: a row for each execution, written again and again by whoever holds the
 * highest token. It fits effects that are a state ("the report of Monday is X"), not those that add up.
 *
 * Guarantee: one row for each key; its content is that of the highest fencing token that wrote. An overtaken worker changes nothing.
 */
export interface UpsertTable {
  readonly rows: Map<string, UpsertRow>;
}

export interface UpsertRow {
  readonly token: number;
  readonly value: Plain;
}

export function newUpsertTable(): UpsertTable {
  return { rows: new Map() };
}

/** What an upsert did. `unchanged`: the same token wrote before, so this is a repetition. */
export type UpsertVerdict = 'inserted' | 'updated' | 'unchanged' | 'refused';

export function upsert(table: UpsertTable, key: string, value: Plain, fencingToken: number): UpsertVerdict {
  const row = table.rows.get(key);
  if (row !== undefined && fencingToken < row.token) return 'refused';
  if (row !== undefined && fencingToken === row.token) return 'unchanged';
  table.rows.set(key, { token: fencingToken, value });
  return row === undefined ? 'inserted' : 'updated';
}
