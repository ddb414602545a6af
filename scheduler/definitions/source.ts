/** A place in a definitions file, counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface SourceEntry {
  readonly key: string;
  readonly keyAt: Position;
  readonly value: SourceNode;
}

/** A parsed document that still knows where everything stood. Whoever parses YAML or JSON hands this to `readDefinitions`. */
export type SourceNode =
  | { readonly kind: 'scalar'; readonly value: null | boolean | number | string; readonly at: Position }
  | { readonly kind: 'list'; readonly items: readonly SourceNode[]; readonly at: Position }
  | { readonly kind: 'map'; readonly entries: readonly SourceEntry[]; readonly at: Position };

/** One fault of a definitions file: where, in which field, and what to do about it. */
export interface DefinitionFault extends Position {
  readonly file: string;
  /** Path of the field, such as `tasks[2].retry.max`. */
  readonly field: string;
  readonly message: string;
}

/** `file:line:column: field: message`, which editors and terminals make a link of. */
export function formatFault(fault: DefinitionFault): string {
  const field = fault.field === '' ? '' : `${fault.field}: `;
  return `${fault.file}:${fault.line}:${fault.column}: ${field}${fault.message}`;
}
