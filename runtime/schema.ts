import { findNotPlain, type Message, type Plain } from './data.js';

/**
 * A type that can be checked when data arrives and that TypeScript can infer from.
 * `check` answers `path: reason` for the first fault, or undefined. What it answers begins with the path that it was given: whoever checks
 * the parts of a whole gives '', and puts the place before what comes back, so that data without fault costs no text.
 */
export interface Type<T> {
  readonly describes: string;
  readonly optional?: true;
  check(value: unknown, path: string): string | undefined;
  /** Never present; it only carries T for inference. */
  readonly _type?: T;
}

export type Infer<S> = S extends Type<infer T> ? T : never;

type Fields = Readonly<Record<string, Type<unknown>>>;
type OptionalKeys<F extends Fields> = { [K in keyof F]: F[K] extends { optional: true } ? K : never }[keyof F];
type Simplify<T> = { [K in keyof T]: T[K] };
export type InferFields<F extends Fields> = Simplify<
  { readonly [K in Exclude<keyof F, OptionalKeys<F>>]: Infer<F[K]> } & { readonly [K in OptionalKeys<F>]?: Infer<F[K]> }
>;

function scalar<T>(describes: string, holds: (value: unknown) => boolean): Type<T> {
  return {
    describes,
    check: (value, path) => (holds(value) ? undefined : `${path}: expected ${describes}, got ${describeValue(value)}`),
  };
}

function describeValue(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : typeof value;
}

function checkFields(
  fields: Fields,
  value: unknown,
  path: string,
  alsoAllowed: string | undefined,
): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return `${path}: expected an object, got ${describeValue(value)}`;
  }
  const record = value as Record<string, unknown>;
  for (const key in fields) {
    const type = fields[key]!;
    const field = record[key];
    if (field === undefined) {
      if (type.optional !== true) return `${path}.${key}: missing`;
      continue;
    }
    const fault = type.check(field, '');
    if (fault !== undefined) return `${path}.${key}${fault}`;
  }
  for (const key in record) {
    if (!(key in fields) && key !== alsoAllowed) return `${path}.${key}: unknown field`;
  }
  return undefined;
}

/** The types of message fields. */
export const t = Object.freeze({
  int: scalar<number>('a safe integer', (v) => Number.isSafeInteger(v) && !Object.is(v, -0)),
  number: scalar<number>('a finite number', (v) => typeof v === 'number' && Number.isFinite(v)),
  bool: scalar<boolean>('a boolean', (v) => typeof v === 'boolean'),
  string: scalar<string>('a string', (v) => typeof v === 'string'),
  bytes: scalar<Uint8Array>('bytes', (v) => v instanceof Uint8Array),
  plain: { describes: 'plain data', check: (value: unknown, path: string) => findNotPlain(value, path) } as Type<Plain>,
  oneOf<const V extends readonly string[]>(...values: V): Type<V[number]> {
    return scalar<V[number]>(`one of ${values.join(', ')}`, (v) => typeof v === 'string' && values.includes(v));
  },
  array<T>(item: Type<T>): Type<readonly T[]> {
    return {
      describes: `an array of ${item.describes}`,
      check(value, path) {
        if (!Array.isArray(value)) return `${path}: expected an array, got ${describeValue(value)}`;
        for (let i = 0; i < value.length; i++) {
          const fault = item.check(value[i], '');
          if (fault !== undefined) return `${path}[${i}]${fault}`;
        }
        return undefined;
      },
    };
  },
  record<T>(item: Type<T>): Type<Readonly<Record<string, T>>> {
    return {
      describes: `a record of ${item.describes}`,
      check(value, path) {
        if (typeof value !== 'object' || value === null || Array.isArray(value)) {
          return `${path}: expected an object, got ${describeValue(value)}`;
        }
        for (const key in value) {
          const fault = item.check((value as Record<string, unknown>)[key], '');
          if (fault !== undefined) return `${path}.${key}${fault}`;
        }
        return undefined;
      },
    };
  },
  object<F extends Fields>(fields: F): Type<InferFields<F>> {
    return { describes: 'an object', check: (value, path) => checkFields(fields, value, path, undefined) };
  },
  optional<T>(type: Type<T>): Type<T> & { readonly optional: true } {
    return { describes: `${type.describes}, if present`, optional: true, check: (v, p) => type.check(v, p) };
  },
  nullable<T>(type: Type<T>): Type<T | null> {
    return { describes: `${type.describes} or null`, check: (v, p) => (v === null ? undefined : type.check(v, p)) };
  },
  /** A union told apart by the field `kind`. */
  variants<C extends Readonly<Record<string, Fields>>>(cases: C): Type<Variants<C>> {
    const names = Object.keys(cases).join(', ');
    return {
      describes: `an object whose kind is one of ${names}`,
      check(value, path) {
        const kind = (value as { kind?: unknown } | null)?.kind;
        const fields = typeof kind === 'string' && Object.hasOwn(cases, kind) ? cases[kind] : undefined;
        if (fields === undefined) return `${path}.kind: expected one of ${names}`;
        return checkFields(fields, value, path, 'kind');
      },
    };
  },
});

export type Variants<C extends Readonly<Record<string, Fields>>> = {
  [K in keyof C & string]: Simplify<{ readonly kind: K } & InferFields<C[K]>>;
}[keyof C & string];

type MessageFields = Readonly<Record<string, Fields>>;

/** A named set of messages: what an actor understands, as types and as checks at the border. */
export interface MessageSet<M extends Message = Message> {
  readonly name: string;
  readonly types: ReadonlySet<string>;
  /** The first fault of a message that claims to be of this set, as `path: reason`, or undefined. */
  check(message: unknown): string | undefined;
  readonly _message?: M;
}

export type MessageOf<S> = S extends MessageSet<infer M> ? M : never;

/** Declares the messages of a protocol once; their TypeScript types and their checks both follow from it. */
export function messages<const F extends MessageFields>(
  name: string,
  fieldsOf: F,
): MessageSet<{ [K in keyof F & string]: Simplify<{ readonly type: K } & InferFields<F[K]>> }[keyof F & string]> {
  return {
    name,
    types: new Set(Object.keys(fieldsOf)),
    check(message) {
      const type = (message as { type?: unknown } | null)?.type;
      const fields = typeof type === 'string' && Object.hasOwn(fieldsOf, type) ? fieldsOf[type] : undefined;
      if (fields === undefined) return `${name}.type: unknown message type ${JSON.stringify(type) ?? 'undefined'}`;
      return checkFields(fields, message, `${name}.${String(type)}`, 'type');
    },
  };
}

/** The messages of several sets as one: for an actor that also takes the answers of another protocol. */
export function combineMessages<A extends MessageSet, B extends MessageSet>(
  name: string,
  first: A,
  second: B,
): MessageSet<MessageOf<A> | MessageOf<B>> {
  return {
    name,
    types: new Set([...first.types, ...second.types]),
    check(message) {
      const type = (message as { type?: unknown } | null)?.type;
      return typeof type === 'string' && first.types.has(type) ? first.check(message) : second.check(message);
    },
  };
}
