/** One command of a file, with what it printed and the facts that were taken from that. */
export interface Interaction {
  readonly line: number;
  readonly cmd: string;
  readonly input: readonly string[];
  readonly expected: readonly string[];
  readonly facts: {
    readonly transitions?: readonly { readonly node: number; readonly role: string; readonly term: number }[];
    readonly config?: Readonly<Record<string, string>>;
    readonly hardstate_last?: Readonly<
      Record<string, { readonly term: number; readonly vote: number; readonly commit: number }>
    >;
    readonly 'raft-log'?: readonly string[];
    readonly 'raft-state'?: readonly string[];
    readonly status?: readonly string[];
  };
}
